import { createServer, type Server } from "node:net";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { expect } from "chai";
import { buildClientSchema, getIntrospectionQuery, parse, validate, type IntrospectionQuery } from "graphql";

import { startDevnet, type Devnet } from "@orion/cli";
import { connectChain } from "@orion/protocol/chain";
import * as questions from "@orion/protocol/query";

import { orion, type Ran } from "../cli/orion.ts";
import { start, type Running } from "../cli/running.ts";
import { patient } from "../../support/patience.ts";

type Row = Record<string, unknown>;

interface Ready {
  readonly url: string;
  readonly resumed: boolean;
}

const ENDED_MS = patient(15_000);

describe("orion index, beside a network of its own", function () {
  this.timeout(180_000);
  let folder: string;
  let devnet: Devnet;
  const started: Running[] = [];

  const run = (args: readonly string[], input?: string): Promise<Ran> =>
    orion(args, { cwd: folder, ...(input === undefined ? {} : { input }) });
  const json = async (...args: string[]): Promise<Record<string, unknown>> => {
    const ran = await run([...args, "--json"]);
    expect(ran.stderr, args.join(" ")).to.equal("");
    expect(ran.code).to.equal(0);
    return JSON.parse(ran.stdout) as Record<string, unknown>;
  };
  const newDevnet = (): Promise<Devnet> => startDevnet({ dataDir: path.join(folder, ".orion"), port: 0, ipfsPort: 0 });
  const startIndex = async (...more: string[]): Promise<{ index: Running; ready: Ready; children: number[] }> => {
    const index = start(["index", "start", "--port", "0", "--log-level", "error", ...more], folder);
    started.push(index);
    const ready = await index.until(({ event }) => event === "ready");
    return { index, ready: ready as unknown as Ready, children: await childrenOf(index.process.pid ?? 0) };
  };

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "orion-index-"));
    devnet = await newDevnet();
  });
  after(async () => {
    for (const index of started) await index.stop("SIGKILL");
    await devnet.stop();
    await rm(folder, { recursive: true, force: true });
  });

  describe("while it runs", () => {
    let index: Running;
    let ready: Ready;
    before(async () => {
      ({ index, ready } = await startIndex());
    });
    after(() => index.stop("SIGINT"));

    it("begins at the first block, and answers what the chain says", async () => {
      expect(ready.resumed).to.equal(false);
      await json("provider", "register", "--stake", "250", "--account", "worker-1");
      const address = devnet.wallets["worker-1"].address;
      const provider = await json("query", "provider", address, "--fresh");
      const market = await json("query", "market", "--fresh");
      const chain = await connectChain(devnet.network);
      const { orion: token, registry, credits, usdPrices } = chain.contracts;
      const account = await registry.account(address, devnet.network.addresses.market);
      expect(provider).to.include({ id: address.toLowerCase(), free: String(account.free), locked: "0" });
      expect(market.orion).to.include({ supply: String(await token.totalSupply()) });
      expect(market.cu).to.include({ supply: String(await credits.totalSupply()) });
      // One ORION for a CU, half a dollar for an ORION, as the feed says when the network has lived through its past.
      const usd = { orion: String(await usdPrices?.orionPrice()), credit: String(5n * 10n ** 17n) };
      expect(market).to.deep.include({ creditPrice: String(10n ** 18n) });
      expect(market.usd).to.include({ ...usd, updatedAt: Number(await usdPrices?.reportedAt()) });
      expect((market.usd as { age: number }).age).to.be.within(0, 600);
      const { usd: inPool, pools } = await json("query", "pool");
      expect(inPool).to.include({ orion: usd.orion });
      const pool = await json("query", "pool", (pools as { id: string }[])[0]?.id ?? "");
      expect([(pool.usd as Row).token0, (pool.usd as Row).token1]).to.deep.equal([usd.orion, usd.credit]);
      chain.close();
    });

    it("says which block an answer stands for, and answers for earlier ones", async () => {
      const { index: now } = (await json("query", "market", "--fresh")) as { index: { block: number; behind: number } };
      expect(now.behind).to.be.within(0, 10);
      const earlier = await json("query", "market", "--block", String(now.block - 1));
      expect(earlier.index).to.include({ block: now.block - 1, behind: null });
      const tooEarly = await run(["query", "market", "--block", "2147483647"]);
      expect(tooEarly.code).to.equal(1);
      expect(tooEarly.stderr).to.include("error: ");
    });

    it("offers the schema that the typed questions were made for", async () => {
      const client = questions.createQueryClient({ url: ready.url });
      const schema = buildClientSchema((await client.askRaw(getIntrospectionQuery())) as IntrospectionQuery);
      const texts = Object.entries(questions).filter(([name]) => name.endsWith("Query"));
      expect(texts.length).to.be.greaterThan(5);
      for (const [name, text] of texts) expect(validate(schema, parse(text as string)), name).to.deep.equal([]);
    });

    it("answers every command, with nothing to show and with something", async () => {
      const pools = (await json("query", "pool", "--fresh")).pools as { id: string }[];
      expect(pools).to.have.length(1);
      const [pool] = pools;
      expect(await json("query", "pool", pool?.id.slice(0, 12) ?? "")).to.include({ id: pool?.id });
      expect((await json("query", "disputes")).disputes).to.deep.equal([]);
      expect((await json("query", "disputes", "--open", "--limit", "6000")).disputes).to.deep.equal([]);
      const nobody = await json("query", "earnings", `0x${"12".repeat(20)}`);
      expect(nobody).to.deep.include({ provider: null, keeper: null, challenger: null, payments: [] });
      const unknown = await run(["query", "job", `0x${"12".repeat(32)}`]);
      expect(unknown.code).to.equal(2);
      expect(unknown.stderr).to.include("error: the index knows no job");
    });

    it("answers any GraphQL, from an argument, a pipe, with variables, and says what is wrong with it", async () => {
      const question = "query ($n: Int!) { providers(first: $n) { id } }";
      const variables = ["--variables", '{"n":1}'];
      const piped = await run(["query", "raw", ...variables, "--json"], question);
      expect(JSON.parse(piped.stdout)).to.deep.equal(await json("query", "raw", question, ...variables));
      expect((JSON.parse(piped.stdout) as { providers: unknown[] }).providers).to.have.length(1);
      const wrong = await run(["query", "raw", "{ providers { stakes } }"]);
      expect(wrong.code).to.equal(1);
      expect(wrong.stderr).to.match(/error: the index refuses the question: .*stakes/);
      const large = await run(["query", "raw", "{ providers(first: 1001) { id } }"]);
      expect(large.code).to.equal(1);
      expect(large.stderr).to.include("1,000 entities");
    });

    it("lets no second index use its data, nor forget what it is", async () => {
      const data = path.join(folder, ".orion/index");
      const files = [
        "identity.json",
        ...(await readdir(path.join(data, "deployed"))).map((name) => `deployed/${name}`),
      ];
      const ages = (): Promise<number[]> =>
        Promise.all(files.map(async (name) => (await stat(path.join(data, name))).mtimeMs));
      const before = await ages();
      const second = await run(["index", "start", "--port", "0", "--reset"]);
      expect(second.code).to.equal(2);
      expect(second.stderr).to.match(/error: an index with the data in .* is running already/);
      expect(second.stderr).to.include("hint: ");
      expect(await ages()).to.deep.equal(before);
    });

    it("says that a port is taken, on whatever interface it listens itself", async () => {
      const server: Server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as { port: number };
      const elsewhere: Server = createServer();
      await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.2", resolve));
      const other = elsewhere.address() as { port: number };
      const refused = await run(["index", "start", "--port", String(other.port), "--data-dir", "other"]);
      expect(refused.code).to.equal(2);
      expect(refused.stderr).to.include(`error: port ${other.port} is taken`);
      elsewhere.close();
      for (const flag of ["--port", "--postgres-port"]) {
        const free = flag === "--port" ? [] : ["--port", "0"];
        const ran = await run(["index", "start", flag, String(port), ...free, "--data-dir", "other"]);
        expect(ran.code).to.equal(2);
        expect(ran.stderr).to.match(new RegExp(`error: port ${port} is taken\nhint: .*${flag}`));
      }
      server.close();
    });
  });

  describe("once it was stopped", () => {
    it("stops on Ctrl-C with everything it started, and says afterwards how to start it", async () => {
      const { index, children, ready } = await startIndex();
      expect(ready.resumed).to.equal(true);
      expect(children).to.have.length(2);
      expect(await index.stop("SIGINT")).to.equal(0);
      expect(children.filter(isAlive)).to.deep.equal([]);
      const ran = await run(["query", "market"]);
      expect(ran.code).to.equal(2);
      expect(ran.stderr).to.match(/error: no index of the network .*\nhint: .*orion index start/);
    });

    it("leaves nothing behind when it is killed, and goes on from there at the next start", async () => {
      const first = await startIndex();
      await json("provider", "register", "--stake", "300", "--account", "worker-2");
      const { index: before } = (await json("query", "market", "--fresh")) as { index: { block: number } };
      await first.index.stop("SIGKILL");
      await untilEnded(first.children);
      const second = await startIndex();
      expect(second.ready.resumed).to.equal(true);
      // Blocks that it took in before are not taken in again: the very first answer stands at one of them, or later.
      const client = questions.createQueryClient({ url: second.ready.url });
      expect((await client.freshness()).block).to.be.at.least(before.block);
      const provider = await json("query", "provider", devnet.wallets["worker-2"].address);
      expect(provider.free).to.equal(String(300n * 10n ** 18n));
      await second.index.stop("SIGINT");
    });

    it("ends when another chain answers in the place of its own, and drops the data of the old one", async () => {
      const before = await startIndex();
      const port = Number(new URL(devnet.network.rpcUrl).port);
      await devnet.stop();
      devnet = await startDevnet({ dataDir: path.join(folder, ".orion"), port, ipfsPort: 0 });
      await new Promise((resolve) => before.index.process.once("close", resolve));
      expect(before.index.text()).to.include("another chain answers at").and.to.include("start the index again");
      await untilEnded(before.children);
      const { index, ready } = await startIndex();
      expect(ready.resumed).to.equal(false);
      const { registry } = (await json("query", "market", "--fresh")) as { registry: { providerCount: number } | null };
      expect(registry?.providerCount ?? 0).to.equal(0);
      await index.stop("SIGINT");
    });
  });

  it("removes nothing of others: neither from its data's folder nor from that of a prepared subgraph", async () => {
    const mine = path.join(folder, "mine");
    await mkdir(path.join(mine, "subgraph"), { recursive: true });
    for (const name of ["notes.txt", "subgraph/work.txt"]) await writeFile(path.join(mine, name), "a year's work");
    for (const args of [
      ["index", "start", "--port", "0", "--data-dir", "mine"],
      ["index", "prepare", "--out", "mine"],
    ]) {
      const ran = await run(args);
      expect(ran.code).to.equal(2);
      expect(ran.stderr).to.match(
        /error: .*mine holds something of others \(notes\.txt\).*\nhint: .*does not exist yet/,
      );
    }
    expect(await readFile(path.join(mine, "subgraph/work.txt"), "utf8")).to.equal("a year's work");
  });

  it("says that the chain or IPFS does not answer", async () => {
    for (const [flag, what] of [
      ["--rpc", "the chain at"],
      ["--ipfs", "the IPFS node at"],
    ] as const) {
      const ran = await run(["index", "start", "--port", "0", flag, "http://127.0.0.1:1"]);
      expect(ran.code).to.equal(1);
      expect(ran.stderr).to.include(`error: ${what} http://127.0.0.1:1 does not answer`);
    }
  });
});

/** Linux keeps this list; where the index runs at all, it is there. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process is one all the same.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function untilEnded(pids: readonly number[]): Promise<void> {
  const end = Date.now() + ENDED_MS;
  while (pids.some(isAlive)) {
    expect(Date.now(), `processes ${pids.filter(isAlive).join(", ")} live on`).to.be.lessThan(end);
    await delay(50);
  }
}
