import { Argument, Option } from "commander";
import { formatEther } from "ethers";

import { Admissions } from "@orion/protocol/challenge";
import { chainNow, type JobRecord } from "@orion/protocol/chain";
import { AbortedError, fromHex, InvalidInputError, UnavailableError } from "@orion/protocol/common";
import {
  collectPrepayments,
  demandOutputCall,
  demandPrice,
  BLOCK_CHUNKS,
  blockRange,
  nameOf,
  readDisputes,
  subjectOf,
  timeoutCall,
  type Case,
  type DemandRecord,
  type OutputBlock,
} from "@orion/protocol/disputes";
import { checkProgram, loadDataset, requireJobProgram } from "@orion/protocol/jobs";
import { dagCidFromDigest } from "@orion/protocol/storage";
import { byteLength, chunkCount, type TensorType } from "@orion/protocol/tensor";

import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, wholeNumber, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { writeWhole } from "../core/write-file.ts";
import { findJob, parseJobId } from "./find-job.ts";

interface Flags extends KeyFlags, NetworkFlags {
  readonly shard?: number;
  readonly of: number;
  readonly block: number;
  readonly output?: string;
}

const INTERVAL_MS = 500;
const LARGEST = 2 ** 32 - 1;

export interface DemandedOutput {
  readonly block: OutputBlock;
  /** First and last chunk of the block. */
  readonly chunks: readonly [first: number, last: number];
  /** The chunks, proved by the claim; undefined when no answer came and the claim has fallen. */
  readonly bytes: Uint8Array | undefined;
}

export const jobDemand = command<Flags>({
  name: "demand",
  summary: "demand output of a committed unit that its worker does not publish",
  details: `The worker must answer on chain until the deadline, or its claim falls and its lock is forfeit. The prepayment goes to the worker if it
answers rightly and the claim is settled, else it comes back. Only inside the claim's window.`,
  args: [
    new Argument("<job>", "id of the job, or its first digits").argParser(parseJobId),
    new Argument("<unit>", "number of the unit").argParser(parseUnit),
  ],
  options: [
    new Option("--shard <n>", "shard of the job (default: the unit's first)").argParser(wholeNumber(0, LARGEST)),
    new Option("--of <n>", "which of the program's outputs").argParser(wholeNumber(0, 15)).default(0),
    new Option("--block <n>", `block of ${BLOCK_CHUNKS} chunks of 1 KiB`).argParser(wholeNumber(0, LARGEST)).default(0),
    new Option("--output <file>", "write the answer there"),
    ...keyOptions,
    ...networkOptions,
  ],
  examples: [
    "orion job demand 0x3fa9c0 4 --account engineer",
    "orion job demand 0x3fa9c0 4 --shard 9 --block 1 --output part.bin",
  ],
  async run(invocation) {
    const { args, flags, terminal, interrupts } = invocation;
    const unit = Number(args[1]);
    await withSigningClient(invocation, async (client) => {
      const job = await findJob(client, args[0] as string);
      const { block, chunks, bytes } = await demandOutput(client, job, unit, flags, {
        signal: interrupts.signal,
        onDemand: (deadline) =>
          terminal.note(`demanded; an answer is due until ${new Date(1_000 * deadline).toISOString()}`),
      });
      if (bytes !== undefined && flags.output !== undefined) await writeWhole(flags.output, bytes);
      const answered = bytes !== undefined;
      const what = `chunks ${chunks[0]}–${chunks[1]} of output ${block.output} of shard ${block.shard}`;
      terminal.result(
        {
          jobId: job.jobId,
          unit,
          ...block,
          first: chunks[0],
          last: chunks[1],
          answered,
          bytes: bytes?.length ?? 0,
          transactions: client.transactions,
        },
        [
          answered
            ? `${what}: ${bytes.length} bytes, proved by the claim${flags.output === undefined ? "" : `, in ${flags.output}`}`
            : `${what}: no answer came in time, and the claim has fallen`,
        ],
      );
    });
  },
});

/**
 * Demands chunks of an output and waits for the answer; without one it ends the claim.
 * @throws InvalidInputError for a unit that is not committed, or a block that it does not have; NotAChallengerError where the job names its challengers without this account
 */
