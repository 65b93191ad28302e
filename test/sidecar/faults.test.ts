/** What the sidecar's log says of a fault. */
import { describe, expect, it } from "vitest";
import { GovernError } from "../../src/errors/govern-error.ts";
import { describeFault } from "../../src/sidecar/faults.ts";

describe("a fault in the log", () => {
  it("names the call and the place, and nothing that the error says", () => {
    const line = describeFault(new TypeError("secret-4711 at /home/x.ts:1:1"), "c-1");
    expect(line).toMatch(/^fault in c-1: TypeError at faults\.test\.ts:\d+:\d+$/);
    const lines = new RangeError("one\n    at secret-4711.ts:1:1");
    expect(describeFault(lines, null)).toMatch(/^fault: RangeError at faults\.test\.ts:\d+:\d+$/);
    expect(describeFault("secret-4711", null)).toBe("fault: unknown");
  });

  it("tells an expected failure by its code and message", () => {
    const failed = new GovernError("store-failed", "the disk is full");
    expect(describeFault(failed, "c-2")).toBe("fault in c-2: store-failed: the disk is full");
  });
});
