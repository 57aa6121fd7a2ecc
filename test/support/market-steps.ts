import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { id, type ContractTransactionResponse } from "ethers";

import type { Terms } from "@orion/protocol/chain";

import { setOutcome, type Judgement } from "./judged-outcome.ts";
import type { MarketFixture } from "./market-fixture.ts";

export interface Job {
  readonly terms: Terms;
  readonly id: string;
}

/** The ordinary steps of a job's life, each one transaction or one jump of the clock. */
export interface MarketSteps {
  post(overrides?: Partial<Terms>): Promise<Job>;
  publish(job: Job): Promise<ContractTransactionResponse>;
  claim(job: Job, worker: HardhatEthersSigner, units?: number[]): Promise<ContractTransactionResponse>;
  key(job: Job, worker: HardhatEthersSigner, unit?: number, attempt?: number): Promise<string>;
  commit(job: Job, worker: HardhatEthersSigner, unit?: number, attempt?: number): Promise<ContractTransactionResponse>;
  /** Claims and commits. */
  work(job: Job, worker: HardhatEthersSigner, units?: number[]): Promise<void>;
  settle(job: Job, units?: number[]): Promise<ContractTransactionResponse>;
  expire(job: Job, units?: number[]): Promise<ContractTransactionResponse>;
  cancel(job: Job): Promise<ContractTransactionResponse>;
  tip(job: Job, amount: bigint): Promise<ContractTransactionResponse>;
  judge(job: Job, worker: HardhatEthersSigner, judgement: Judgement, unit?: number, attempt?: number): Promise<void>;
  passWindow(): Promise<unknown>;
  passClaimPeriod(): Promise<unknown>;
}

/** `IJobMarket.Skip` in its order. */
export const SKIP = {
  notClaimed: 0,
  notCommitted: 1,
  alreadyCommitted: 2,
  alreadySettled: 3,
  deadlineNotReached: 4,
  windowOpen: 5,
  demandsOpen: 6,
  onHold: 7,
} as const;

/** How a claim fell, as the judge counts it. */
export const FALL = { none: 0, proof: 1, silence: 2 } as const;

export const OUTPUTS_ROOT = id("outputs root");
export const OUTPUTS = id("outputs");
export const MANIFEST = id("manifest");

export function marketSteps(f: MarketFixture): MarketSteps {
  const { market, disputes, poster, keeper, stranger, time, parameters } = f;
  const steps: MarketSteps = {
    async post(overrides = {}) {
      const terms = f.terms(overrides);
      await market.connect(poster).postJob(terms);
      return { terms, id: await market.jobIdOf(terms) };
    },
    publish: (job) => market.connect(keeper).publishManifest(job.terms, MANIFEST),
    claim: (job, worker, units = [0]) => market.connect(worker).claim(job.terms, units),
    key: (job, worker, unit = 0, attempt = 0) => market.keyOf(job.id, unit, attempt, worker),
    commit: async (job, worker, unit = 0, attempt = 0) => {
      const key = await steps.key(job, worker, unit, attempt);
      return await market.connect(worker).commit(job.terms, unit, key, OUTPUTS_ROOT, OUTPUTS);
    },
    async work(job, worker, units = [0]) {
      await steps.claim(job, worker, units);
      for (const unit of units) await steps.commit(job, worker, unit);
    },
    settle: (job, units = [0]) => market.connect(stranger).settle(job.terms, units),
    expire: (job, units = [0]) => market.connect(stranger).expire(job.terms, units),
    cancel: (job) => market.connect(poster).cancel(job.terms),
    tip: (job, amount) => market.connect(poster).addTip(job.terms, amount),
    async judge(job, worker, judgement, unit = 0, attempt = 0) {
      const key = await steps.key(job, worker, unit, attempt);
      await setOutcome(f, await disputes.claimIdOf(market, key), judgement);
    },
    passWindow: () => time.increase(parameters.fast.challengeWindow + 1),
    passClaimPeriod: () => time.increase(parameters.fast.claimPeriod + 1),
  };
  return steps;
}
