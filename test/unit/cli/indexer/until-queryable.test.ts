import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";

import { IndexError } from "../../../../cli/indexer/errors.ts";
import { untilQueryable } from "../../../../cli/indexer/until-queryable.ts";

describe("the wait for an index", () => {
  let server: Server;
  let at: string;
  let status: { fatalError: { message: string } | null; block: string | null };

  before(async () => {
    server = createServer((request, response) => {
      const chains = [{ chainHeadBlock: null, latestBlock: status.block === null ? null : { number: status.block } }];
      const indexingStatusForCurrentVersion = { fatalError: status.fatalError, chains };
      const data = request.url === "/status" ? { indexingStatusForCurrentVersion } : { _meta: {} };
      response.end(JSON.stringify({ data }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    status = { fatalError: null, block: "7" };
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const wait = (url: string): Promise<unknown> =>
    untilQueryable({ url, statusUrl: `${at}/status` }, "orion", undefined).catch((error: unknown) => error);

  it("ends once it has a block and answers queries", async () => {
    expect(await wait(`${at}/queries`)).to.equal(undefined);
  });

  it("fails when it takes in blocks but answers no query, as with a port that something else has", async () => {
    const error = await wait("http://127.0.0.1:1/");
    expect(error).to.be.instanceOf(IndexError);
    expect((error as IndexError).message).to.include("does not answer at http://127.0.0.1:1/");
    expect((error as IndexError).hint).to.include("--port");
  });

  it("fails at once when a fatal error stopped it", async () => {
    status = { fatalError: { message: "a trap" }, block: null };
    expect(((await wait(at)) as Error).message).to.include("a trap");
  });
});
