import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/slow/**/*.test.ts"],
    globalSetup: ["test/setup/chromium.ts", "test/setup/postgres.ts", "test/setup/build.ts"],
    pool: "forks",
    // Keys that are made for an account are not made for the one that runs the tests.
    env: { XDG_CONFIG_HOME: join(tmpdir(), "govern-test-config") },
    testTimeout: 1_800_000,
    // What is waited for comes in milliseconds; a loaded machine may need longer.
    expect: { poll: { timeout: 20_000 } },
    hookTimeout: 300_000,
  },
});
