import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { orion, type Ran } from "./orion.ts";

/** Clears the screen, colours, turns text around, goes back to the line's beginning. */
const HOSTILE = "\x1b[2J\u009b31m\u202e\rerror: send money";
const ACTS_ON_A_TERMINAL = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const ID = `0x${"ab".repeat(32)}`;

interface Asked {
  readonly query: string;
  /** Of the chain's JSON-RPC, which the same server may be. */
  readonly method?: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** A row that the command line can print, but for its key. */
const DISPUTE = {
  ...{ since: "1", claim: null, kind: "WALK", cause: null, demandCount: 0, answerCount: 0, proofs: [] },
  ...{ fallen: false, closed: false, open: 0, traces: [], demands: [] },
};

describe("orion query, of an index that anybody may run", function () {
  this.timeout(60_000);
  let folder: string;
  let server: Server;
  let url: string;
  let asked: Asked[];
  let answer: (asked: Asked) => unknown;
  const query = (...args: string[]): Promise<Ran> => orion(["query", ...args, "--index", url], { cwd: folder });

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "orion-hostile-index-"));
    server = createServer((request, response) => {
      let text = "";
      request.setEncoding("utf8").on("data", (part: string) => (text += part));
      request.on("end", () => {
        const question = JSON.parse(text) as Asked;
        asked.push(question);
        response.end(JSON.stringify(answer(question)));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  beforeEach(() => {
    asked = [];
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("shows nothing that a terminal acts on: in an error, in a table, in JSON", async () => {
    answer = () => ({ errors: [{ message: HOSTILE }] });
    const refused = await query("market");
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.include("error: the index refuses the question: \\u001b[2J");
    answer = () => ({
      data: {
        disputes: [{ ...DISPUTE, key: `${HOSTILE}\nforged` }],
      },
    });
    const listed = await query("disputes");
    expect(listed.stdout.split("\n"), listed.stderr).to.have.length(3);
    answer = () => ({ data: { text: HOSTILE } });
    const raw = await query("raw", "{ text }");
    expect(JSON.parse(raw.stdout)).to.deep.equal({ text: HOSTILE });
    for (const { stdout, stderr } of [refused, listed, raw]) expect(stdout + stderr).not.to.match(ACTS_ON_A_TERMINAL);
  });

  it("says so when an answer is none", async () => {
    const provider = { id: "0x01", since: "1", claims: [], slashes: [], free: "many" };
    const wrong = [{ provider }, { provider: { ...provider, since: "never" } }, { provider: { id: "0x01" } }];
    for (const data of wrong) {
      answer = () => ({ data });
      const ran = await query("provider", `0x${"12".repeat(20)}`);
      expect(ran.code).to.equal(1);
      expect(ran.stderr).to.match(/^error: the index at .* answers with something else than was asked for\nhint: /);
    }
  });

  it("asks every page of a list, and every part of an answer, of one block", async () => {
    const dispute = { ...DISPUTE, key: ID };
    let block = 40;
    answer = ({ variables }) => ({
      data: {
        _meta: { block: { number: block++, timestamp: 1 } },
        disputes: Array.from({ length: variables.skip === 0 ? 1_000 : 7 }, () => dispute),
      },
    });
    expect((await query("disputes", "--limit", "1500")).code).to.equal(0);
    expect(asked.map(({ variables }) => variables.block)).to.deep.equal([undefined, { number: 40 }]);

    asked = [];
    const token = { id: "0x01", symbol: "A", decimals: 0 };
    const numbers = ["reserve0", "reserve1", "shares", "price0", "price1", "volume0", "volume1", "lpFees0", "lpFees1"];
    const pool = {
      ...Object.fromEntries([...numbers, "protocolFees0", "protocolFees1"].map((name) => [name, "1"])),
      ...{ id: ID, fee: 30, swapCount: 0, swaps: [], positions: [], token0: token, token1: token },
    };
    answer = ({ query: text }) => ({
      data: text.includes("Candles")
        ? { candles: [] }
        : { _meta: { block: { number: 17, timestamp: 1 } }, usdFeeds: [], pools: [pool] },
    });
    const earlier = await query("pool", ID, "--block", "17");
    expect(earlier.code, earlier.stderr).to.equal(0);
    expect(asked.map(({ variables }) => variables.block)).to.deep.equal([{ number: 17 }, { number: 17 }]);
  });

  it("says so when the chain has another block in the place of the answer's", async () => {
    let hash = "0xother";
    const results: Record<string, unknown> = { eth_blockNumber: "0x28" };
    answer = ({ method }) => {
      if (method !== undefined) return { result: results[method] ?? { hash } };
      return { data: { _meta: { block: { number: 40, timestamp: 1, hash: "0xindexed" } }, disputes: [] } };
    };
    const beside = ["--rpc", url];
    const wrong = await query("disputes", ...beside);
    expect(wrong.stderr).to.include("which the chain has taken back");
    expect(JSON.parse((await query("disputes", "--json", ...beside)).stdout)).to.have.nested.property(
      "index.takenBack",
      true,
    );
    const fresh = await query("disputes", "--fresh", ...beside);
    expect(fresh.code).to.equal(1);
    expect(fresh.stderr).to.include("error: the index stands at a block that the chain has taken back");
    hash = "0xindexed";
    const right = await query("disputes", "--fresh", ...beside);
    expect(right.code).to.equal(0);
    expect(right.stderr).to.include("the chain's last");
  });
});
