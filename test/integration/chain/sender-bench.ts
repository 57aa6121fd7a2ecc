import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { Wallet, type HDNodeWallet } from "ethers";

import {
  connectChain,
  createSender,
  type Call,
  type Chain,
  type Sender,
  type SenderOptions,
} from "@orion/protocol/chain";
import { OrionError, systemClock, TransactionUnknownError } from "@orion/protocol/common";

import { startAnvil } from "../../support/network/chain-process.ts";
import { recordingLogger } from "../../support/network/in-process.ts";
import { accountAt, ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import { startTroubledRpc, type TroubledRpc } from "../../support/network/troubled-rpc.ts";

export const SEND = "eth_sendRawTransaction";
export const RECEIPT = "eth_getTransactionReceipt";

/** A network whose endpoint a test can trouble, and senders over it. */
export class SenderBench {
  readonly running: TestNetwork;
  readonly rpc: TroubledRpc;
  /** For journals; gone with the bench. */
  readonly folder: string;
  log = recordingLogger();
  #chain: Chain | undefined;

  private constructor(running: TestNetwork, rpc: TroubledRpc, folder: string) {
    this.running = running;
    this.rpc = rpc;
    this.folder = folder;
  }

  static async open(anvil: string): Promise<SenderBench> {
    const running = await startTestNetwork({ startChain: () => startAnvil(anvil) });
    const rpc = await startTroubledRpc(running.network.rpcUrl);
    return new SenderBench(running, rpc, await mkdtemp(path.join(tmpdir(), "orion-journal-")));
  }

  /** Connects anew, over an endpoint without trouble. */
  async connect(): Promise<void> {
    this.rpc.trouble = {};
    this.log = recordingLogger();
    this.#chain = await connectChain({ ...this.running.network, rpcUrl: this.rpc.url });
    this.rpc.reset();
  }

  /** Has blocks come with transactions again. */
  async disconnect(): Promise<void> {
    this.#chain?.close();
    await this.running.chainProcess.rpc("evm_setIntervalMining", [0]);
    await this.running.chainProcess.rpc("evm_setAutomine", [true]);
  }

  async close(): Promise<void> {
    await this.rpc.stop();
    await this.running.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  get chain(): Chain {
    if (this.#chain === undefined) throw new Error("the bench is not connected");
    return this.#chain;
  }

  sender(options: Partial<SenderOptions> = {}, wallet?: HDNodeWallet): Sender {
    return createSender({
      chain: this.chain,
      wallet: wallet ?? accountAt(ACCOUNTS.deployer),
      clock: systemClock,
      log: this.log,
      pollMs: 20,
      ...options,
    });
  }

  /** A payment to somebody new, and how much arrived. */
  payment(): { readonly call: Call; readonly moved: () => Promise<bigint> } {
    const to = Wallet.createRandom().address;
    const { orion } = this.running.chain.contracts;
    const data = orion.interface.encodeFunctionData("transfer", [to, ORION]);
    return {
      call: { to: this.running.network.addresses.orion, data, label: "transfer" },
      moved: () => orion.balanceOf(to),
    };
  }
}

export async function failureOf(action: Promise<unknown>): Promise<OrionError> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof OrionError) return error;
  throw new Error("it did not fail as it should", { cause: error });
}

export async function unknownOf(action: Promise<unknown>): Promise<TransactionUnknownError> {
  const error = await failureOf(action);
  if (error instanceof TransactionUnknownError) return error;
  throw new Error("its outcome is known", { cause: error });
}