export async function demandOutput(
  client: SigningClient,
  job: JobRecord,
  index: number,
  wanted: WantedBlock,
  { signal, onDemand }: { readonly signal: AbortSignal; readonly onDemand?: (deadline: number) => void },
): Promise<DemandedOutput> {
  const { chain, store, sha256, sender, clock } = client;
  const { program: cid } = await loadDataset(store, dagCidFromDigest(job.terms.dataset), { signal });
  const checked = await checkProgram(store, cid, { sha256, signal });
  requireJobProgram(checked, job.terms);
  const { program } = checked;
  const of: Case = { chain, terms: job.terms, unit: committedUnit(job, index), program, sha256 };
  const admission = await new Admissions(client, signal).require(job, of.unit);
  const { block, chunks } = blockOf(of, checked.facts.outputTypes, wanted);
  const find = async (): Promise<{ demand: DemandRecord | undefined; hasFallen: boolean }> => {
    const state = await readDisputes(chain, [of.unit.key], job.postedAtBlock);
    const dispute = state.of(chain.network.addresses.market, of.unit.key);
    return { demand: dispute?.demands.get(nameOf({ kind: "block", block })), hasFallen: dispute?.fallen === true };
  };
  if ((await find()).demand === undefined) {
    const price = await demandPrice(of, { outputChunks: chunks[1] - chunks[0] + 1 }, await chainNow(chain));
    client.tell(
      `prepayment: ${formatEther(price)} coin; it comes back if the claim falls, and pays the worker if the claim stands`,
    );
    await sender.send(demandOutputCall(of, block, price, admission));
  }
  for (let isFirst = true; ; isFirst = false) {
    const { demand, hasFallen } = await find();
    if (demand === undefined) {
      throw new UnavailableError("the chain does not show the demand yet", { hint: "call again" });
    }
    if (isFirst) onDemand?.(demand.deadline);
    if (demand.answer !== undefined) return { block, chunks, bytes: fromHex(demand.answer) };
    if (hasFallen) break;
    if ((await chainNow(chain)) > demand.deadline) {
      const subject = subjectOf(demand.what, { shards: of.unit.to - of.unit.from }, of.unit.from);
      await sender.send(timeoutCall(of, subject));
      break;
    }
    await clock.sleep(INTERVAL_MS, signal);
    if (signal.aborted) throw new AbortedError("stopped before the answer came", { hint: "the same command waits on" });
  }
  const { key, from, to } = of.unit;
  const own = { key, shards: { from, to }, sinceBlock: job.postedAtBlock };
  const { failure } = await collectPrepayments(chain, sender, [own], "prepaid");
  if (failure !== undefined) throw failure;
  return { block, chunks, bytes: undefined };
}

function parseUnit(text: string): string {
  return String(wholeNumber(0, LARGEST)(text));
}

function committedUnit(job: JobRecord, index: number): Case["unit"] {
  if (index >= job.units.length) {
    throw new InvalidInputError(`the job has ${job.units.length} units, there is no unit ${index}`);
  }
  const unit = job.units.get(index);
  if (unit.status === "committed") return unit;
  throw new InvalidInputError(
    `unit ${index} is ${unit.status}: only what is committed and in its window can be demanded`,
    {
      hint: "`orion job status <job> --units` shows where each unit stands",
    },
  );
}

interface WantedBlock {
  readonly shard?: number;
  /** Index of the output. */
  readonly of: number;
  readonly block: number;
}

function blockOf(
  { unit }: Case,
  types: readonly TensorType[],
  { shard = unit.from, of: output, block: index }: WantedBlock,
): Pick<DemandedOutput, "block" | "chunks"> {
  if (shard < unit.from || shard >= unit.to) {
    throw new InvalidInputError(`unit ${unit.index} holds the shards ${unit.from} to ${unit.to - 1}, not ${shard}`);
  }
  const type = types[output];
  if (type === undefined) {
    throw new InvalidInputError(`the program has ${types.length} output(s), none with index ${output}`);
  }
  return { block: { shard, output, index }, chunks: blockRange(chunkCount(byteLength(type)), index) };
}
