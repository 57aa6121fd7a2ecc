import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { parseNetworkFile } from "@orion/protocol/chain";
import { renderManifest, SUBGRAPH_CONTRACTS } from "@orion/subgraph";

import { graphNodeProgram, postgresFolder } from "../../../../cli/indexer/binaries.ts";
import { NoBinaryError } from "../../../../cli/indexer/errors.ts";
import { graphNodeLog } from "../../../../cli/indexer/graph-node-log.ts";
import { isIndexOf, placeBuild, rememberIdentity } from "../../../../cli/indexer/index-files.ts";
import { indexUrlOf, publishIndex, withdrawIndex } from "../../../../cli/indexer/place.ts";
import { networksOf } from "../../../../cli/indexer/prepare.ts";
import { recordingLogger } from "../../../support/network/in-process.ts";

const ADDRESS = `0x${"11".repeat(20)}`;
const NAMES = [
  "orion",
  "registry",
  "credits",
  "disputes",
  "reserves",
  "market",
  "upkeep",
  "dex",
  "mining",
  "buyAndPost",
  "governor",
  "guardian",
  "timelock",
  "usdPrices",
];
const network = (more: object = {}): ReturnType<typeof parseNetworkFile> =>
  parseNetworkFile(
    JSON.stringify({
      ...{ name: "n", chainId: 1, rpcUrl: "http://127.0.0.1:1", ipfsUrl: "http://127.0.0.1:2", deployBlock: 0 },
      addresses: Object.fromEntries(NAMES.map((name) => [name, ADDRESS])),
      ...more,
    }),
    "network.json",
  );

describe("the parts of a local index", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "orion-index-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("say, where a program has no build, how to use a hosted index", () => {
    for (const find of [graphNodeProgram, postgresFolder]) {
      expect(() => find({ platform: "darwin", arch: "arm64" }))
        .to.throw(NoBinaryError, "has no build for")
        .with.property("hint")
        .that.includes("graph-node elsewhere");
    }
    expect(() => graphNodeProgram({ platform: "linux", arch: "arm64" })).to.throw(NoBinaryError);
  });

  it("name a build after all its content, so that a changed one is another subgraph", async () => {
    const build = path.join(folder, "build");
    const placed = path.join(folder, "deployed");
    await mkdir(path.join(build, "Market"), { recursive: true });
    await writeFile(path.join(build, "subgraph.yaml"), "specVersion: 1.2.0");
    await writeFile(path.join(build, "Market/Market.wasm"), "code");
    const first = await placeBuild(build, placed);
    expect(await placeBuild(build, placed)).to.deep.equal(first);
    expect(await readFile(path.join(placed, first.manifest), "utf8")).to.equal("specVersion: 1.2.0");
    await writeFile(path.join(build, "Market/Market.wasm"), "other code");
    const second = await placeBuild(build, placed);
    expect(second.manifest).not.to.equal(first.manifest);
    expect((await readdir(placed)).sort()).to.deep.equal(["Market", second.manifest].sort());
  });

  it("know the data of this chain and subgraph from any other's", async () => {
    const identity = { chainId: 1, genesis: "0x01", deployBlock: "0x02", subgraph: "abc" };
    expect(await isIndexOf(folder, identity)).to.equal(false);
    await rememberIdentity(folder, identity);
    expect(await isIndexOf(folder, identity)).to.equal(true);
    for (const other of [{ chainId: 2 }, { genesis: "0x03" }, { deployBlock: "0x03" }, { subgraph: "abd" }]) {
      expect(await isIndexOf(folder, { ...identity, ...other }), JSON.stringify(other)).to.equal(false);
    }
  });

  it("publish an index beside the network file, and withdraw only their own", async () => {
    const file = path.join(folder, "network.json");
    expect(await indexUrlOf(network(), file)).to.equal(undefined);
    await publishIndex(file, "http://127.0.0.1:8000/a");
    expect(await indexUrlOf(network(), file)).to.equal("http://127.0.0.1:8000/a");
    expect(await indexUrlOf(network({ indexUrl: "https://hosted/b" }), file)).to.equal("https://hosted/b");
    await withdrawIndex(file, "http://127.0.0.1:8000/other");
    expect(await indexUrlOf(network(), file)).to.equal("http://127.0.0.1:8000/a");
    await withdrawIndex(file, "http://127.0.0.1:8000/a");
    expect(await indexUrlOf(network(), file)).to.equal(undefined);
  });

  it("pass on graph-node's complaints, and of its chatter nothing but for debugging", () => {
    const log = recordingLogger();
    const { hear, complaints, ending } = graphNodeLog(log, "/data/idle");
    hear("Nov 25 13:20:20.868 INFO Starting Graph Node Dev");
    hear("Nov 25 13:20:20.911 WARN GRAPH_POI_ACCESS_TOKEN not set; might leak POIs");
    hear("Nov 25 13:20:20.911 WARN Trying again, attempt: 2");
    hear("Nov 25 13:20:20.911 ERRO Subgraph failed, subgraph_id: abc");
    hear("Nov 25 13:20:20.911 ERRO Failed to start, subgraph_id: /data/idle/build/subgraph.yaml");
    hear("thread 'main' panicked at src/main.rs:1:1:");
    ending();
    hear("Nov 25 13:20:20.911 ERRO Store event stream ended");
    expect(log.lines.map(({ level }) => level)).to.deep.equal([
      "debug",
      "debug",
      "warn",
      "error",
      "debug",
      "error",
      "debug",
    ]);
    expect(complaints).to.deep.equal([
      "Subgraph failed, subgraph_id: abc",
      "thread 'main' panicked at src/main.rs:1:1:",
    ]);
  });
});

describe("the networks file of a subgraph", () => {
  it("names every contract that the subgraph follows, with address and first block", async () => {
    const template = await readFile(new URL("../../../../subgraph/subgraph.template.yaml", import.meta.url), "utf8");
    const manifest = renderManifest(template, network({ name: "mainnet", deployBlock: 7 }), "auto");
    const { mainnet = {} } = networksOf("mainnet", manifest);
    expect(Object.keys(mainnet)).to.have.members([...SUBGRAPH_CONTRACTS]);
    for (const entry of Object.values(mainnet)) expect(entry).to.deep.equal({ address: ADDRESS, startBlock: 7 });
  });
});
