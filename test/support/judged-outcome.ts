import { AbiCoder, ZeroAddress, keccak256, toBeHex } from "ethers";

import type { DisputeManager } from "../../protocol/chain/generated/dispute/DisputeManager.js";
import type { MarketFixture } from "./market-fixture.ts";

/** What a market shall read about a claim. */
export interface Judgement {
  readonly prover?: string;
  readonly open?: number;
  readonly near?: number;
  readonly queued?: number;
  /** One of `FALL`. */
  readonly fallen?: number;
  readonly closed?: boolean;
  readonly holdUntil?: number;
}

/** Where the judge keeps the facts and the outcomes of claims; the outcome read afterwards shows that it is so. */
const SLOTS = { facts: 1n, outcomes: 2n } as const;

type Writing = Pick<MarketFixture, "helpers"> & { readonly disputes: DisputeManager };

const slotOf = (claimId: string, position: bigint): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "uint256"], [claimId, position]));

/** Writes an outcome into the real judge's storage, for tests of what markets do with outcomes; the claim must be recorded. */
export async function setOutcome(f: Writing, claimId: string, judgement: Judgement): Promise<void> {
  const { prover = ZeroAddress, open = 0, near = 0, queued = 0, fallen = 0, closed = false, holdUntil = 0 } = judgement;
  const judge = await f.disputes.getAddress();
  const word =
    BigInt(prover) |
    (BigInt(open) << 160n) |
    (BigInt(near) << 176n) |
    (BigInt(queued) << 192n) |
    (BigInt(fallen) << 208n) |
    (BigInt(closed) << 216n) |
    (BigInt(holdUntil) << 224n);
  await f.helpers.setStorageAt(judge, slotOf(claimId, SLOTS.outcomes), toBeHex(word, 32));
  const facts = slotOf(claimId, SLOTS.facts);
  const stored = BigInt(await f.helpers.getStorageAt(judge, facts));
  await f.helpers.setStorageAt(judge, facts, toBeHex(stored | 1n, 32));
}
