// What all sides stand before: answers 200 bytes of JSON, whatever it is asked.
import { createServer } from "node:http";

const body = JSON.stringify({ id: "t-17", text: "a".repeat(180) });
const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };

const server = createServer((request, response) => {
  request.resume();
  response.writeHead(200, headers).end(body);
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
