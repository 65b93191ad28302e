/** JSON Web Tokens (RFC 7519): what a token in a bundle is, by its own claims. Nothing is verified, only read. */
import type { Judgment } from "./kinds.ts";

function readPart(part: string | undefined): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? "", "base64url").toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** The token that manuals show. */
function isSample(claims: Record<string, unknown>): boolean {
  return claims["sub"] === "1234567890" && /^(?:John Doe|Jane Doe)$/.test(String(claims["name"]));
}

/** Null for what is no token, or the token of a manual. */
export function judgeToken(text: string): Judgment | null {
  const [header, payload] = text.split(".");
  const head = readPart(header);
  const claims = readPart(payload);
  if (claims === null || typeof head?.["alg"] !== "string" || isSample(claims)) return null;
  const isSupabase = /supabase/.test(String(claims["iss"])) || typeof claims["ref"] === "string";
  if (claims["role"] === "service_role")
    return { kind: "Supabase service_role key", isPublic: false };
  if (claims["role"] === "anon" && isSupabase) return { kind: "Supabase anon key", isPublic: true };
  return { kind: "JSON Web Token", isPublic: false };
}
