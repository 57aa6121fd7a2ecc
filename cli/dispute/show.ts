import { Argument } from "commander";

import { OrionError } from "@orion/protocol/common";
import {
  claimShape,
  readDisputes,
  subjectOf,
  type ClaimDispute,
  type ClaimShape,
  type DemandRecord,
} from "@orion/protocol/disputes";
import { checkProgram, loadDataset, requireJobProgram } from "@orion/protocol/jobs";
import { dagCidFromDigest } from "@orion/protocol/storage";

import { withClient, type Client } from "../core/client.ts";
import { command } from "../core/command.ts";
import { networkOptions, type NetworkFlags } from "../core/options.ts";
import { facts } from "../core/table.ts";
import { findClaim, parseClaimKey, type Claim } from "./claim.ts";
import { demandWords } from "./place-words.ts";
import { proofFacts, proofLine, summariseDispute } from "./summary.ts";

export const disputeShow = command<NetworkFlags>({
  name: "show",
  summary: "show the descent into a claim: each demand, its answer, and how it ended",
  args: [new Argument("<claim>", "key of the claim, or its first digits").argParser(parseClaimKey)],
  options: networkOptions,
  examples: ["orion dispute show 0x7ac01b", "orion dispute show 0x7ac01b --json"],
  async run({ args, terminal, ...rest }) {
    await withClient({ args, terminal, ...rest }, async (client) => {
      const { chain } = client;
      const claim = await findClaim(client, args[0] as string);
      const { unit, job } = claim;
      const state = await readDisputes(chain, [unit.key], job.postedAtBlock);
      const dispute = state.of(chain.network.addresses.market, unit.key);
      const shape = await shapeOf(client, claim);
      const steps = [...(dispute?.demands.values() ?? [])].map((demand) => described(demand, claim, shape, dispute));
      const summary = summariseDispute(claim, dispute);
      const proof = proofFacts(dispute);
      terminal.result({ ...summary, outputsRoot: unit.outputsRoot, descent: steps, proof: proof ?? null }, [
        ...facts([
          ["claim", unit.key],
          ["job", job.jobId],
          ["unit", `${unit.index}, shards ${unit.from}–${unit.to - 1}`],
          ["worker", unit.worker],
          ["outputs root", unit.outputsRoot],
          ["window", `ends ${time(unit.windowEnd)}`],
          ["verdict", summary.verdict],
        ]),
        ...(steps.length === 0 ? [] : [""]),
        ...steps.flatMap((step, i) => stepLines(step, i)),
        ...endLines(dispute, proof),
      ]);
    });
  },
});

/** One demand as people read it. */
interface Step {
  readonly at: string;
  readonly kind: DemandRecord["what"]["kind"];
  readonly place: number | null;
  readonly hash: string | null;
  readonly payer: string;
  readonly deadline: number;
  readonly state: "answered" | "open" | "timed out";
  /** What was answered. */
  readonly answer: string | null;
}

function described(
  { what, payer, deadline, answer }: DemandRecord,
  { unit }: Claim,
  shape: ClaimShape | undefined,
  dispute: ClaimDispute | undefined,
): Step {
  const isPlaced = what.kind === "outputs" || what.kind === "trace";
  const isTimedOut = dispute?.timedOut === subjectOf(what, { shards: unit.to - unit.from }, unit.from);
  const bytes = answer === undefined ? 0 : (answer.length - 2) / 2;
  return {
    at: demandWords(what, shape, unit.from),
    kind: what.kind,
    place: isPlaced ? what.place : null,
    hash: isPlaced ? what.hash : what.kind === "shard" ? what.leaf : null,
    payer,
    deadline,
    state: answer !== undefined ? "answered" : isTimedOut ? "timed out" : "open",
    answer: answer === undefined ? null : `${bytes} bytes`,
  };
}

function stepLines({ at, hash, payer, deadline, state, answer }: Step, index: number): string[] {
  const outcome =
    state === "answered" ? `answered with ${answer}` : state === "open" ? `due ${time(deadline)}` : "never answered";
  return [`${index + 1}. ${at}: ${outcome}`, ...(hash === null ? [] : [`   hash ${hash}`]), `   prepaid by ${payer}`];
}

function endLines(dispute: ClaimDispute | undefined, proof: ReturnType<typeof proofFacts>): string[] {
  if (proof !== undefined) {
    return [
      "",
      `Proved wrong by ${proof.prover}: ${proofLine(proof)}`,
      `  in transaction ${proof.transaction}; ${proof.finder === undefined ? "not sealed: no reward" : `rewarded: ${proof.finder}`}`,
    ];
  }
  return dispute?.fallen === true ? ["", "The claim fell because its worker gave no answer in time."] : [];
}

function time(seconds: number): string {
  return new Date(1_000 * seconds).toISOString();
}

/** Undefined where the program cannot be had: then places stay numbers. */
async function shapeOf({ store, sha256 }: Client, { job, unit }: Claim): Promise<ClaimShape | undefined> {
  try {
    const { program: cid } = await loadDataset(store, dagCidFromDigest(job.terms.dataset));
    const checked = await checkProgram(store, cid, { sha256 });
    requireJobProgram(checked, job.terms);
    return claimShape(checked.program, unit.to - unit.from);
  } catch (error) {
    if (error instanceof OrionError) return undefined;
    throw error;
  }
}
