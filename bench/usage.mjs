// Preloaded into a measured process (`node --import`): on exit it writes what the process used to the file that
// GOVERN_BENCH_USAGE names.
import { writeFileSync } from "node:fs";

process.on("exit", () => {
  const file = process.env.GOVERN_BENCH_USAGE;
  if (file === undefined) return;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const used = { cpu: (userCPUTime + systemCPUTime) / 1e6, memory: maxRSS / 1024 };
  writeFileSync(file, JSON.stringify(used));
});
