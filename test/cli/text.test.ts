import { describe, expect, it } from "vitest";
import { displayWidth, visibleText, wrapText } from "../../src/cli/text.ts";

describe("visibleText", () => {
  it("shows escape sequences, bidi overrides, zero-width characters and line ends", () => {
    expect(visibleText("a\u001B[31m\u202Eb\u200B\n\u2066\u009Bc")).toBe(
      String.raw`a\u{001b}[31m\u{202e}b\u{200b}\u{000a}\u{2066}\u{009b}c`,
    );
  });

  it("leaves letters of any script alone", () => {
    expect(visibleText("Zoë, 東京, مرحبا")).toBe("Zoë, 東京, مرحبا");
  });
});

describe("wrapText", () => {
  it("keeps every line within the width and loses nothing", () => {
    const text = "POST https://api.acme.example/api/accounts/{accountId}/credits with 東京東京東京";
    for (const width of [1, 7, 20, 33]) {
      const lines = wrapText(text, width);
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(Math.max(width, 2));
      expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
    }
  });

  it("breaks long words after punctuation", () => {
    expect(wrapText("post-accounts-credits-3f9a2c", 16)).toEqual([
      "post-accounts-",
      "credits-3f9a2c",
    ]);
  });
});
