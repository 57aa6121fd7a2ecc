import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { z } from "zod";
import { patient } from "../support/patience.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MARK = "ORION_TEST_MARK";
const amount = z.string().regex(/^\d+$/);
const gas = z.int().positive();

const summarySchema = z.strictObject({
  job: z.looseObject({ id: z.string(), rows: amount, escrow: amount, shardsPerClaim: z.int() }),
  shards: z.int(),
  accuracy: z.number(),
  result: z.strictObject({ cid: z.string(), root: z.string() }),
  gas: z.strictObject({ post: gas, manifest: gas, claim: gas, commit: gas, settle: gas, perShard: gas }),
  transactions: z.int(),
  payments: z.array(
    z.strictObject({
      account: z.string(),
      address: z.string(),
      role: z.enum(["worker", "keeper"]),
      shards: z.int(),
      amount,
    }),
  ),
  disputes: z.array(
    z.strictObject({
      kind: z.enum(["walk", "silence"]),
      moves: z.int().positive(),
      transactions: z.int().positive(),
      gas,
      seconds: z.int().nonnegative(),
      node: z.int().nullable(),
      element: z.int().nullable(),
      claimed: z.int().nullable(),
      actual: z.int().nullable(),
      slashed: amount,
      reward: amount,
    }),
  ),
  hashing: z.number().min(0).max(1),
  dex: z.strictObject({
    priceBefore: amount,
    priceAfter: amount,
    usdPerOrion: amount,
    swaps: z.int().positive(),
    fees: z.strictObject({ credits: amount, orion: amount }),
    paidForEscrow: amount,
    sold: z.strictObject({ minted: amount, earned: amount }),
    rewards: amount,
  }),
  index: z.strictObject({ block: z.int().positive(), seconds: z.number() }).nullable(),
  seconds: z.record(z.string(), z.number()),
  backend: z.array(
    z.strictObject({ worker: z.string(), name: z.string(), mode: z.string(), macsPerSecond: z.number() }),
  ),
});

interface Started {
  readonly mark: string;
  readonly ended: Promise<number | null>;
  text(): string;
  kill(signal: NodeJS.Signals): void;
  untilSaid(words: string): Promise<void>;
}

