/** Page and sidecar name a statement by the digest of its collapsed text, so collapsing must never merge two statements. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collapseStatement } from "../../src/contract/statement-text.ts";

describe("collapsing a statement", () => {
  it.each([
    ["  SELECT\n\t a ,\r\n b  ", "SELECT a , b"],
    ["SELECT 'two  blanks\n'", "SELECT 'two  blanks\n'"],
    ["SELECT 'it''s  here'  , 1", "SELECT 'it''s  here' , 1"],
    ['SELECT "odd  name"  FROM t', 'SELECT "odd  name" FROM t'],
    ["SELECT $tag$ a  $$ b $tag$  , 2", "SELECT $tag$ a  $$ b $tag$ , 2"],
    ["SELECT 1 -- one  two\n  , 2", "SELECT 1 -- one  two\n, 2"],
    ["SELECT E'it\\'s  here'  , 'a  b'", "SELECT E'it\\'s  here' , 'a  b'"],
    ["SELECT type'a  b'  , 'c  d'", "SELECT type'a  b' , 'c  d'"],
    ["SELECT /* don't  /* nest */  */  'a  b'", "SELECT /* don't  /* nest */  */ 'a  b'"],
    ["SELECT  $1  ,  $2", "SELECT $1 , $2"],
    ["SELECT 'unclosed  ", "SELECT 'unclosed"],
  ])("%j becomes %j", (text, expected) => {
    expect(collapseStatement(text)).toBe(expected);
  });

  it("is stable", () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom("a", " ", "\n", "'", '"', "$", "-", "`", "1", "/", "*", "e", "\\"),
        }),
        (text) => {
          expect(collapseStatement(collapseStatement(text))).toBe(collapseStatement(text));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
