import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/slow/**", "node_modules/**"],
    globalSetup: ["test/setup/chromium.ts", "test/setup/postgres.ts", "test/setup/build.ts"],
    pool: "forks",
    // Keys that are made for an account are not made for the one that runs the tests.
    env: { XDG_CONFIG_HOME: join(tmpdir(), "govern-test-config") },
    // Most files spawn servers or browsers of their own: more workers than that only wait for each other.
    maxWorkers: 2,
    testTimeout: 120_000,
    // What is waited for comes in milliseconds; a loaded machine may need longer.
    expect: { poll: { timeout: 20_000 } },
    hookTimeout: 300_000,
  },
});
