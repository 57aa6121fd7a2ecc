/** Loaded into a process that is measured: leaves what it used beside ORION_USAGE when it ends. */
import { writeFileSync } from "node:fs";

process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  const used = { cpuSeconds: (user + system) / 1e6, peakMegabytes: process.resourceUsage().maxRSS / 1_024 };
  writeFileSync(`${process.env.ORION_USAGE}.${process.pid}`, JSON.stringify(used));
});
