// The peer: @fastify/http-proxy as its readme sets it up, without logging and without any check.
import { createRequire } from "node:module";
import { join } from "node:path";

const [peers, port] = process.argv.slice(2);
const require = createRequire(join(peers, "package.json"));
const app = require("fastify")();
app.register(require("@fastify/http-proxy"), { upstream: `http://127.0.0.1:${port}` });
await app.listen({ port: 0, host: "127.0.0.1" });
console.log(JSON.stringify({ port: app.server.address().port }));
