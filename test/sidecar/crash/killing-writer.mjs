/**
 * Stands in the place of the emitted store's writer and kills the whole process at a named step: before its job reaches
 * the database, or after its commit and before anybody is told. The step is what the file of GOVERN_KILL_FILE says.
 */
import { existsSync, readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import worker from "node:worker_threads";

const { parentPort } = worker;

const armed = () => {
  const file = process.env["GOVERN_KILL_FILE"] ?? "";
  return existsSync(file) ? readFileSync(file, "utf8") : "";
};
/** A job is an entry's text to append, or says what it is. */
const stepOf = (job) => {
  if (typeof job === "string") return "append";
  return job.type === "transition" ? job.event.type : job.type;
};
const die = () => process.kill(process.pid, "SIGKILL");

let reached = false;
const see = (message) => {
  if (message?.type !== "jobs") return;
  const steps = message.jobs.map(stepOf);
  if (steps.some((step) => armed() === `before ${step}`)) die();
  reached ||= steps.some((step) => armed() === `after ${step}`);
};
parentPort.on("message", see);
// The writer takes what piled up behind a message by itself.
const receive = worker.receiveMessageOnPort;
worker.receiveMessageOnPort = (port) => {
  const received = receive(port);
  see(received?.message);
  return received;
};
syncBuiltinESMExports();
const post = parentPort.postMessage.bind(parentPort);
parentPort.postMessage = (message) => {
  if (reached && message.type === "answers") die();
  post(message);
};

await import("./real-store-writer.mjs");
