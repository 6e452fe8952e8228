// The page's scripts for the hub to embed: each named by a hash of it, with its compressed forms beside it, and the licence
// of what is not ours.
import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const compressed = {
  name: "compressed",
  generateBundle() {
    const licence = readFileSync("node_modules/maplibre-gl/dist/LICENSE.txt");
    this.emitFile({ type: "asset", name: "maplibre-gl.LICENSE.txt", source: licence });
  },
  writeBundle(options, bundle) {
    for (const [fileName, file] of Object.entries(bundle)) {
      const source = Buffer.from(file.type === "chunk" ? file.code : file.source);
      const params = { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: source.length };
      writeFileSync(`${options.dir}/${fileName}.br`, brotliCompressSync(source, { params }));
      writeFileSync(`${options.dir}/${fileName}.gz`, gzipSync(source, { level: 9 }));
    }
  },
};

export default {
  base: "./",
  plugins: [compressed],
  build: {
    target: "es2020",
    modulePreload: false,
    chunkSizeWarningLimit: 1024,
    assetsInlineLimit: 0,
    rollupOptions: {
      input: "src/live.ts",
      output: {
        entryFileNames: "live-[hash].js",
        chunkFileNames: "[name]-[hash].js",
        assetFileNames: "[name]-[hash][extname]",
      },
    },
  },
};
