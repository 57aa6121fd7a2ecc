import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

import { expect } from "chai";
import { writeFile } from "node:fs/promises";

import { connectChain, parseNetworkFile, readNetworkFile, type NetworkFile } from "@orion/protocol/chain";
import { ConfigurationError, OrionError, UnavailableError } from "@orion/protocol/common";

import { startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";

async function failureOf(action: Promise<unknown>): Promise<OrionError> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(OrionError);
  const known = error as OrionError;
  expect(known.message.split("\n"), "lines of the message").to.have.length(1);
  expect(known.hint ?? "", "hint").to.not.equal("");
  return known;
}

describe("a network file and its chain", function () {
  this.timeout(60_000);
  let running: TestNetwork;

  before(async () => {
    running = await startTestNetwork();
  });
  after(async () => {
    await running.stop();
  });

  it("are connected when they fit", async () => {
    const chain = await connectChain(await readNetworkFile(running.networkFile));
    expect(await chain.contracts.market.CREDITS()).to.equal(running.network.addresses.credits);
    chain.close();
  });

  it("are refused for a wrong chain id, with both ids", async () => {
    const error = await failureOf(connectChain({ ...running.network, chainId: 5 }));
    expect(error).to.be.instanceOf(ConfigurationError);
    expect(error.message).to.match(/has id 31337, the network file says 5/);
  });

  it("are refused where no market lies, as on a local chain that was restarted", async () => {
    const { addresses } = running.network;
    const moved = {
      ...running.network,
      addresses: { ...addresses, market: "0x000000000000000000000000000000000000dEaD" },
    };
    const error = await failureOf(connectChain(moved));
    expect(error).to.be.instanceOf(ConfigurationError);
    expect(error.message).to.match(/no job market at 0x0{36}dEaD/);
  });

  it("are refused where another contract lies in the market's place", async () => {
    const { addresses } = running.network;
    for (const other of ["timelock", "orion", "credits", "registry", "dex"] as const) {
      const swapped = { ...running.network, addresses: { ...addresses, market: addresses[other] } };
      const error = await failureOf(connectChain(swapped));
      expect(error, other).to.be.instanceOf(ConfigurationError);
      expect(error.message).to.match(new RegExp(`the contract at ${addresses[other]} .* is no job market`));
    }
  });

  const garbage: [string, number, string][] = [
    ["an HTML page", 200, "<html>hello</html>"],
    ["an empty answer", 200, ""],
    ["an error status", 502, "bad gateway"],
    ["an answer to another question", 200, '{"jsonrpc":"2.0","id":999,"result":"0x1"}'],
    ["an answer that is no number", 200, '{"jsonrpc":"2.0","id":1,"result":{"a":1}}'],
  ];
  for (const [what, status, body] of garbage) {
    it(`are unavailable when the RPC gives ${what}`, async () => {
      const server: Server = createServer((_request, response) => response.writeHead(status).end(body));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const rpcUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
      try {
        const error = await failureOf(connectChain({ ...running.network, rpcUrl }));
        expect(["UNAVAILABLE", "CONFIGURATION"]).to.include(error.code);
        expect(error.message).to.include(rpcUrl);
      } finally {
        server.close();
      }
    });
  }

  it("are unavailable when nobody listens", async () => {
    const error = await failureOf(connectChain({ ...running.network, rpcUrl: "http://127.0.0.1:9" }));
    expect(error).to.be.instanceOf(UnavailableError);
  });

  describe("read from a damaged file", () => {
    const broken = (change: (network: Record<string, unknown>) => void): string => {
      const copy = JSON.parse(JSON.stringify(running.network)) as Record<string, unknown>;
      change(copy);
      return JSON.stringify(copy);
    };
    const cases: [string, (network: Record<string, unknown>) => void, RegExp][] = [
      ["no chain id", (n) => delete n.chainId, /chainId/],
      ["a negative chain id", (n) => (n.chainId = -1), /chainId/],
      ["a URL that is none", (n) => (n.rpcUrl = "localhost:8545"), /rpcUrl/],
      ["a URL of another protocol", (n) => (n.ipfsUrl = "ftp://127.0.0.1"), /ipfsUrl/],
      ["a block that is no number", (n) => (n.deployBlock = "12"), /deployBlock/],
      ["a missing address", (n) => delete (n.addresses as Record<string, string>).market, /addresses\.market/],
      [
        "a mistyped address",
        (n) => ((n.addresses as Record<string, string>).orion = "0x12"),
        /addresses\.orion is not an address/,
      ],
    ];
    for (const [what, change, field] of cases) {
      it(`name the field for ${what}`, async () => {
        const error = await failureOf(Promise.resolve().then(() => parseNetworkFile(broken(change), "net.json")));
        expect(error).to.be.instanceOf(ConfigurationError);
        expect(error.message).to.match(field).and.to.include("net.json");
      });
    }

    it("say so when it is no JSON, or does not exist", async () => {
      const file = path.join(running.dir, "broken.json");
      await writeFile(file, '{"name": "lo');
      expect((await failureOf(readNetworkFile(file))).message).to.match(/is not JSON/);
      expect((await failureOf(readNetworkFile(path.join(running.dir, "absent.json")))).hint).to.match(/orion devnet/);
    });

    it("put every address into checksum form", () => {
      const lower = broken((n) => {
        const addresses = n.addresses as Record<string, string>;
        for (const [name, text] of Object.entries(addresses)) addresses[name] = text.toLowerCase();
      });
      const parsed: NetworkFile = parseNetworkFile(lower, "net.json");
      expect(parsed).to.deep.equal(running.network);
    });
  });
});
