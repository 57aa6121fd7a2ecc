import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { JsonRpcProvider } from "ethers";

import { tinyImages } from "../../support/network/tiny-job.ts";
import { bash, environment, orion, ROOT } from "./orion.ts";
import { start, type Running } from "./running.ts";
import { writeTinyFiles } from "./tiny-files.ts";

const JOB = /0x[0-9a-f]{64}/;
const POST = "job post model.ortp --weights weights --input images.npy --profile fast --account engineer";

describe("orion, at a first try, with all that goes wrong there", function () {
  this.timeout(180_000);
  let folder: string;
  let devnet: Running;
  let rpcUrl: string;

  const jobs = async (): Promise<string[]> => {
    const { stdout } = await orion(["job", "status", "--json"], { cwd: folder });
    return (JSON.parse(stdout) as { jobs: { jobId: string }[] }).jobs.map(({ jobId }) => jobId);
  };

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "orion-first-try-"));
    devnet = start(["devnet", "--port", "0", "--ipfs-port", "0"], folder);
    const { network } = await devnet.until((event) => "network" in event);
    rpcUrl = (network as { rpcUrl: string }).rpcUrl;
    await writeTinyFiles(folder, tinyImages(15));
  });
  after(async () => {
    await devnet.stop("SIGTERM");
    await rm(folder, { recursive: true, force: true });
  });

  it("nothing is signed for a receiver that is nobody", async () => {
    const nobody = ["--to", `0x${"0".repeat(40)}`, "--account", "engineer"];
    for (const args of [
      ["credits", "mint", "1"],
      ["provider", "withdraw", "1"],
    ]) {
      const ran = await orion([...args, ...nobody], { cwd: folder });
      expect(ran).to.include({ code: 2, stdout: "" });
      expect(ran.stderr).to.include("no token goes there");
    }
  });

  it("a network file that names another contract as the market is refused", async () => {
    const network = JSON.parse(await readFile(path.join(folder, ".orion/network.json"), "utf8")) as {
      addresses: Record<string, string>;
    };
    network.addresses.market = network.addresses.timelock ?? "";
    await writeFile(path.join(folder, "n2.json"), JSON.stringify(network));
    const ran = await orion(["job", "status", "--network", "n2.json"], { cwd: folder });
    expect(ran).to.include({ code: 2, stdout: "" });
    expect(ran.stderr).to.include("is no job market");
  });

  it("posts to the end although its reader went away", async () => {
    const ran = await bash(`orion ${POST} --approve-once 2>&1 | sed '/approve CU: about/q'`, { cwd: folder });
    expect(ran.stderr).to.equal("");
    expect(ran.stdout).to.match(/approve CU: about .*\n$/);
    expect(ran.code).to.equal(0);
    expect(await jobs()).to.deep.equal([JOB.exec(ran.stdout)?.[0]]);
  });

  it("says on standard error what it has posted where standard output is full", async () => {
    const people = await bash(`orion ${POST} >/dev/full`, { cwd: folder });
    expect(people.code).to.equal(1);
    expect(people.stderr).to.match(/posted job 0x[0-9a-f]{64}\n/);
    expect(people.stderr).to.include("error: cannot write to standard output: no room is left (ENOSPC)\n");
    expect(people.stderr).not.to.match(/^ +at /m);
    const machines = await bash(`orion ${POST} --json >/dev/full`, { cwd: folder });
    expect(machines.code).to.equal(1);
    const [posted, failure] = machines.stderr.trimEnd().split("\n");
    const { jobId } = JSON.parse(posted ?? "") as { jobId: string };
    expect(await jobs()).to.include(jobId);
    expect(failure).to.include("cannot write to standard output");
    const reading = await bash("orion job status >/dev/full", { cwd: folder });
    expect(reading.code).to.equal(1);
    expect(reading.stderr).to.match(/^error: cannot write to standard output: .*\nhint: .*\n$/);
  });

  it("ends with 3 on Ctrl-C once the post was sent, and names the job", async () => {
    const chain = new JsonRpcProvider(rpcUrl);
    await chain.send("evm_setAutomine", [false]);
    await chain.send("evm_setIntervalMining", [0]);
    try {
      const child = spawn(process.execPath, [path.join(ROOT, "cli/bin/orion.mjs"), ...POST.split(" ")], {
        cwd: folder,
        env: environment({ cwd: folder }),
      });
      let said = "";
      const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        if (text.includes("post job: about")) setTimeout(() => child.kill("SIGINT"), 1_000);
      });
      expect(await ended, said).to.equal(3);
      const [, jobId] = /it posts job (0x[0-9a-f]{64})\n/.exec(said) ?? [];
      expect(said).to.match(/^unknown outcome: stopped before the transaction was mined; it posts job/m);
      expect(said).to.match(/^hint: it was sent as 0x[0-9a-f]{64} and may still be mined/m);
      await chain.send("evm_mine", []);
      expect(await jobs()).to.include(jobId);
    } finally {
      await chain.send("evm_setAutomine", [true]);
      chain.destroy();
    }
  });
});
