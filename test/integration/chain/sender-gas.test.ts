import { expect } from "chai";
import { toBeHex } from "ethers";

import { createSender, type Call, type Chain } from "@orion/protocol/chain";
import { OrionError, silentLogger, systemClock } from "@orion/protocol/common";

import { anvilPath, startAnvil, startHardhat, type ChainProcess } from "../../support/network/chain-process.ts";
import { accountAt, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";

const SENDING = 10;

/** EVM code: called with a word it stores it in slot 0; called without data it does nothing while that is zero, else what `body` does. */
function switched(body: string): string {
  const end = 10 + body.length / 2;
  const byte = (value: number): string => value.toString(16).padStart(2, "0");
  // CALLDATASIZE PUSH1 JUMPI, PUSH0 SLOAD ISZERO PUSH1 JUMPI
  const head = `3660${byte(end + 2)}57` + `5f541560${byte(end)}57`;
  // JUMPDEST STOP, JUMPDEST PUSH0 CALLDATALOAD PUSH0 SSTORE STOP
  const runtime = `${head}${body}5b005b5f355f5500`;
  return `0x60${byte(runtime.length / 2)}8060093d393df3${runtime}`;
}

/** PUSH1 1 PUSH1 slot SSTORE for each slot: 22,100 gas. */
const fill = (slots: number): string => Array.from({ length: slots }, (_, i) => `6001600${String(i + 1)}55`).join("");
/** JUMPDEST PUSH1 10 JUMP: all the gas that there is. */
const ENDLESS = "5b600a56";

const anvil = anvilPath();
const CHAINS: Record<string, (() => Promise<ChainProcess>) | undefined> = {
  Hardhat: startHardhat,
  anvil: anvil === undefined ? undefined : () => startAnvil(anvil),
};

for (const [name, startChain] of Object.entries(CHAINS)) {
  describe(`createSender on ${name}, where somebody is always faster between simulation and block`, function () {
    this.timeout(60_000);
    let running: TestNetwork;

    before(async function () {
      if (startChain === undefined) return this.skip();
      running = await startTestNetwork({ startChain });
    });
    after(async () => {
      await running?.stop();
    });

    const mined = async (transaction: { to?: string; data: string }): Promise<string> => {
      const wallet = accountAt(0).connect(running.chain.provider);
      return (await (await wallet.sendTransaction(transaction)).wait())?.contractAddress ?? "";
    };

    /** The chain as seen by one who simulates while the switch is off, and whose transactions find it on. */
    const raced = (to: string): Chain => {
      const turn = (on: number): Promise<string> => mined({ to, data: toBeHex(on, 32) });
      const provider = new Proxy(running.chain.provider, {
        get(target, key) {
          const member: unknown = Reflect.get(target, key);
          if (typeof member !== "function") return member;
          const call = member.bind(target) as (...args: unknown[]) => unknown;
          if (key === "estimateGas") return (...args: unknown[]) => turn(0).then(() => call(...args));
          if (key === "broadcastTransaction") return (...args: unknown[]) => turn(1).then(() => call(...args));
          // What a failed transaction is asked again.
          if (key === "call") return (...args: unknown[]) => turn(0).then(() => call(...args));
          return call;
        },
      });
      return { ...running.chain, provider };
    };

    /** Sends a call of such a contract; resolves with the number of transactions that it took. */
    const attempts = async (body: string): Promise<number> => {
      const to = await mined({ data: switched(body) });
      const options = { wallet: accountAt(SENDING), clock: systemClock, log: silentLogger, pollMs: 10 };
      const count = (): Promise<number> => running.chain.provider.getTransactionCount(options.wallet.address);
      const before = await count();
      const call: Call = { to, data: "0x", label: "call" };
      expect((await createSender({ chain: raced(to), ...options }).send(call)).status).to.equal(1);
      return (await count()) - before;
    };

    it("has left enough gas for two slots that were in use before", async () => {
      expect(await attempts(fill(2))).to.equal(1);
    });

    it("sends again, with more gas, what ran out of it", async () => {
      expect(await attempts(fill(3))).to.equal(2);
    });

    it("gives up when it never suffices, and says so", async () => {
      const error: unknown = await attempts(ENDLESS).catch((reason: unknown) => reason);
      if (!(error instanceof OrionError)) throw new Error("it was mined, or failed as a bug", { cause: error });
      expect([error.code, error.message]).to.deep.equal(["UNAVAILABLE", '"call" ran out of gas 6 times']);
      expect(error.hint).to.match(/RPC/);
    });
  });
}
