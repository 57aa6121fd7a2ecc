import { Argument, Option } from "commander";

import { chainNow, type JobRecord } from "@orion/protocol/chain";
import { AbortedError, fromHex, InvalidInputError, UnavailableError } from "@orion/protocol/common";
import {
  collectPrepayments,
  demandOutputCall,
  demandPrice,
  outputSubjectOf,
  readDisputes,
  timeoutCall,
  type Case,
  type DemandRecord,
  type OutputRange,
} from "@orion/protocol/disputes";
import { checkProgram, loadDataset, requireJobProgram } from "@orion/protocol/jobs";
import { dagCidFromDigest } from "@orion/protocol/storage";
import { byteLength, FORMAT, type ProgramNode } from "@orion/protocol/tensor";

import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, wholeNumber, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { writeWhole } from "../core/write-file.ts";
import { findJob, parseJobId } from "./find-job.ts";

interface Flags extends KeyFlags, NetworkFlags {
  readonly shard?: number;
  readonly first: number;
  readonly count?: number;
  readonly output?: string;
}

/** Chunks in one demand. */
const MOST_CHUNKS = 16;
const INTERVAL_MS = 500;
const LARGEST = 2 ** 32 - 1;

export interface DemandedOutput {
  readonly range: OutputRange;
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
    new Option("--first <n>", "first chunk of 1 KiB").argParser(wholeNumber(0, LARGEST)).default(0),
    new Option("--count <n>", `chunks, ${MOST_CHUNKS} at most (default: as many as there are)`).argParser(
      wholeNumber(1, MOST_CHUNKS),
    ),
    new Option("--output <file>", "write the answer there"),
    ...keyOptions,
    ...networkOptions,
  ],
  examples: [
    "orion job demand 0x3fa9c0 4 --account engineer",
    "orion job demand 0x3fa9c0 4 --shard 9 --first 16 --count 4 --output part.bin",
  ],
  async run(invocation) {
    const { args, flags, terminal, interrupts } = invocation;
    const unit = Number(args[1]);
    await withSigningClient(invocation, async (client) => {
      const job = await findJob(client, args[0] as string);
      const { range, bytes } = await demandOutput(client, job, unit, flags, {
        signal: interrupts.signal,
        onDemand: (deadline) =>
          terminal.note(`demanded; an answer is due until ${new Date(1_000 * deadline).toISOString()}`),
      });
      if (bytes !== undefined && flags.output !== undefined) await writeWhole(flags.output, bytes);
      const answered = bytes !== undefined;
      const what = `chunks ${range.first}–${range.first + range.count - 1} of shard ${range.shard}`;
      terminal.result(
        { jobId: job.jobId, unit, ...range, answered, bytes: bytes?.length ?? 0, transactions: client.transactions },
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
 * @throws InvalidInputError for a unit that is not committed, or a range that it does not have
 */
export async function demandOutput(
  client: SigningClient,
  job: JobRecord,
  index: number,
  wanted: { readonly shard?: number; readonly first: number; readonly count?: number },
  { signal, onDemand }: { readonly signal: AbortSignal; readonly onDemand?: (deadline: number) => void },
): Promise<DemandedOutput> {
  const { chain, store, sha256, sender, clock } = client;
  const { program: cid } = await loadDataset(store, dagCidFromDigest(job.terms.dataset), { signal });
  const checked = await checkProgram(store, cid, { sha256, signal });
  requireJobProgram(checked, job.terms);
  const { program } = checked;
  const of: Case = { chain, terms: job.terms, unit: committedUnit(job, index), program, sha256 };
  const range = rangeOf(of, byteLength(program.nodes[program.outputNode] as ProgramNode), wanted);
  const find = async (): Promise<DemandRecord | undefined> => {
    const state = await readDisputes(chain, [of.unit.key], job.postedAtBlock);
    return state.of(chain.network.addresses.market, of.unit.key)?.demands.get(outputSubjectOf(range));
  };
  if ((await find()) === undefined) await sender.send(demandOutputCall(of, range, await demandPrice(of, range.count)));
  for (let isFirst = true; ; isFirst = false) {
    const demand = await find();
    if (demand === undefined) {
      throw new UnavailableError("the chain does not show the demand yet", { hint: "call again" });
    }
    if (isFirst) onDemand?.(demand.deadline);
    if (demand.answer !== undefined) return { range, bytes: fromHex(demand.answer) };
    if (demand.timedOut) break;
    if ((await chainNow(chain)) > demand.deadline) {
      await sender.send(timeoutCall(of, demand.subject));
      break;
    }
    await clock.sleep(INTERVAL_MS, signal);
    if (signal.aborted) throw new AbortedError("stopped before the answer came", { hint: "the same command waits on" });
  }
  await collectPrepayments(chain, sender, [of.unit.key], job.postedAtBlock);
  return { range, bytes: undefined };
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

function rangeOf(
  { unit }: Case,
  bytes: number,
  { shard = unit.from, first, count }: { readonly shard?: number; readonly first: number; readonly count?: number },
): OutputRange {
  const chunks = Math.ceil(bytes / FORMAT.leafBytes);
  if (shard < unit.from || shard >= unit.to) {
    throw new InvalidInputError(`unit ${unit.index} holds the shards ${unit.from} to ${unit.to - 1}, not ${shard}`);
  }
  const range = { shard, first, count: count ?? Math.min(MOST_CHUNKS, chunks - first) };
  if (first < chunks && first + range.count <= chunks) return range;
  throw new InvalidInputError(`the output of a shard has ${chunks} chunks: 0 to ${chunks - 1}`);
}
