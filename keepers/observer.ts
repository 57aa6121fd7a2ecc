import { chainNow, reading } from "@orion/protocol/chain";
import { createLoop, type Service } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";

export interface ObserverOptions {
  readonly intervalMs?: number;
}

const HOUR_SECONDS = 3_600;
const LOOK_MS = 60_000;
/** Seconds on chain are kept modulo this. */
const SECONDS_MODULO = 2 ** 32;

/**
 * Keeps the history of the CU/ORION pool: has its price observed when nobody has traded for an hour. Without a day of observations the price sets no
 * collateral, and credits can only be minted up to the bootstrap cap. Anyone may observe, so any number of observers may race; each costs only its gas.
 */
export function createObserver(context: ServiceContext, options: ObserverOptions = {}): Service {
  const { chain, sender, clock, log } = context;
  const { dex, credits } = chain.contracts;

  const tick = async (): Promise<void> => {
    const pool = await reading(chain, () => credits.POOL());
    const since = await secondsSinceObservation(context, pool);
    if (since === undefined || since < HOUR_SECONDS) return;
    const data = dex.interface.encodeFunctionData("observe", [pool]);
    const receipt = await sender.send({ to: chain.network.addresses.dex, data, label: "observe" });
    log.info({ since, gas: Number(receipt.gasUsed) }, "price observed");
  };

  return createLoop({ name: "observer", clock, log, intervalMs: options.intervalMs ?? LOOK_MS, tick });
}

/** Undefined where the pool has not been made yet. */
async function secondsSinceObservation({ chain }: ServiceContext, pool: bigint): Promise<number | undefined> {
  const { dex } = chain.contracts;
  const { observations } = await reading(chain, () => dex.trackOf(pool));
  if (observations === 0n) return undefined;
  const newest = await reading(chain, () => dex.observation(pool, 0));
  return ((await chainNow(chain)) - Number(newest.time) + SECONDS_MODULO) % SECONDS_MODULO;
}
