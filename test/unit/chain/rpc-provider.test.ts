import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";

import { RpcProvider, RpcUnavailableError } from "@orion/protocol/chain";

import { startTroubledRpc, type TroubledRpc } from "../../support/network/troubled-rpc.ts";

/** A node that answers every call with its name. */
async function startEcho(): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { id, method } = JSON.parse(Buffer.concat(parts).toString()) as { id: number; method: string };
      response.end(JSON.stringify({ jsonrpc: "2.0", id, result: method }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, server };
}

describe("RpcProvider", () => {
  let node: { url: string; server: Server };
  let rpc: TroubledRpc;
  let other: TroubledRpc;
  let provider: RpcProvider;

  before(async () => {
    node = await startEcho();
    rpc = await startTroubledRpc(node.url);
    other = await startTroubledRpc(node.url);
  });
  after(async () => {
    await Promise.all([rpc.stop(), other.stop()]);
    node.server.close();
  });
  beforeEach(() => {
    for (const each of [rpc, other]) {
      each.trouble = {};
      each.reset();
    }
    provider = new RpcProvider([rpc.url], 1);
  });
  afterEach(() => provider.destroy());

  const names = Array.from({ length: 12 }, (_, i) => `call ${String(i)}`);
  const all = (): Promise<unknown[]> => Promise.all(names.map((name) => provider.send(name, [])));
  const failureOf = async (action: Promise<unknown>): Promise<RpcUnavailableError> => {
    const error: unknown = await action.catch((reason: unknown) => reason);
    if (error instanceof RpcUnavailableError) return error;
    throw new Error("it did not fail as it should", { cause: error });
  };

  for (const batchStatus of [200, 400, 413]) {
    for (const batchMax of [1, 3]) {
      it(`comes down to batches of ${String(batchMax)} where larger ones are refused with status ${String(batchStatus)}, and remembers it`, async () => {
        rpc.trouble = { batchMax, batchStatus };
        expect(await all()).to.deep.equal(names);
        rpc.reset();
        expect(await all()).to.deep.equal(names);
        expect(rpc.requests).to.equal(12 / batchMax);
      });
    }
  }

  it("asks again for the answers that a batch leaves out, and takes them in any order", async () => {
    rpc.trouble = { omit: true, reorder: true };
    expect(await all()).to.deep.equal(names);
  });

  it("comes down to single requests where batches look like an outage", async () => {
    rpc.trouble = { batchMax: 1, batchStatus: 502 };
    expect(await all()).to.deep.equal(names);
  });

  it("waits where it is told to go slow", async () => {
    rpc.trouble = { http: 429, httpLeft: 3 };
    expect(await provider.send("one", [])).to.equal("one");
    rpc.trouble = { errors: { two: 2 }, errorText: "Too Many Requests", errorCode: 429 };
    expect(await provider.send("two", [])).to.equal("two");
  });

  it("says the status that it gets for ever", async () => {
    rpc.trouble = { http: 503 };
    const error = await failureOf(provider.send("one", []));
    expect([error.code, error.status, error.retryable]).to.deep.equal(["UNAVAILABLE", 503, true]);
    expect(error.message).to.match(/^the chain at http:\S+ answers with HTTP status 503/);
  });

  it("takes what can be no answer to the call for an outage, and asks the next address", async () => {
    const junk = {
      eth_getLogs: null,
      eth_blockNumber: "soon",
      eth_call: {},
      eth_getTransactionReceipt: { logs: [null] },
    };
    rpc.trouble = { results: junk };
    other.trouble = {
      results: { eth_getLogs: [], eth_blockNumber: "0x1", eth_call: "0x", eth_getTransactionReceipt: { logs: [] } },
    };
    provider.destroy();
    provider = new RpcProvider([rpc.url, other.url], 1);
    for (const method of Object.keys(junk)) {
      expect(await provider.send(method, []), method).to.deep.equal(other.trouble.results?.[method]);
    }
    const alone = new RpcProvider([rpc.url], 1);
    expect((await failureOf(alone.getLogs({}))).message).to.match(/what is no JSON-RPC/);
    alone.destroy();
  });

  it("takes an answer that drips for none, and asks the next address", async () => {
    const dripping = createServer((request, response) => {
      request.resume();
      response.writeHead(200);
      const drips = setInterval(() => response.write(" "), 20);
      response.on("close", () => clearInterval(drips));
    });
    await new Promise<void>((resolve) => dripping.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${String((dripping.address() as AddressInfo).port)}`;
    const both = new RpcProvider([url, rpc.url], 1, { wholeRequestMs: 200 });
    expect(await both.send("one", [])).to.equal("one");
    both.destroy();
    dripping.closeAllConnections();
    dripping.close();
  });

  it("goes to the next address when one fails, stays there, and comes back when that fails too", async () => {
    provider.destroy();
    provider = new RpcProvider([rpc.url, other.url], 1);
    rpc.trouble = { http: 503 };
    for (let i = 0; i < 5; i++) expect(await provider.send("one", [])).to.equal("one");
    expect([rpc.requests, other.requests]).to.deep.equal([1, 5]);
    rpc.trouble = {};
    other.trouble = { dropBefore: "one" };
    expect(await provider.send("one", [])).to.equal("one");
  });

  it("sends a signed transaction once a call, whatever the answer was", async () => {
    provider.destroy();
    provider = new RpcProvider([rpc.url, other.url], 1);
    rpc.trouble = { after: "eth_sendRawTransaction", afterStatus: 503 };
    const error = await failureOf(provider.send("eth_sendRawTransaction", ["0x00"]));
    expect(error.unsent).to.equal(false);
    expect([rpc.requests, other.requests]).to.deep.equal([1, 0]);
  });

  it("sends it to the next address where the first cannot be reached at all", async () => {
    provider.destroy();
    provider = new RpcProvider(["http://127.0.0.1:9", other.url], 1);
    expect(await provider.send("eth_sendRawTransaction", ["0x00"])).to.equal("eth_sendRawTransaction");
  });
});
