import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";

import { AbortedError, OrionError, UnavailableError } from "@orion/protocol/common";
import {
  createQueryClient,
  freshnessQuery,
  IndexBehindError,
  IndexFailedError,
  QueryError,
  type QueryClient,
  type QueryClientOptions,
} from "@orion/protocol/query";

describe("a query client", () => {
  let server: Server;
  let url: string;
  let seen: { body: { query: string; variables: unknown }; authorization: string | undefined }[];
  let answer: (response: ServerResponse) => void;

  before(async () => {
    server = createServer((request, response) => {
      let text = "";
      request.setEncoding("utf8").on("data", (part: string) => (text += part));
      request.on("end", () => {
        const body = JSON.parse(text) as { query: string; variables: unknown };
        seen.push({ body, authorization: request.headers.authorization });
        answer(response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/subgraphs/name/orion`;
  });
  beforeEach(() => {
    seen = [];
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const client = (more: Partial<QueryClientOptions> = {}): QueryClient => createQueryClient({ url, ...more });
  const json = (value: unknown, status = 200): void => {
    answer = (response) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  };
  const meta = (number: number, hasIndexingErrors = false): unknown => ({
    data: { _meta: { block: { number, timestamp: 7, hash: "0x07" }, hasIndexingErrors } },
  });
  const failure = async (work: Promise<unknown>): Promise<OrionError> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(OrionError);
    return error as OrionError;
  };

  it("sends question, variables and headers, and gives the data", async () => {
    json({ data: { jobs: [{ id: "0x01" }] } });
    const data = await client({ headers: { authorization: "Bearer key" } }).askRaw("{ jobs { id } }", { first: 3 });
    expect(data).to.deep.equal({ jobs: [{ id: "0x01" }] });
    expect(seen).to.deep.equal([
      { body: { query: "{ jobs { id } }", variables: { first: 3 } }, authorization: "Bearer key" },
    ]);
  });

  it("passes on what the index says of a wrong question, as an error that no retry mends", async () => {
    json({ errors: [{ message: "Type `Job` has no field `x`" }, { message: "and another" }] });
    const error = await failure(client().askRaw("{ jobs { x } }"));
    expect(error).to.be.instanceOf(QueryError);
    expect(error.message).to.include("has no field `x`; and another");
    expect(error.retryable).to.equal(false);
  });

  it("says that an index stands still on an event", async () => {
    json({ errors: [{ message: "indexing_error" }] });
    expect(await failure(client().ask(freshnessQuery, {}))).to.be.instanceOf(IndexFailedError);
  });

  it("says how to start an index where none answers, has the subgraph, or speaks GraphQL", async () => {
    const wrong: (() => void)[] = [
      () => json({ errors: [{ message: "subgraph `orion` not found" }] }),
      () => json({ hello: 1 }),
      () => json("text", 404),
      () => (answer = (response) => response.writeHead(502).end("<html>")),
      () => (answer = (response) => response.destroy()),
      () => (answer = (response) => void response.write('{"data": {', () => response.destroy())),
    ];
    for (const arrange of wrong) {
      arrange();
      const error = await failure(client().askRaw("{ x }"));
      expect(error).to.be.instanceOf(UnavailableError);
      expect(error.hint).to.include("orion index start");
    }
  });

  it("waits until the index has come to a block", async () => {
    let block = 5;
    answer = (response) => response.end(JSON.stringify(meta(block++)));
    expect(await client().untilBlock(7)).to.deep.equal({ block: 7, timestamp: 7, hash: "0x07", failed: false });
    expect(seen).to.have.length(3);
  });

  it("gives up waiting with how far the index came", async () => {
    json(meta(5));
    const error = await failure(client().untilBlock(7, 0));
    expect(error).to.be.instanceOf(IndexBehindError);
    expect(error).to.include({ block: 5, retryable: true });
  });

  it("does not wait for an index that stands still before that block", async () => {
    json(meta(5, true));
    expect(await failure(client().untilBlock(7))).to.be.instanceOf(IndexFailedError);
    json(meta(7, true));
    expect(await client().untilBlock(7)).to.include({ block: 7, failed: true });
  });

  it("stops when it is told to, while it asks and while it waits", async () => {
    const asking = new AbortController();
    answer = () => asking.abort();
    expect(await failure(client({ signal: asking.signal }).askRaw("{ x }"))).to.be.instanceOf(AbortedError);
    const waiting = new AbortController();
    answer = (response) => {
      response.end(JSON.stringify(meta(5)));
      setTimeout(() => waiting.abort(), 20);
    };
    expect(await failure(client({ signal: waiting.signal }).untilBlock(7))).to.be.instanceOf(AbortedError);
  });
});
