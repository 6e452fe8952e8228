// One script for the hub to embed: no hash in its name (the hub gives it one), nothing beside it.
export default {
  build: {
    target: "es2020",
    modulePreload: false,
    rollupOptions: {
      input: "src/live.ts",
      output: { entryFileNames: "live.js", inlineDynamicImports: true },
    },
  },
};
