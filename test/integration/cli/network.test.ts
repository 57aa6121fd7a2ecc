import { createServer, type Server } from "node:net";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { decodeNpy } from "@orion/protocol/tensor";

import { listKeys, openKeyFile } from "../../../cli/keys/keystore.ts";
import { expectedResult, tinyImages, tinyProgram } from "../../support/network/tiny-job.ts";
import { orion, type Ran } from "./orion.ts";
import { start, type Running } from "./running.ts";
import { writeTinyFiles } from "./tiny-files.ts";

describe("orion, on a network of its own", function () {
  this.timeout(180_000);
  let folder: string;
  let devnet: Running;
  let accounts: Record<string, string>;
  let ipfsUrl: string;
  const services: Running[] = [];

  let said = "";
  const run = async (args: readonly string[]): Promise<Ran> => {
    const ran = await orion(args, { cwd: folder });
    said += ran.stdout + ran.stderr;
    return ran;
  };
  const json = async (...args: string[]): Promise<Record<string, unknown>> => {
    const ran = await run([...args, "--json"]);
    expect(ran.stderr, args.join(" ")).to.equal("");
    expect(ran.code).to.equal(0);
    return JSON.parse(ran.stdout) as Record<string, unknown>;
  };
  const serve = (args: readonly string[]): Running => {
    const service = start([...args, "--interval", "200"], folder);
    services.push(service);
    return service;
  };

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "orion-cli-"));
    devnet = start(["devnet", "--port", "0", "--ipfs-port", "0"], folder);
    const ready = await devnet.until((event) => "network" in event);
    accounts = ready.accounts as Record<string, string>;
    ipfsUrl = (ready.network as { ipfsUrl: string }).ipfsUrl;
  });
  after(async () => {
    for (const service of services) await service.stop("SIGTERM");
    await devnet.stop("SIGTERM");
    await rm(folder, { recursive: true, force: true });
  });

  it("devnet leaves a network file and keys that only their owner may read", async () => {
    expect((await stat(path.join(folder, ".orion/password"))).mode & 0o777).to.equal(0o600);
    expect((await stat(path.join(folder, ".orion/keys/treasury.json"))).mode & 0o777).to.equal(0o600);
    const { keys } = await json("keys", "list");
    expect((keys as { name: string }[]).map(({ name }) => name)).to.have.members(Object.keys(accounts));
  });

  it("devnet says that its port is taken", async () => {
    const server: Server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const ran = await run(["devnet", "--port", String(port), "--ipfs-port", "0", "--data-dir", "other"]);
    server.close();
    expect(ran.code).to.equal(2);
    expect(ran.stderr).to.include(`error: port ${port} is taken\nhint: `);
  });

  it("devnet leaves alone a folder in which another one runs", async () => {
    const ran = await run(["devnet", "--port", "0", "--ipfs-port", "0"]);
    expect(ran).to.include({ code: 2, stdout: "" });
    expect(ran.stderr).to.match(/error: a network with the data in \S+\.orion is running already\nhint: use that one/);
    expect(await json("job", "status")).to.have.property("jobs");
  });

  it("a provider registers, stakes more, withdraws, and can't withdraw what it has not", async () => {
    await json("provider", "register", "--stake", "100", "--account", "worker-1");
    const staked = await json("provider", "stake", "10.5", "--account", "worker-1");
    const sent = staked.transactions as { label: string; hash: string; gas: string }[];
    expect(sent.map(({ label }) => label)).to.deep.equal(["approve ORION", "stake"]);
    for (const { hash, gas } of sent) {
      expect(hash).to.match(/^0x[0-9a-f]{64}$/);
      expect(Number(gas)).to.be.greaterThan(21_000);
    }
    await json("provider", "withdraw", "0.5", "--account", "worker-1");
    const status = await json("provider", "status", "--account", "worker-1");
    expect(status).to.deep.include({ provider: accounts["worker-1"], free: "110000000000000000000", authorised: true });
    const ran = await run(["provider", "withdraw", "111", "--account", "worker-1"]);
    expect(ran).to.include({ code: 2, stdout: "" });
    expect(ran.stderr).to.match(
      /^error: 110 ORION of the stake are free, less than 111 ORION\nhint: withdraw less; .*\n$/,
    );
  });

  it("a provider that is registered does not stake again by registering", async () => {
    const ran = await run(["provider", "register", "--stake", "100", "--account", "worker-1"]);
    expect(ran).to.include({ code: 2, stdout: "" });
    expect(ran.stderr).to.match(
      /is registered already, with 110 ORION staked: nothing was added\nhint: .*provider stake/,
    );
    expect(await json("provider", "status", "--account", "worker-1")).to.include({ free: "110000000000000000000" });
  });

  it("a provider announces its machine, and may take its word back", async () => {
    await writeFile(path.join(folder, "machine.json"), JSON.stringify({ gpu: "none", region: "home" }));
    const announced = await json("provider", "register", "--profile", "machine.json", "--account", "worker-2");
    expect(announced.profile).to.match(/^bafy/);
    expect(await json("provider", "authorise", "--revoke", "--account", "worker-2")).to.include({ authorised: false });
  });

  it("credits are minted, rolled and redeemed; a position that has not ended is not delivered on", async () => {
    const { position } = await json("credits", "mint", "2", "--term", "1d", "--account", "engineer");
    const { id } = position as { id: string };
    const later = await json("credits", "roll", id, "--term", "9d", "--account", "engineer");
    expect(later.end).to.be.greaterThan((position as { end: number }).end);
    // About 2 ORION per CU; the exchange's price is live on such a network, so the last digits are its.
    const lock = BigInt((later as { lock: string }).lock);
    const released = lock / 4n;
    expect(Number(lock) / 1e18).to.be.within(3.99, 4.01);
    expect(await json("credits", "redeem", id, "0.5", "--account", "engineer")).to.include({
      released: String(released),
    });
    const { positions } = await json("credits", "positions", "--account", "engineer");
    expect(positions).to.have.length(1);
    expect((positions as object[])[0]).to.include({
      id,
      debt: "1500000000000000000",
      lock: String(lock - released),
    });
    const early = await run(["credits", "deliver", id, "1", "--account", "engineer"]);
    expect(early.code).to.equal(2);
    expect(early.stderr).to.match(/position \d+ has not ended, and will at .* UTC\nhint: deliver in /);
    const balance = await json("credits", "balance", accounts.engineer ?? "");
    expect(balance).to.include({ credits: "1001500000000000000000" });
  });

  describe("with a job", () => {
    const program = tinyProgram();
    const images = tinyImages(15);
    const post = [
      "job",
      "post",
      "model.ortp",
      "--weights",
      "weights",
      "--input",
      "images.npy",
      "--profile",
      "fast",
      "--account",
      "engineer",
    ];

    before(async () => {
      await writeTinyFiles(folder, images, program);
    });

    it("shows the plan and signs nothing with --dry-run", async () => {
      const plan = await json(...post, "--dry-run");
      expect(plan).to.include({ dryRun: true, units: 8 });
      expect(plan.terms).to.include({ rows: "15", shards: 8, workPerShard: String(program.facts.work) });
      expect(await json("job", "status")).to.deep.equal({ jobs: [], notListed: 0 });
    });

    it("refuses a price below par, a fee without a keeper, and an account without credits", async () => {
      const cases: readonly (readonly [args: string[], code: number, message: string])[] = [
        [[...post, "--price", "0.000000000000000001"], 2, "below par"],
        [[...post, "--price", "999999999999"], 2, "Give 79,228,162,514.264337593543950335 CU at most."],
        [[...post, "--price", "79228162514"], 2, "9,903,520,314.283042199192993791 CU for each of 8 shards"],
        [[...post, "--keeper-fee", "1"], 2, "a keeper fee needs a keeper"],
        [[...post.slice(0, -1), "worker-3"], 2, "holds 0 CU"],
        [[...post, "--weights", "model.ortp"], 2, "model.ortp"],
        [[...post, "--ipfs", "http://127.0.0.1:9"], 1, "127.0.0.1:9"],
      ];
      for (const [args, code, message] of cases) {
        const ran = await run(args);
        expect(ran.stderr).to.include(message);
        expect(ran.code).to.equal(code);
      }
    });

    it("computes it through a keeper and a worker, and pays", async () => {
      const posted = await json(
        ...post,
        "--keeper",
        accounts.orchestrator ?? "",
        "--keeper-fee",
        "0.00001",
        "--shards-per-claim",
        "2",
      );
      const jobId = posted.jobId as string;
      const early = await run(["job", "result", jobId]);
      expect(early.code).to.equal(2);
      expect(early.stderr).to.include("0 of 8 shards are settled");
      await json("job", "tip", jobId.slice(0, 12), "0.1", "--account", "engineer");
      serve(["keeper", "start", "all", "--account", "orchestrator"]);
      const worker = serve(["worker", "start", "--account", "worker-1", "--mode", "webasm", "--max-units", "4"]);
      const watched = await run(["job", "watch", jobId, "--json"]);
      expect(watched.code).to.equal(0);
      const last = JSON.parse(watched.stdout.trimEnd().split("\n").at(-1) ?? "") as Record<string, unknown>;
      expect(last).to.include({ state: "settled", settled: 8, results: 1, penalties: 0 });
      const escrow = 8n * (program.facts.work + 10n ** 13n);
      expect(last.paid).to.equal(String(escrow + 10n ** 17n));
      expect(worker.events[0]).to.include({ event: "ready", mode: "webasm", address: accounts["worker-1"] });
      const kinds = new Set(worker.events.map(({ kind }) => kind));
      expect([...kinds]).to.include.members(["download", "claim", "compute", "upload", "commit"]);
      expect(await json("provider", "status", accounts["worker-1"] ?? "")).to.include({
        earned: String(8n * program.facts.work + 10n ** 17n),
        locked: "0",
      });
    });

    it("fetches the result, which follows from the claims, with and without trust", async () => {
      const { jobs } = await json("job", "status");
      const { jobId } = (jobs as { jobId: string }[])[0] ?? { jobId: "" };
      const result = await json("job", "result", jobId, "--out", "classes.npy");
      expect(result).to.include({ verified: true, acceptedShards: 0, dtype: "i32" });
      const found = decodeNpy(new Uint8Array(await readFile(path.join(folder, "classes.npy"))));
      expect([...found.data]).to.deep.equal([...expectedResult(program, images).data]);
      const trusted = await json("job", "result", jobId, "--trust-root", "--out", "trusted.npy");
      expect(trusted).to.include({ verified: false, root: result.root });
      const [mine, theirs] = await Promise.all(
        ["classes.npy", "trusted.npy"].map((name) => readFile(path.join(folder, name))),
      );
      expect(theirs).to.deep.equal(mine);
    });

    it("a job that is done can neither be cancelled nor tipped", async () => {
      const { jobs } = await json("job", "status");
      const { jobId } = (jobs as { jobId: string }[])[0] ?? { jobId: "" };
      const before = await json("credits", "balance", accounts.engineer ?? "");
      for (const args of [
        ["cancel", jobId],
        ["tip", jobId, "1"],
      ]) {
        const ran = await run(["job", ...args, "--account", "engineer"]);
        expect(ran, args.join(" ")).to.include({ code: 2, stdout: "" });
        expect(ran.stderr).to.match(/^error: the job 0x\w+ is done: every shard is settled and paid\nhint: /);
      }
      // Not even gas was paid.
      expect(await json("credits", "balance", accounts.engineer ?? "")).to.deep.equal(before);
      expect(await json("job", "status", jobId)).to.include({ state: "settled" });
    });

    it("a second job is accepted in part by its poster alone, and cancelled for the rest", async () => {
      const { jobId } = await json(
        ...post.map((word) => (word === "fast" ? "long" : word)),
        "--keeper",
        accounts.orchestrator ?? "",
      );
      const id = jobId as string;
      const worker = serve(["worker", "start", "--account", "worker-1", "--mode", "webasm", "--max-units", "1"]);
      await worker.until(({ kind }) => kind === "commit");
      const stranger = await run(["job", "accept", id, "--account", "worker-3"]);
      expect(stranger.code).to.equal(2);
      expect(stranger.stderr).to.include("only the poster");
      const { accepted } = await json("job", "accept", id, "--account", "engineer");
      expect(accepted).to.have.length(1);
      expect(await json("job", "cancel", id, "--account", "engineer")).to.include({
        state: "cancelled",
        refunded: String(7n * program.facts.work),
      });
      const again = await run(["job", "cancel", id, "--account", "engineer"]);
      expect(again.stderr).to.include("cancelled already");
      const late = await run(["job", "tip", id, "1", "--account", "engineer"]);
      expect(late).to.include({ code: 2, stdout: "" });
      expect(late.stderr).to.include("cancelled already");
      expect((await run(["job", "result", id])).stderr).to.include("the job was cancelled: 1 of 8 shards are settled");
      const units = await json("job", "status", id, "--units");
      expect((units.units as { status: string }[]).filter(({ status }) => status === "settled")).to.have.length(1);
    });
  });

  it("an unknown job is one readable line", async () => {
    const ran = await run(["job", "watch", `0x${"00".repeat(32)}`]);
    expect(ran.code).to.equal(2);
    expect(ran.stderr).to.match(/^error: the market 0x\w+ has no job 0x0+\nhint: .*\n$/);
  });

  it("a claim that nobody committed is not waited for", async () => {
    const ran = await run(["dispute", "watch", "0x123456"]);
    expect(ran).to.include({ code: 2, stdout: "" });
    expect(ran.stderr).to.match(/^error: no claim 0x123456 was ever committed\nhint: .*\n$/);
  });

  it("a worker without stake says so, drains on the first Ctrl-C and ends well", async () => {
    const worker = start(["worker", "start", "--account", "worker-3", "--mode", "cpu"], folder);
    await worker.until(({ event }) => event === "ready");
    expect(await worker.stop("SIGINT")).to.equal(0);
    expect(worker.text()).to.include('"event":"draining"').and.include("can't claim yet");
  });

  describe("at the end", () => {
    it("no key and no password was printed by anything that ran", async () => {
      const password = (await readFile(path.join(folder, ".orion/password"), "utf8")).trim();
      const everything = [said, ...[devnet, ...services].map((service) => service.text())].join("").toLowerCase();
      expect(everything).to.include((accounts.engineer ?? "").toLowerCase());
      expect(everything).not.to.include(password.toLowerCase());
      for (const keyFile of await listKeys(path.join(folder, ".orion/keys"))) {
        const { privateKey } = await openKeyFile(keyFile, password);
        expect(everything).not.to.include(privateKey.slice(2).toLowerCase());
      }
    });

    it("ends on Ctrl-C, takes its network file along and leaves nothing behind", async () => {
      for (const service of services.splice(0)) expect(await service.stop("SIGTERM")).to.equal(0);
      expect(await devnet.stop("SIGINT")).to.equal(0);
      const gone = await run(["job", "status"]);
      expect(gone.stderr).to.include("cannot read the network file");
      const answer = await fetch(ipfsUrl).then(
        () => "answers",
        () => "is gone",
      );
      expect(answer).to.equal("is gone");
    });
  });
});
