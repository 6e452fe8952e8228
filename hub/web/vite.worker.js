// The service worker: beside the page's script, under the name that browsers look for again.
export default {
  build: {
    target: "es2020",
    emptyOutDir: false,
    modulePreload: false,
    rollupOptions: {
      input: "src/worker/sw.ts",
      output: { entryFileNames: "sw.js", inlineDynamicImports: true },
    },
  },
};
