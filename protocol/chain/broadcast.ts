import { monotonic, type Clock } from "../common/clock.ts";
import type { Logger } from "../common/log.ts";
import type { Chain } from "./chain.ts";
import { chainError, lacksFunds, nodeMessage } from "./errors.ts";
import type { Flight } from "./flight.ts";

export interface BroadcastContext {
  readonly chain: Chain;
  readonly clock: Clock;
  readonly log: Logger;
  readonly pollMs?: number;
}

/** The words of a node that has the very transaction already. */
const KNOWN = /already known|known transaction|already imported|already exists|transaction already/i;
/** Words of a refusal that no wait and no higher fee mends. */
const REFUSED =
  /intrinsic gas too low|exceeds (the )?block gas limit|oversized data|type not supported|invalid (sender|chain|signature)|initcode size/i;

const LOOKS_BEFORE_REFUSAL = 3;

/**
 * Sends the newest variant of a flight once. Whatever the endpoint answers, the transaction may have been taken: only a receipt, or another
 * transaction at its nonce, is an outcome.
 * @returns the reason of a plain refusal, at the first time, of a transaction that nobody shows
 */
export async function broadcast(context: BroadcastContext, flight: Flight): Promise<Error | undefined> {
  const variant = flight.variants.at(-1);
  if (variant === undefined) return undefined;
  const { chain, clock, log } = context;
  const now = monotonic(clock);
  const isFirst = !flight.isSent;
  if (isFirst) flight.newsAt = now;
  flight.isSent = true;
  flight.sentAt = now;
  try {
    await chain.provider.broadcastTransaction(variant.raw);
    accept(flight, clock);
    return undefined;
  } catch (error) {
    if (KNOWN.test(nodeMessage(error))) {
      // Some node has it; the one that is asked for receipts may not, so it is sent again all the same.
      flight.newsAt = now;
      return undefined;
    }
    const { label } = flight.call;
    log.debug({ label, nonce: flight.nonce, reason: String(error).slice(0, 200) }, "a broadcast has no clear answer");
    if (!isFirst || !isRefusal(error)) return undefined;
    if (await isShown(context, variant.hash)) return undefined;
    return chainError(error, chain.network.rpcUrl);
  }
}

function accept(flight: Flight, clock: Clock): void {
  flight.unsure = false;
  flight.newsAt = monotonic(clock);
}

function isRefusal(error: unknown): boolean {
  return lacksFunds(error) || REFUSED.test(nodeMessage(error));
}

/** A gateway that passed it on twice answers with the refusal of the second: then the first one shows somewhere. */
async function isShown({ chain, clock, pollMs }: BroadcastContext, hash: string): Promise<boolean> {
  const { provider } = chain;
  for (let look = 0; look < LOOKS_BEFORE_REFUSAL; look++) {
    if (look > 0) await clock.sleep(pollMs ?? 250);
    try {
      const methods = ["eth_getTransactionByHash", "eth_getTransactionReceipt"];
      const found: unknown[] = await Promise.all(methods.map((method) => provider.send(method, [hash])));
      if (found.some((item) => item !== null)) return true;
    } catch {
      // Not known: then it counts as sent.
      return true;
    }
  }
  return false;
}
