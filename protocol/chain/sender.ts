import { keccak256, type TransactionReceipt } from "ethers";

import { monotonic } from "../common/clock.ts";
import { AbortedError, RevertError, SentAbortedError, UnavailableError } from "../common/errors.ts";
import { EarlierLife } from "./earlier-life.ts";
import { chainError } from "./errors.ts";
import { chooseFees, feeLimit, inGwei, isTipCut, readFeeMarket, type FeeMarket, type Fees } from "./fees.ts";
import { callName, Flight, type Payload } from "./flight.ts";
import { FlightWatch } from "./flight-watch.ts";
import type { Call, Sender, SenderOptions } from "./sending.ts";
import { memoryJournal, type TransactionJournal } from "./transaction-journal.ts";

const GAS_MARGIN_PERCENT = 125n;
/**
 * Gas for what the block may ask beyond the simulation: another transaction or the next second can turn two writes to slots in use into writes to
 * empty ones (17,100 each; a checkpoint of votes is one). What is not used costs nothing.
 */
const GAS_ALLOWANCE = 50_000n;
const MAX_ATTEMPTS = 6;
const DEFAULT_PARALLEL = 16;
/** Urgent calls find room beyond that. */
const URGENT_PARALLEL = 16;
/** A refusal so soon after an own transaction may come from a node that does not know it yet. */
const FRESH_MS = 60_000;
const MAX_LAG_LOOKS = 20;
const LAG_LOOK_MS = 500;
const STOPPED = "stopped before the transaction was mined";

export function createSender(options: SenderOptions): Sender {
  return new AccountSender(options);
}

/** A call on its way to its receipt. */
interface Task {
  readonly call: Call;
  readonly resolve: (receipt: TransactionReceipt) => void;
  readonly reject: (error: unknown) => void;
  allowance: bigint;
  attempt: number;
}

