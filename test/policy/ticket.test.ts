import { describe, expect, it } from "vitest";
import { isTicket, ticketFault } from "../../src/policy/ticket.ts";

describe("a ticket's pattern", () => {
  it("has to fit as a whole", () => {
    for (const pattern of ["OPS-\\d+", "^OPS-\\d+$", "OPS-\\d+|INC\\d{4}"]) {
      expect(ticketFault(pattern)).toBeNull();
      expect(isTicket(pattern, "OPS-12")).toBe(true);
      expect(isTicket(pattern, "see OPS-12")).toBe(false);
      expect(isTicket(pattern, "OPS-12\n")).toBe(false);
    }
  });

  it.each([
    ["OPS-(\\d+", "no regular expression"],
    ["(a+)+", "must not be repeated"],
    ["(?:a|b){3}", "must not be repeated"],
    ["(a)\\1", "refer back"],
    ["(?=a)a", "look around"],
    ["(?<!a)b", "look around"],
    ["\\d*", "empty text"],
    ["a+b+c+d+e+", "more than four"],
  ])("%s cannot be used: %s", (pattern, why) => {
    expect(ticketFault(pattern)).toContain(why);
    expect(isTicket(pattern, "a")).toBe(false);
  });

  it("takes no text that is longer than a ticket", () => {
    expect(isTicket("\\d+", "1".repeat(64))).toBe(true);
    expect(isTicket("\\d+", "1".repeat(65))).toBe(false);
  });
});
