import { chainNow, reading } from "@orion/protocol/chain";
import { createLoop, OrionError, RevertError, type Logger, type Service } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";

export interface ObserverOptions {
  readonly intervalMs?: number;
  /** Seconds of chain time that the dollar price reported last is old at least before a newer one is reported; an hour when left out. */
  readonly reportSeconds?: number;
}

const HOUR_SECONDS = 3_600;
const LOOK_MS = 60_000;
/** Seconds on chain are kept modulo this. */
const SECONDS_MODULO = 2 ** 32;

/**
 * Keeps the network's prices on record. The CU/ORION pool is observed when nobody has traded for an hour: without a day of observations the price sets
 * no collateral, and credits can only be minted up to the bootstrap cap. Where a Chainlink feed of ORION exists, its dollar price is reported once an
 * hour, for indexes. Anyone may do both, so any number of observers may race; each costs only its gas.
 */
export function createObserver(context: ServiceContext, options: ObserverOptions = {}): Service {
  const { clock, log } = context;
  const report = createReporter(context, options.reportSeconds ?? HOUR_SECONDS);
  const tasks = [() => observe(context), report].map((task) => unlessRefused(log, task));
  const tick = async (): Promise<void> => {
    for (const task of tasks) await task();
  };
  return createLoop({ name: "observer", clock, log, intervalMs: options.intervalMs ?? LOOK_MS, tick });
}

/** A refusal by the chain (no coin for gas, somebody was faster) puts one task aside until the next look, and ends neither the other nor the process. */
function unlessRefused(log: Logger, task: () => Promise<void>): () => Promise<void> {
  // The same refusal at every look is told once.
  let told: string | undefined;
  return async () => {
    try {
      await task();
      told = undefined;
    } catch (error) {
      if (!(error instanceof OrionError) || error.code !== "REVERT") throw error;
      if (error.message !== told) log.warn({ code: error.code, hint: error.hint }, error.message);
      told = error.message;
    }
  };
}

async function observe(context: ServiceContext): Promise<void> {
  const { chain, sender, log } = context;
  const { dex, credits } = chain.contracts;
  const pool = await reading(chain, () => credits.POOL());
  const since = await secondsSinceObservation(context, pool);
  if (since === undefined || since < HOUR_SECONDS) return;
  const data = dex.interface.encodeFunctionData("observe", [pool]);
  const receipt = await sender.send({ to: chain.network.addresses.dex, data, label: "observe" });
  log.info({ since, gas: Number(receipt.gasUsed) }, "price observed");
}

/** Undefined where the pool has not been made yet. */
async function secondsSinceObservation({ chain }: ServiceContext, pool: bigint): Promise<number | undefined> {
  const { dex } = chain.contracts;
  const { observations } = await reading(chain, () => dex.trackOf(pool));
  if (observations === 0n) return undefined;
  const newest = await reading(chain, () => dex.observation(pool, 0));
  return ((await chainNow(chain)) - Number(newest.time) + SECONDS_MODULO) % SECONDS_MODULO;
}

/** Reports the feed's price when the reported one is old and the feed has a newer one; does nothing on a network without a feed. */
function createReporter({ chain, sender, log }: ServiceContext, reportSeconds: number): () => Promise<void> {
  const { usdPrices } = chain.contracts;
  const to = chain.network.addresses.usdPrices;
  if (usdPrices === undefined || to === undefined) return () => Promise.resolve();
  const data = usdPrices.interface.encodeFunctionData("report");
  // The same refusal at every look is told once.
  let told: string | undefined;
  return async () => {
    // By the answer's own time, so that nothing has to be remembered: a report that came late is followed the sooner.
    const age = (await chainNow(chain)) - Number(await reading(chain, () => usdPrices.reportedAt()));
    if (age < reportSeconds) return;
    try {
      const receipt = await sender.send({ to, data, label: "report" });
      log.info({ age, gas: Number(receipt.gasUsed) }, "dollar price reported");
      told = undefined;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== NOTHING_NEW && refusal !== told) log.warn({ refusal }, "the feed gives no dollar price");
      told = refusal;
    }
  };
}

/** The feed has not answered since the last report, or another observer was faster. */
const NOTHING_NEW = "NotNewer";
/** That is no fault of the feed's. */
const NO_COIN = "InsufficientFunds";

/** Why there is nothing to report now: a feed may be stale, down or gone, which must not end the observer. Any other error is thrown. */
function refusalOf(error: unknown): string {
  if (error instanceof RevertError && error.revert !== NO_COIN) return error.revert;
  throw error;
}
