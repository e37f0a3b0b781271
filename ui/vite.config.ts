import { defineConfig } from "vite";
import solid from "vite-plugin-solid";

// `--mode twin` swaps the shell for its scripted development twin, so that the UI runs in any browser. The shipped build never
// sees that file.
export default defineConfig(({ mode }) => {
  const twin = mode === "twin";
  return {
    plugins: [solid()],
    resolve: { alias: { "#bridge": twin ? "/src/bridge.dev.ts" : "/src/bridge.ts" } },
    build: {
      target: "safari17",
      outDir: twin ? "dist-twin" : "dist",
      emptyOutDir: true,
      sourcemap: false,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  };
});
