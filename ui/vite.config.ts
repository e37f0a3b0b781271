import solid from "vite-plugin-solid";
import { defineConfig } from "vitest/config";

// `--mode twin` swaps the shell for its scripted development twin, so that the UI runs in any browser. The shipped build never
// sees that file.
export default defineConfig(({ mode }) => {
  const twin = mode === "twin";
  return {
    plugins: [solid({ hot: mode !== "test" })],
    resolve: { alias: { "#bridge": twin ? "/src/bridge.dev.ts" : "/src/bridge.ts" } },
    // Pure functions and the store: no document needed, but Solid's browser build.
    test: {
      environment: "node",
      pool: "threads",
      maxWorkers: 1,
      include: ["src/**/*.test.ts"],
      server: { deps: { inline: [/solid-js/] } },
    },
    build: {
      target: "safari17",
      outDir: twin ? "dist-twin" : "dist",
      emptyOutDir: true,
      sourcemap: false,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: { main: "index.html", ring: "ring.html" } },
    },
  };
});
