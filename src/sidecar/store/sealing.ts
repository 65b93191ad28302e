/** Encryption at rest of held calls, results and tokens: AES-256-GCM, bound to the row and the column they stand in. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { canonicalJson, type JsonValue } from "../../contract/canonical-json.ts";
import { GovernError } from "../../errors/govern-error.ts";
import type { HeldCall, SessionTokens, StoredResult } from "./store.ts";

const nonceBytes = 12;
const tagBytes = 16;

/** A key of its own for one purpose, from the store's key (HKDF-SHA-256, RFC 5869). */
export function deriveKey(key: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", key, new Uint8Array(0), `govern ${purpose}`, 32));
}

/** Encrypts; `place` is authenticated, so that a value cannot be moved elsewhere. Gives nonce, tag, ciphertext. */
export function seal(key: Uint8Array, place: string, plain: Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(place));
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

/** Decrypts what `seal` gave. Throws `store-failed` when key, place or bytes are not those. */
export function unseal(key: Uint8Array, place: string, sealed: Uint8Array): Buffer {
  try {
    const nonce = sealed.subarray(0, nonceBytes);
    const decipher = createDecipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(place));
    decipher.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
    const text = decipher.update(sealed.subarray(nonceBytes + tagBytes));
    return Buffer.concat([text, decipher.final()]);
  } catch (cause) {
    throw new GovernError("store-failed", `${place} cannot be decrypted`, {
      next: "Start with the key that the store was made with.",
      cause,
    });
  }
}

/** JSON and bytes in one piece: length of the JSON, the JSON, the bytes. */
function frame(json: JsonValue, bytes: Uint8Array): Buffer {
  const text = Buffer.from(canonicalJson(json));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text, bytes]);
}

function unframe(framed: Buffer): { json: unknown; bytes: Buffer } {
  const end = 4 + framed.readUInt32BE(0);
  return {
    json: JSON.parse(framed.toString("utf8", 4, end)) as unknown,
    bytes: framed.subarray(end),
  };
}

export function sealCall(key: Uint8Array, id: string, call: HeldCall): Buffer {
  const json = {
    access: call.access,
    arguments: call.arguments,
    contentType: call.contentType,
    hasPayload: call.payload !== null,
    ...(call.credentials == null ? {} : { credentials: { ...call.credentials } }),
  };
  return seal(key, `${id} call`, frame(json, call.payload ?? new Uint8Array(0)));
}

export function unsealCall(key: Uint8Array, id: string, sealed: Uint8Array): HeldCall {
  const { json, bytes } = unframe(unseal(key, `${id} call`, sealed));
  const head = json as Omit<HeldCall, "payload"> & { hasPayload: boolean };
  return {
    access: head.access,
    arguments: head.arguments,
    contentType: head.contentType,
    payload: head.hasPayload ? new Uint8Array(bytes) : null,
    ...(head.credentials == null ? {} : { credentials: head.credentials }),
  };
}

export function sealResult(key: Uint8Array, id: string, result: StoredResult): Buffer {
  const headers = result.headers.map(([name, value]): JsonValue => [name, value]);
  return seal(key, `${id} result`, frame({ status: result.status, headers }, result.body));
}

export function unsealResult(key: Uint8Array, id: string, sealed: Uint8Array): StoredResult {
  const { json, bytes } = unframe(unseal(key, `${id} result`, sealed));
  const head = json as Omit<StoredResult, "body">;
  return { status: head.status, headers: head.headers, body: new Uint8Array(bytes) };
}

export function sealTokens(key: Uint8Array, id: string, tokens: SessionTokens): Buffer {
  const { refresh, id: idToken } = tokens;
  return seal(key, `${id} tokens`, Buffer.from(canonicalJson({ refresh, id: idToken })));
}

export function unsealTokens(key: Uint8Array, id: string, sealed: Uint8Array): SessionTokens {
  return JSON.parse(unseal(key, `${id} tokens`, sealed).toString("utf8")) as SessionTokens;
}
