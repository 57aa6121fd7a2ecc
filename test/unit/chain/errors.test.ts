import { expect } from "chai";
import { makeError } from "ethers";

import { chainError } from "../../../protocol/chain/errors.ts";

/** What the library throws where a node answers an estimate with this error. */
function refusal(message: string | undefined): Error {
  return makeError("missing revert data", "CALL_EXCEPTION", {
    action: "estimateGas",
    data: null,
    reason: null,
    transaction: { to: null, data: "0x" },
    invocation: null,
    revert: null,
    ...(message === undefined ? {} : { info: { error: { code: -32_000, message } } }),
  });
}

const codeOf = (message: string | undefined): string => chainError(refusal(message), "http://127.0.0.1:1").code;

describe("what a node says of a call that failed", () => {
  it("is the contract's refusal where the call was executed", () => {
    for (const said of [
      undefined,
      "execution reverted",
      "VM Exception while processing transaction: reverted without a reason string",
      "VM execution error.",
      "invalid opcode: INVALID",
      "EVM error InvalidJump",
      "gas required exceeds allowance (30000000)",
      "out of gas",
    ]) {
      expect(codeOf(said), said).to.equal("REVERT");
    }
  });

  it("is no refusal of a call that there was none, whatever it says of money or has for data", () => {
    const read = (message: string, data?: string): Error =>
      makeError("could not coalesce error", "UNKNOWN_ERROR", {
        error: { code: -32_005, message, ...(data === undefined ? {} : { data }) },
        payload: { method: "eth_getBlockByNumber", params: [], id: 1, jsonrpc: "2.0" },
      });
    for (const error of [
      read("insufficient funds: your plan has run out"),
      read("your account has not enough funds for this request"),
      read("block not found", "0xdeadbeefdeadbeef"),
    ]) {
      expect(chainError(error, "http://127.0.0.1:1").code).to.equal("UNAVAILABLE");
    }
  });

  it("is the node's trouble where it was not, in whatever words", () => {
    for (const said of [
      "BlockOutOfRangeError: block height is 14 but requested was 5",
      "internal error",
      "project ID request rate exceeded",
      "historical state 0xab is not available",
      "required historical state unavailable (reexec=128)",
      "missing trie node 0a (path ) state 0x0a is not available",
      "daily request count exceeded",
      "execution timeout",
      "pruned history",
      "We are down for maintenance",
    ]) {
      expect(codeOf(said), said).to.equal("UNAVAILABLE");
    }
  });
});
