import { governCheck } from "govern/vite";
import { defineConfig } from "vite";

export default defineConfig({
  // Findings then name your source; the governed app is served without its maps.
  build: { sourcemap: true },
  plugins: [governCheck()],
});