class AccountSender implements Sender {
  readonly address: string;
  readonly #options: SenderOptions;
  readonly #watch: FlightWatch;
  readonly #journal: TransactionJournal;
  readonly #waiting: Task[] = [];
  readonly #earlier: EarlierLife;
  #pumping = false;
  #recovering = false;
  #minedAt = -Infinity;
  #toldTip = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.address = options.wallet.address;
    this.#journal = options.journal ?? memoryJournal();
    this.#watch = new FlightWatch(options, {
      sign: (flight, fees, market) => this.#sign(flight, fees, market),
      refused: (flight) => this.#note(flight, true),
      landed: (flight, landing) => this.#earlier.landed(flight, landing),
    });
    this.#earlier = new EarlierLife(options, this.#journal, this.#watch);
    options.signal?.addEventListener("abort", () => this.#abort(), { once: true });
  }

  get lastBlock(): number {
    return this.#watch.lastBlock;
  }

  send(call: Call): Promise<TransactionReceipt> {
    return new Promise((resolve, reject) => {
      this.#enqueue({ call, resolve, reject, allowance: GAS_ALLOWANCE, attempt: 1 });
    });
  }

  #enqueue(task: Task, atFront = false): void {
    const firstOther = this.#waiting.findIndex(({ call }) => call.urgent !== true);
    if (task.call.urgent === true) this.#waiting.splice(firstOther < 0 ? this.#waiting.length : firstOther, 0, task);
    else if (atFront) this.#waiting.splice(firstOther < 0 ? this.#waiting.length : firstOther, 0, task);
    else this.#waiting.push(task);
    void this.#pump();
  }

  #hasRoom(): boolean {
    const parallel = this.#options.parallel ?? DEFAULT_PARALLEL;
    const urgent = this.#waiting[0]?.call.urgent === true;
    return this.#watch.size < parallel + (urgent ? URGENT_PARALLEL : 0);
  }

  /** Signs what waits, one after the other, as long as there is room in flight. */
  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#waiting.length > 0) {
        // Urgent calls come first, so nothing urgent waits behind this one. What earlier lives left takes room until it is settled.
        if (this.#waiting[0]?.call.urgent !== true && !this.#earlier.isRecovered) {
          this.#recover();
          break;
        }
        if (!this.#hasRoom()) break;
        const task = this.#waiting.shift() as Task;
        try {
          await this.#launch(task);
        } catch (error) {
          // A mistake in our own code reaches the caller as it is.
          task.reject(knownError(error, this.#options.chain.network.rpcUrl));
        }
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** Settles what earlier lives left open, and goes on. Urgent calls do not wait for it. */
  #recover(): void {
    if (this.#recovering) return;
    this.#recovering = true;
    const ended = this.#earlier.recovered().catch((error: unknown) => {
      const known = knownError(error, this.#options.chain.network.rpcUrl);
      const ordinary = this.#waiting.filter(({ call }) => call.urgent !== true);
      for (const task of ordinary) {
        this.#waiting.splice(this.#waiting.indexOf(task), 1);
        task.reject(known);
      }
    });
    void ended.then(() => {
      this.#recovering = false;
      void this.#pump();
    });
  }

  async #launch(task: Task): Promise<void> {
    const { call } = task;
    requireRunning(this.#options.signal);
    // An answer to a demand waits for nothing but the nonces that are taken already; a journal that cannot be read does not stop it.
    if (call.urgent === true) await this.#earlier.known().catch(() => undefined);
    const earlier = await this.#earlier.sameAs(call);
    // Refused once more, the call is signed anew, but under the same nonce: whoever may have taken the first one can only have one of the two mined.
    const isRefused = earlier instanceof Flight && earlier.isRefused && (await this.#watch.isRefusedAgain(earlier));
    if (earlier instanceof Flight && !isRefused) {
      // Whoever stops while earlier lives are looked at would wait for ever: nobody gives up what nobody watches.
      requireRunning(this.#options.signal);
      // Whatever life comes next finishes it again.
      if (earlier.isRefused) await this.#note(earlier, false).catch(() => undefined);
      requireRunning(this.#options.signal);
      earlier.awaited.add(callName(call));
      if (earlier.givenUp || earlier.isOver) this.#watch.revive(earlier);
      void this.#follow(task, earlier);
      return;
    }
    if (earlier !== undefined && !(earlier instanceof Flight)) {
      task.resolve(earlier);
      return;
    }
    if (earlier === undefined && call.once === true) await this.#earlier.report(call);
    const prepared = await this.#prepare(task);
    if (prepared === "later") return;
    const { payload, estimate, market } = prepared;
    const nonce = earlier?.nonce ?? prepared.nonce;
    const fees = chooseFees(market, feeLimit(this.#options));
    this.#tellTip(market);
    const flight = new Flight(nonce, call, payload, fees);
    this.#watch.inherit(flight);
    flight.awaited.add(callName(call));
    await this.#sign(flight, fees, market);
    if (this.#options.signal?.aborted === true) throw await this.#withdrawn(flight);
    const { step, onSigned } = this.#options;
    onSigned?.({
      label: call.label,
      hash: flight.hashes.at(-1) ?? "",
      gasEstimate: estimate,
      expectedCost: estimate * (market.baseFee + fees.maxPriorityFeePerGas),
      maxCost: payload.gasLimit * fees.maxFeePerGas,
    });
    step?.(`signed:${call.label}`);
    this.#watch.add(flight);
    void this.#follow(task, flight);
    await this.#watch.broadcast(flight);
    step?.(`broadcast:${call.label}`);
  }

  /** Simulates the call and finds its nonce; "later" where it has to wait for what is in flight before it. */
  async #prepare(
    task: Task,
  ): Promise<{ payload: Payload; estimate: bigint; market: FeeMarket; nonce: number } | "later"> {
    const { provider } = this.#options.chain;
    const { call } = task;
    const value = call.value ?? 0n;
    const request = { to: call.to, data: call.data, from: this.address, value };
    for (let look = 0; ; look++) {
      try {
        // Estimating executes the call on the pending block, so it is the simulation as well.
        const [estimate, pending, market] = await Promise.all([
          provider.estimateGas(request),
          provider.getTransactionCount(this.address, "pending"),
          readFeeMarket(provider),
        ]);
        const gasLimit = (estimate * GAS_MARGIN_PERCENT) / 100n + task.allowance;
        const payload = { to: call.to, data: call.data, value, gasLimit };
        return { payload, estimate, market, nonce: await this.#watch.nonceAfter(pending) };
      } catch (error) {
        const known = chainError(error, this.#options.chain.network.rpcUrl);
        if (!(known instanceof RevertError)) throw known;
        if (this.#watch.isBusy) {
          // It may need what is on its way; the others need not wait for that.
          void this.#watch.whenLanded().then(() => this.#enqueue(task));
          return "later";
        }
        if (look >= MAX_LAG_LOOKS || !(await this.#mayLag(look))) throw known;
      }
    }
  }

  /** True where a refusal may come from a node that does not know the account's last transaction yet. */
  async #mayLag(look: number): Promise<boolean> {
    const { chain, clock, signal } = this.#options;
    if (monotonic(clock) - this.#minedAt > FRESH_MS) return false;
    const lags = (await chain.provider.getBlockNumber()) < this.lastBlock;
    if (!lags) return look === 0;
    await clock.sleep(LAG_LOOK_MS, signal);
    requireRunning(signal);
    return true;
  }

  async #sign(flight: Flight, fees: Fees, { blockTime }: FeeMarket): Promise<void> {
    const { wallet, chain, clock } = this.#options;
    const { chainId } = chain.network;
    const raw = await wallet.signTransaction({ ...flight.payload, nonce: flight.nonce, chainId, type: 2, ...fees });
    const hash = keccak256(raw);
    const { label, urgent } = flight.call;
    const entry = { hash, raw, from: this.address, chainId, nonce: flight.nonce, label, blockTime };
    try {
      await this.#journal.signed(entry);
    } catch (error) {
      if (urgent !== true) throw error;
      this.#options.log.error(
        { label, hash },
        "the journal cannot be written; an urgent transaction goes out without it",
      );
    }
    flight.fees = fees;
    flight.signedAt = monotonic(clock);
    flight.variants.push({ hash, raw, blockTime });
  }

  /** Notes anew what was signed last, with what the endpoint said of it. */
  async #note({ nonce, call: { label }, variants }: Flight, refused: boolean): Promise<void> {
    const variant = variants.at(-1);
    const { chainId } = this.#options.chain.network;
    if (variant !== undefined) {
      await this.#journal.signed({ ...variant, from: this.address, chainId, nonce, label, refused });
    }
  }

  /** Strikes out what was signed just when the process was stopped: nobody has seen it, and the next life must not send it. */
  async #withdrawn(flight: Flight): Promise<AbortedError> {
    try {
      const { chainId } = this.#options.chain.network;
      // Something else that was signed under this nonce may have been seen.
      if (flight.variants.length > 1) await this.#note(flight, true);
      else await this.#journal.settled(this.address, flight.nonce, chainId);
      return stopped();
    } catch {
      return stopped(
        `it is noted as ${flight.hashes.at(-1) ?? ""} and goes out at the next start: look before you do it again`,
      );
    }
  }

  async #follow(task: Task, flight: Flight): Promise<void> {
    try {
      const landing = await flight.landed;
      void this.#pump();
      if (landing.kind === "replaced") {
        this.#again(task, "replaced");
        return;
      }
      this.#minedAt = monotonic(this.#options.clock);
      // An earlier life has signed another call under the same nonce, and that one was mined.
      if (flight.nameOf(landing.receipt.hash) !== callName(task.call)) {
        this.#again(task, "replaced");
        return;
      }
      const outcome = await this.#judge(flight, landing.receipt);
      if (outcome === "starved") {
        task.allowance *= 2n;
        this.#again(task, "starved");
        return;
      }
      task.resolve(outcome);
    } catch (error) {
      task.reject(error);
      void this.#pump();
    }
  }

  #again(task: Task, failure: "replaced" | "starved"): void {
    const { log } = this.#options;
    log.debug({ label: task.call.label, attempt: task.attempt, failure }, "the transaction did nothing; trying again");
    if (task.attempt++ >= MAX_ATTEMPTS) task.reject(this.#exhausted(task.call, failure));
    else this.#enqueue(task, true);
  }

  #exhausted(call: Call, failure: "replaced" | "starved"): UnavailableError {
    if (failure === "replaced") {
      return new UnavailableError(
        `cannot get "${call.label}" mined: another process keeps using the nonces of ${this.address}`,
        { hint: "run one process per key" },
      );
    }
    return new UnavailableError(`"${call.label}" ran out of gas ${String(MAX_ATTEMPTS)} times`, {
      hint: "the chain's estimates of gas are too low; try another RPC",
    });
  }

  async #judge({ payload }: Flight, receipt: TransactionReceipt): Promise<TransactionReceipt | "starved"> {
    if (receipt.status === 1) return receipt;
    const { chain } = this.#options;
    const { to, data, value, gasLimit } = payload;
    try {
      // Somebody was faster between simulation and block: the same call now names the reason.
      await chain.provider.call({ to, data, value, from: this.address });
    } catch (error) {
      const known = chainError(error, chain.network.rpcUrl);
      if (known instanceof RevertError) throw known;
    }
    // A call within the call leaves a 64th of the gas to its caller, which then may fail for a reason of its own.
    if (receipt.gasUsed * 64n >= gasLimit * 62n) return "starved";
    throw new RevertError("Outrun", [receipt.hash], { hint: "the state changed while the transaction was on its way" });
  }

  #tellTip(market: FeeMarket): void {
    if (isTipCut(market) && !this.#toldTip) {
      this.#options.log.warn(
        { suggested: inGwei(market.tip), baseFee: inGwei(market.baseFee) },
        "the RPC suggests a priority fee out of all proportion to the base fee; paying less",
      );
    }
    this.#toldTip = isTipCut(market);
  }

  #abort(): void {
    for (const task of this.#waiting.splice(0)) task.reject(stopped());
    for (const flight of this.#watch.flights) {
      const hint = `it was sent as ${flight.hashes.at(-1) ?? ""} and may still be mined: look before you do it again`;
      flight.giveUp(new SentAbortedError(STOPPED, { hashes: [...flight.hashes], nonce: flight.nonce }, { hint }));
    }
  }
}

function knownError(error: unknown, rpcUrl: string): unknown {
  try {
    return chainError(error, rpcUrl);
  } catch (mistake) {
    return mistake;
  }
}

function stopped(hint = "it was not sent: nothing happened"): AbortedError {
  return new AbortedError(STOPPED, { hint });
}

function requireRunning(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw stopped();
}
