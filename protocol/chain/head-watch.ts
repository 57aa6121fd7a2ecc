import type { Block } from "ethers";

import { monotonic, type Clock } from "../common/clock.ts";
import type { Logger } from "../common/log.ts";
import { chainNow } from "./chain-now.ts";
import type { Chain } from "./chain.ts";

/** A head that stands still, or lies below what was seen, for so long is said; again after some minutes. */
const STILL_MS = 75_000;
const BEHIND_MS = 45_000;
const REPEAT_MS = 5 * 60_000;
/** A newest block older than this, by this machine's clock, is said. */
const OLD_SECONDS = 10 * 60;
/** A chain that mines only when it has to shows its time in the block that is pending. */
const ON_DEMAND_SECONDS = 30;
/** By then a process is no command that ends soon, which needs not know the chain again. */
const KNOWN_AFTER_MS = 20_000;
/** Time between two looks whether a chain that has gone back is another one. */
const COMPARED_MS = 20_000;

/** Says when the chain, as an endpoint shows it, stands still, has gone back or is another one: silence there costs locks. */
export class HeadWatch {
  readonly #chain: Chain;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** The highest block that was shown: nodes behind a balancer lie at different heights. */
  #newest: { readonly number: number; readonly at: number } | undefined;
  #behindSince: number | undefined;
  #toldBehindAt = -Infinity;
  #toldStillAt = -Infinity;
  #toldOtherAt = -Infinity;
  #toldOldAt = -Infinity;
  #comparedAt = -Infinity;
  #startedAt: number | undefined;
  /** Hash of the block of the deployment, which no other chain has. */
  #origin: string | undefined;

  constructor(chain: Chain, clock: Clock, log: Logger) {
    this.#chain = chain;
    this.#clock = clock;
    this.#log = log;
  }

  /** @param covered the newest block that was seen so far */
  async look(head: Block, covered: number): Promise<void> {
    const now = monotonic(this.#clock);
    const { number } = head;
    if (this.#newest === undefined || number > this.#newest.number) this.#newest = { number, at: now };
    this.#tellOld(head, now);
    if (head.number >= covered) this.#behindSince = undefined;
    else if (this.#behindSince === undefined) {
      this.#behindSince = now;
      // A chain that was started anew may pass the old one's height before long. Nodes that lag by turns are not asked each time.
      if (now - this.#comparedAt >= COMPARED_MS) {
        this.#comparedAt = now;
        if (await this.isOther()) return;
      }
    }
    const { rpcUrl } = this.#chain.network;
    this.#startedAt ??= now;
    if (this.#origin === undefined && now - this.#startedAt >= KNOWN_AFTER_MS && this.#behindSince === undefined) {
      this.#origin = await this.#originNow();
    }
    if (this.#behindSince !== undefined && now - this.#behindSince >= BEHIND_MS) {
      if (now - this.#toldBehindAt < REPEAT_MS || (await this.isOther())) return;
      this.#toldBehindAt = now;
      this.#newest = { number, at: now };
      this.#log.warn(
        { block: head.number, seen: covered },
        `the chain at ${rpcUrl} has gone back: it shows block ${String(head.number)}, and block ${String(covered)} was seen before`,
      );
      return;
    }
    // What lies below the newest block may well go on; it is said above, once it has lasted.
    if (this.#behindSince !== undefined) return;
    if (now - this.#newest.at < STILL_MS || now - this.#toldStillAt < REPEAT_MS) return;
    if (await this.#minesOnDemand(head)) return;
    this.#toldStillAt = now;
    const seconds = Math.round((now - this.#newest.at) / 1_000);
    this.#log.warn(
      { block: head.number, seconds, age: Math.round(this.#clock.now() / 1_000) - head.timestamp },
      `the chain at ${rpcUrl} stands still at block ${String(head.number)} for ${String(seconds)} s: check the RPC, or use another one`,
    );
  }

  /** Whether another chain answers than at first, as when a local network was started anew; says it. */
  async isOther(): Promise<boolean> {
    const now = this.#origin === undefined ? undefined : await this.#originNow();
    if (now === undefined || now === this.#origin) return false;
    const at = monotonic(this.#clock);
    if (at - this.#toldOtherAt < REPEAT_MS) return true;
    this.#toldOtherAt = at;
    const { deployBlock, rpcUrl } = this.#chain.network;
    this.#log.error(
      { block: deployBlock, was: this.#origin, is: now },
      `another chain answers at ${rpcUrl} than before: where the network was started anew, stop this and start it again; where not, use another RPC`,
    );
    return true;
  }

  /** Undefined where the node does not say. */
  async #originNow(): Promise<string | undefined> {
    const { network, provider } = this.#chain;
    const block = await provider.getBlock(network.deployBlock).catch(() => null);
    return block?.hash ?? undefined;
  }

  /** A node may be hours behind and yet go on as fast as the chain does. */
  #tellOld(head: Block, now: number): void {
    const age = Math.round(this.#clock.now() / 1_000) - head.timestamp;
    if (age < OLD_SECONDS || this.#isLocal || now - this.#toldOldAt < REPEAT_MS) return;
    this.#toldOldAt = now;
    this.#log.warn(
      { block: head.number, age },
      `the newest block that the chain at ${this.#chain.network.rpcUrl} shows is ${String(Math.round(age / 60))} min old: the RPC is behind, or this machine's clock is wrong`,
    );
  }

  /** The time of a local chain goes as somebody likes. */
  get #isLocal(): boolean {
    const { chainId } = this.#chain.network;
    return chainId === 31_337 || chainId === 1_337;
  }

  async #minesOnDemand(head: Block): Promise<boolean> {
    if (!this.#isLocal) return false;
    return (await chainNow(this.#chain)) - head.timestamp >= ON_DEMAND_SECONDS;
  }
}
