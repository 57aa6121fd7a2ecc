import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import type { ServiceSpec } from "../network/run-service.ts";
import { accountAt, type TestNetwork } from "../network/test-network.ts";
import type { Host, Life } from "./host.ts";
import type { ChaosEvent, PartPlan } from "./plan.ts";
import type { Ways } from "./ways.ts";

/** Until a service that has ended by itself is started again, as an init system does it. */
const RESTART_MS = 200;

/** Keeps one service running over everything that happens to it, as an init system does. */
export class Supervisor {
  readonly #host: Host;
  readonly #plan: PartPlan;
  readonly #spec: ServiceSpec;
  readonly #ways: Ways;
  #life: Life | undefined;
  #isOver = false;
  #killing = false;
  /** What ended it besides a kill, and would not pass by itself. */
  readonly faults: string[] = [];
  lives = 0;

  constructor(
    running: TestNetwork,
    host: Host,
    plan: PartPlan,
    ways: Ways,
    more: Partial<ServiceSpec> & Pick<ServiceSpec, "intervalMs">,
  ) {
    this.#host = host;
    this.#plan = plan;
    this.#ways = ways;
    const folder = path.join(running.dir, plan.name);
    const networkFile = `${folder}.network.json`;
    const network = { ...running.network, rpcUrl: ways.rpcUrls, ipfsUrl: ways.ipfsUrl };
    writeFileSync(networkFile, JSON.stringify(network));
    this.#spec = {
      role: plan.part,
      networkFile,
      privateKey: accountAt(plan.account).privateKey,
      logFile: `${folder}.log`,
      journalDir: path.join(folder, "journal"),
      transactionsDir: path.join(folder, "transactions"),
      ...more,
    };
  }

  get name(): string {
    return this.#plan.name;
  }

  get log(): string {
    try {
      return readFileSync(this.#spec.logFile, "utf8");
    } catch {
      return "";
    }
  }

  start(): void {
    this.#ways.mend();
    const { openFiles } = this.#plan;
    const life = this.#host.start(this.name, this.#spec, openFiles === undefined ? {} : { openFiles });
    this.#life = life;
    this.lives++;
    void life.ended.then((how) => this.#ended(life, how));
  }

  /** Lets an event happen; resolves when it is over. */
  async happen({ kind, lastsMs, jumpMs }: ChaosEvent): Promise<void> {
    if (kind !== "kill") return this.#host.happen(this.name, kind, { lastsMs, jumpMs });
    if (this.#killing) return;
    this.#killing = true;
    await this.#life?.kill();
    await delay(lastsMs);
    this.#killing = false;
    if (!this.#isOver) this.start();
  }

  calm(): void {
    this.#ways.calm();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#life?.stop();
  }

  #ended(life: Life, how: string): void {
    if (this.#isOver || this.#killing || life !== this.#life) return;
    const reason = this.#fatal();
    // What could not even begin for want of a chain is started again; what was running must not end by itself.
    if (reason?.retryable !== true) this.faults.push(`${this.name} ended by itself (${how}): ${reason?.message ?? ""}`);
    setTimeout(() => {
      if (!this.#isOver && !this.#killing && life === this.#life) this.start();
    }, RESTART_MS);
  }

  #fatal(): { retryable?: boolean; message: string } | undefined {
    const line = this.log.trimEnd().split("\n").at(-1) ?? "";
    try {
      const parsed = JSON.parse(line) as { level: string; retryable?: boolean; message: string };
      return parsed.level === "fatal" ? parsed : undefined;
    } catch {
      return undefined;
    }
  }
}
