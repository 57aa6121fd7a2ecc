import { benchCreditsGas } from "./credits-gas.ts";
import { benchExchangeGas } from "./exchange-gas.ts";
import { benchIdle } from "./idle.ts";
import { benchHistory } from "./history.ts";
import { benchIndexRate } from "./index-rate.ts";
import { benchIndexLatency } from "./index-latency.ts";
import { benchKernels } from "./kernels.ts";
import { benchMarket } from "./market.ts";
import { benchMemory } from "./memory.ts";
import { benchMiningGas } from "./mining-gas.ts";
import { benchSelfChecks } from "./self-checks.ts";
import { benchStorage } from "./storage.ts";
import { benchTracing } from "./tracing.ts";
import { benchVmGas } from "./vm-gas.ts";
import { benchWorker } from "./worker.ts";

/** Every bench by name; `false` means that it missed its target. */
const BENCHES: Readonly<Record<string, () => Promise<unknown>>> = {
  "index-latency": () => benchIndexLatency(),
  idle: () => benchIdle(),
  kernels: () => benchKernels(),
  "self-checks": () => benchSelfChecks(),
  storage: () => benchStorage(),
  tracing: () => benchTracing(),
  "vm-gas": () => benchVmGas(),
  "credits-gas": () => benchCreditsGas(),
  "exchange-gas": () => benchExchangeGas(),
  "mining-gas": () => benchMiningGas(),
  "index-rate": () => benchIndexRate(),
  history: () => benchHistory(),
  memory: () => benchMemory(),
  market: () => benchMarket(),
  worker: () => benchWorker(),
};

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => BENCHES[name] === undefined);
if (unknown.length > 0) {
  console.error(`no bench is called ${unknown.join(", ")}; there are ${Object.keys(BENCHES).join(", ")}`);
  process.exitCode = 2;
} else {
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    console.log(`== ${name}`);
    if ((await bench()) === false) process.exitCode = 1;
  }
}
