import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/slow/**/*.test.ts"],
    globalSetup: ["test/setup/chromium.ts", "test/setup/postgres.ts", "test/setup/build.ts"],
    pool: "forks",
    testTimeout: 1_800_000,
    hookTimeout: 300_000,
  },
});
