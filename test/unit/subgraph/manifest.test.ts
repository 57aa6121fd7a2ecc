import { expect } from "chai";

import { contractInterface, parseNetworkFile } from "@orion/protocol/chain";
import { renderManifest, SUBGRAPH_CONTRACTS, SubgraphError } from "@orion/subgraph";

import { handledEvents } from "../../support/index/handled-events.ts";
import { FIXTURE_ADDRESSES } from "../../support/index/gnd-fixtures.ts";
import { ownText } from "./sources.ts";

/** Events that say nothing which the index tells: allowances, operators, signatures' domains, owners and roles, salts of operations. */
const LEFT_OUT = new Set([
  "Approval",
  "OperatorSet",
  "EIP712DomainChanged",
  "OwnershipTransferStarted",
  "OwnershipTransferred",
  "RoleAdminChanged",
  "RoleGranted",
  "RoleRevoked",
  "CallSalt",
  // Nonces of signed payments; the transfers themselves are told.
  "AuthorizationUsed",
  "AuthorizationCanceled",
]);

describe("the subgraph's manifest", () => {
  it("hands every event of every contract to a handler, or leaves it out on purpose", async () => {
    const handled = await handledEvents();
    for (const contract of SUBGRAPH_CONTRACTS) {
      const events: string[] = [];
      contractInterface(contract).forEachEvent(({ name }) => events.push(name));
      const mine = handled.filter((one) => one.contract === contract).map(({ event }) => event);
      expect(mine, contract).to.have.members(events.filter((name) => !LEFT_OUT.has(name)));
    }
  });

  it("writes each signature as the contract has it", async () => {
    for (const { contract, event, signature } of await handledEvents()) {
      const fragment = contractInterface(contract as "JobMarket").getEvent(event);
      const inputs = fragment?.inputs.map(
        (input) => (input.indexed === true ? "indexed " : "") + input.format("sighash"),
      );
      expect(signature).to.equal(`${event}(${inputs?.join(",") ?? ""})`);
    }
  });

  it("names handlers that the joined module exports, each once", async () => {
    const exported = Array.from(ownText("mappings/index.ts").matchAll(/export \{([^}]*)\}/g), ([, list = ""]) => list)
      .flatMap((list) => list.split(","))
      .flatMap((item) => /(handle\w+)\s*$/.exec(item)?.[1] ?? []);
    const named = (await handledEvents()).map(({ handler }) => handler);
    expect(exported).to.have.members(named);
    expect(new Set(named).size).to.equal(named.length);
  });

  it("is filled with a network's name, addresses and first block, and with nothing else", () => {
    const template = ownText("subgraph.template.yaml");
    const manifest = renderManifest(template, network(), 500);
    expect(manifest).not.to.match(/^[^#]*\$\{/m);
    expect(manifest).to.include(`address: "${network().addresses.market}"`);
    expect(manifest).to.include("prune: 500");
    expect(manifest.match(/startBlock: 42$/gm)).to.have.length(SUBGRAPH_CONTRACTS.length);
    expect(manifest.match(/network: somewhere$/gm)).to.have.length(SUBGRAPH_CONTRACTS.length);
    expect(template).not.to.match(/0x[0-9a-f]{40}/i);
  });

  it("follows nothing for a feed that a network does not have", () => {
    const addresses = { ...network().addresses, usdPrices: undefined };
    const manifest = renderManifest(ownText("subgraph.template.yaml"), { ...network(), addresses }, "never");
    expect(manifest.match(/^ +address: "0x0{40}"$/gm)).to.have.length(1);
    expect(/name: UsdPrices\n[^]*?address: "(0x\w+)"/.exec(manifest)?.[1]).to.equal(`0x${"0".repeat(40)}`);
  });

  it("refuses a template that asks for what the network file does not name", () => {
    expect(() => renderManifest("address: ${addresses.moon}", network(), "auto")).to.throw(
      SubgraphError,
      "addresses.moon",
    );
  });
});

function network(): ReturnType<typeof parseNetworkFile> {
  const at = FIXTURE_ADDRESSES;
  const addresses = {
    ...{ orion: at.OrionToken, registry: at.ProviderRegistry, credits: at.ComputeCredits, disputes: at.DisputeManager },
    ...{
      market: at.JobMarket,
      reserves: at.Reserves,
      upkeep: at.JobMarket,
      dex: at.DePinDex,
      mining: at.LiquidityMining,
    },
    ...{ buyAndPost: at.BuyAndPost, governor: at.OrionGovernor, timelock: at.OrionTimelock, usdPrices: at.UsdPrices },
    guardian: at.Guardian,
  };
  const urls = { rpcUrl: "http://127.0.0.1:1", ipfsUrl: "http://127.0.0.1:2" };
  return parseNetworkFile(
    JSON.stringify({ name: "somewhere", chainId: 7, deployBlock: 42, ...urls, addresses }),
    "a test",
  );
}
