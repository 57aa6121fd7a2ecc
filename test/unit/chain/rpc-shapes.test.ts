import { expect } from "chai";

import { fitsMethod } from "../../../protocol/chain/rpc-shapes.ts";

const HASH = `0x${"ab".repeat(32)}`;
const BLOCK = { number: "0x10", timestamp: "0x65", hash: HASH, parentHash: HASH, baseFeePerGas: "0x7" };

describe("shapes of RPC results", () => {
  it("takes blocks of every kind of chain, and blocks that are not there", () => {
    for (const block of [
      BLOCK,
      { ...BLOCK, baseFeePerGas: undefined },
      { ...BLOCK, baseFeePerGas: null },
      { ...BLOCK, number: null, hash: null },
      null,
    ]) {
      expect(fitsMethod("eth_getBlockByNumber", block), JSON.stringify(block)).to.equal(true);
    }
  });

  it("refuses blocks whose numbers are none", () => {
    for (const wrong of [
      { baseFeePerGas: "seven" },
      { baseFeePerGas: 7 },
      { timestamp: "soon" },
      { timestamp: undefined },
      { number: "-1" },
      { hash: "0x1" },
    ]) {
      const block = { ...BLOCK, ...wrong };
      expect(fitsMethod("eth_getBlockByNumber", block), JSON.stringify(block)).to.equal(false);
      expect(fitsMethod("eth_getBlockByHash", block), JSON.stringify(block)).to.equal(false);
    }
  });

  it("refuses what gateways put where numbers, bytes and lists belong", () => {
    expect(fitsMethod("eth_getLogs", null)).to.equal(false);
    expect(fitsMethod("eth_getLogs", [null])).to.equal(false);
    expect(fitsMethod("eth_call", "<html>")).to.equal(false);
    expect(fitsMethod("eth_blockNumber", 16)).to.equal(false);
    expect(fitsMethod("eth_getTransactionReceipt", { logs: "none" })).to.equal(false);
    expect(fitsMethod("eth_getTransactionReceipt", null)).to.equal(true);
  });
});
