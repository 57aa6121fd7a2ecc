import { contractInterface, reading, type Call, type JobRecord, type PenaltyRecord } from "../chain/index.ts";
import { RevertError } from "../common/index.ts";
import { claimFacts } from "../disputes/index.ts";
import type { ServiceContext } from "../jobs/index.ts";

/** Another keeper was faster, or a unit was claimed again before a cancelled job's reserve was given back. */
const OUTRUN = new Set(["NoReserve", "Outrun", "ClaimUnderWay"]);

/**
 * What silence has cost a worker waits for the verdict of the unit's next claim: once that has settled, anyone may have it paid out; once the job is cancelled without a verdict,
 * given back to the worker.
 */
export class Reserves {
  readonly #context: ServiceContext;
  readonly #isWanted: (penalty: PenaltyRecord) => boolean;
  /** Keys of fallen claims whose reserve is paid out, as far as this process knows. */
  readonly #done = new Set<string>();

  /** @param isWanted which fallen claims are seen to; all unless given */
  constructor(context: ServiceContext, isWanted: (penalty: PenaltyRecord) => boolean = () => true) {
    this.#context = context;
    this.#isWanted = isWanted;
  }

  /** Fallen claims with a reserve that was not seen to be paid out. */
  open({ penalties }: Pick<JobRecord, "penalties">): PenaltyRecord[] {
    return penalties.filter(
      (penalty) => penalty.reserved > 0n && !this.#done.has(penalty.key) && this.#isWanted(penalty),
    );
  }

  /** Fallen claims of units that have settled since, or that nobody will settle any more. */
  decided(job: JobRecord): PenaltyRecord[] {
    const { units, cancelled } = job;
    return this.open(job).filter(({ unit }) => {
      const { status } = units.get(unit);
      return status === "settled" || (cancelled && status === "free");
    });
  }

  /** Notes that a reserve is no more. */
  forget(key: string): void {
    this.#done.add(key);
  }

  /** Has the job's decided reserves paid out; true when one was. */
  async payOut(job: JobRecord, signal: AbortSignal): Promise<boolean> {
    let paid = false;
    for (const penalty of this.decided(job)) {
      if (signal.aborted) return paid;
      const call = await this.#callFor(job, penalty);
      if (call === undefined) continue;
      paid = true;
      await this.#send(job, penalty, call);
    }
    return paid;
  }

  /** What pays a reserve out; undefined if there is none, or no verdict at the node that is asked. */
  async #callFor({ jobId, terms, units }: JobRecord, { key, unit, claim }: PenaltyRecord): Promise<Call | undefined> {
    const { chain } = this.#context;
    const { reserves } = chain.contracts;
    const [{ amount }, verdict] = await reading(chain, () =>
      Promise.all([reserves.reserveOf(key), reserves.verdictOf(jobId, unit)]),
    );
    if (amount === 0n) {
      this.#done.add(key);
      return undefined;
    }
    const to = chain.network.addresses.reserves;
    const abi = contractInterface("Reserves");
    const now = units.get(unit);
    if (now.status === "free") return { to, data: abi.encodeFunctionData("release", [key]), label: "release" };
    if (BigInt(verdict) === 0n) return undefined;
    const facts = [claimFacts(terms, claim), claimFacts(terms, now)];
    return { to, data: abi.encodeFunctionData("resolve", [key, ...facts]), label: "resolve" };
  }

  async #send({ jobId }: JobRecord, { key, unit }: PenaltyRecord, call: Call): Promise<void> {
    const { sender, log } = this.#context;
    try {
      const receipt = await sender.send(call);
      log.info({ jobId, key, unit, gas: Number(receipt.gasUsed) }, "reserve paid out");
    } catch (error) {
      if (!(error instanceof RevertError) || !OUTRUN.has(error.revert)) throw error;
      if (error.revert === "ClaimUnderWay") return;
    }
    this.#done.add(key);
  }
}