function start(args: readonly string[], temporary: string): Started {
  const mark = randomUUID();
  const child = spawn(process.execPath, [path.join(ROOT, "scripts/start.ts"), ...args], {
    cwd: ROOT,
    env: { ...process.env, [MARK]: mark, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const hear = (part: string): void => {
    text += part;
  };
  child.stdout.setEncoding("utf8").on("data", hear);
  child.stderr.setEncoding("utf8").on("data", hear);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    mark,
    ended,
    text: () => text,
    kill: (signal) => child.kill(signal),
    untilSaid: async (words) => {
      while (!text.includes(words)) {
        if (child.exitCode !== null) throw new Error(`it ended first:\n${text}`);
        await delay(100);
      }
    },
  };
}

/** The processes of a start that still run, by the mark in their environment. */
async function running(mark: string): Promise<{ pid: number; command: string }[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const read = (file: string): Promise<string> => readFile(file, "utf8").catch(() => "");
  const found = await Promise.all(
    pids.map(async (pid) => {
      if (!(await read(`/proc/${pid}/environ`)).includes(`${MARK}=${mark}`)) return [];
      const command = (await read(`/proc/${pid}/cmdline`)).replaceAll("\0", " ");
      return command === "" ? [] : [{ pid: Number(pid), command }];
    }),
  );
  return found.flat();
}

async function untilNobodyRuns(mark: string): Promise<void> {
  const end = Date.now() + patient(15_000);
  while (Date.now() < end) {
    if ((await running(mark)).length === 0) return;
    await delay(200);
  }
  expect((await running(mark)).map(({ command }) => command)).to.deep.equal([]);
}

describe("npm start", function () {
  this.timeout(400_000);
  let folder: string;

  before(async function () {
    // Processes are found through /proc.
    if (process.platform !== "linux") this.skip();
    folder = await mkdtemp(path.join(tmpdir(), "orion-story-"));
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it("runs the digits job to its end, pays for it, and writes what it found", async () => {
    const file = path.join(folder, "summary.json");
    const started = start(["--summary", file], folder);
    expect(await started.ended, started.text()).to.equal(0);
    const summary = summarySchema.parse(JSON.parse(await readFile(file, "utf8")));
    expect(Number(summary.job.rows)).to.be.at.least(1_000);
    expect(summary.shards).to.be.at.least(16);
    expect(summary.accuracy).to.be.at.least(0.97);
    expect(summary.backend.map(({ worker }) => worker)).to.deep.equal(["worker-1", "worker-2", "worker-3"]);
    const paid = summary.payments.reduce((sum, payment) => sum + BigInt(payment.amount), 0n);
    expect(paid).to.equal(BigInt(summary.job.escrow));
    const shardsOf = (role: string): number =>
      summary.payments.filter((payment) => payment.role === role).reduce((sum, { shards }) => sum + shards, 0);
    expect(shardsOf("worker")).to.equal(summary.shards);
    expect(shardsOf("keeper")).to.equal(summary.shards);
    const lie = /element (\d+) of node (\d+) is (-?\d+), claimed as (-?\d+)/.exec(started.text());
    const [proof, silence, ...more] = summary.disputes;
    expect([proof?.kind, silence?.kind, ...more]).to.deep.equal(["walk", "silence"]);
    expect([proof?.element, proof?.node, proof?.actual, proof?.claimed]).to.deep.equal(lie?.slice(1).map(Number));
    expect([silence?.node, silence?.claimed]).to.deep.equal([null, null]);
    for (const { slashed, reward } of summary.disputes) {
      expect(BigInt(reward)).to.be.greaterThan(0n);
      expect(BigInt(slashed)).to.be.greaterThan(2n * BigInt(reward));
    }
    const { dex } = summary;
    expect(BigInt(dex.priceAfter)).to.be.lessThan(BigInt(dex.priceBefore));
    const earned = summary.payments.filter(({ role }) => role === "worker").map((payment) => BigInt(payment.amount));
    expect(BigInt(dex.sold.earned)).to.equal(earned.reduce((sum, each) => sum + each, 0n));
    for (const figure of [dex.paidForEscrow, dex.rewards, dex.fees.credits, dex.fees.orion]) {
      expect(BigInt(figure)).to.be.greaterThan(0n);
    }
    if (process.arch === "x64") expect(summary.index?.block).to.be.greaterThan(0);
    for (const words of [
      ...(process.arch === "x64" ? ["it equals the chain"] : []),
      "Accuracy 9",
      "paid to",
      "Caught the falsifier",
      "Caught the withholder",
      "computes with",
      "at 0.5 USD per ORION that is",
      summary.result.cid,
    ]) {
      expect(started.text()).to.include(words);
    }
    await untilNobodyRuns(started.mark);
    expect((await readdir(folder)).filter((name) => name.startsWith("orion-start-"))).to.deep.equal([]);
  });

  it("fails with the reason and the last lines of the process that died, and stops the others", async () => {
    const started = start([], folder);
    await started.untilSaid("worker-2 computes with");
    const worker = (await running(started.mark)).find(({ command }) => command.includes("workers/worker-2"));
    process.kill(worker?.pid ?? 0, "SIGKILL");
    expect(await started.ended).to.equal(1);
    expect(started.text()).to.match(/^worker-2: .*\nerror: worker-2 ended unexpectedly \(signal SIGKILL\)\nhint: /m);
    await untilNobodyRuns(started.mark);
  });

  it("stops everything on Ctrl-C and leaves nothing behind", async () => {
    const started = start([], folder);
    await started.untilSaid("starting three keepers");
    started.kill("SIGINT");
    expect(await started.ended).to.equal(1);
    expect(started.text()).to.match(/^error: stopped/m);
    await untilNobodyRuns(started.mark);
    expect((await readdir(folder)).filter((name) => name.startsWith("orion-start-"))).to.deep.equal([]);
  });

  it("leaves no process behind even when it is killed itself", async () => {
    const started = start([], folder);
    await started.untilSaid("starting three keepers");
    started.kill("SIGKILL");
    await started.ended;
    await untilNobodyRuns(started.mark);
  });
});
