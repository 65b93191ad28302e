/** A real server of an issuer's keys, on loopback. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type CryptoKey, type JWK } from "jose";

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

export async function makeKey(alg: string, kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return {
    kid,
    alg,
    privateKey,
    publicKey,
    jwk: { ...(await exportJWK(publicKey)), alg, kid, use: "sig" },
  };
}

export interface KeyServer {
  readonly url: URL;
  keys: readonly SigningKey[];
  /** How often it was asked. */
  asked: number;
  /** What it answers instead. */
  fault: "none" | "status" | "text" | "hang" | "reset";
  stop(): Promise<void>;
}

export async function startKeyServer(...keys: readonly SigningKey[]): Promise<KeyServer> {
  const server = createServer((message, response) => {
    self.asked += 1;
    if (self.fault === "hang") return;
    if (self.fault === "reset") {
      message.socket.destroy();
      return;
    }
    response.statusCode = self.fault === "status" ? 503 : 200;
    const body = JSON.stringify({ keys: self.keys.map(({ jwk }) => jwk) });
    response
      .setHeader("content-type", "application/json")
      .end(self.fault === "text" ? "<html>" : body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const self: KeyServer = {
    url: new URL(`http://127.0.0.1:${port}/keys`),
    keys,
    asked: 0,
    fault: "none",
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return self;
}
