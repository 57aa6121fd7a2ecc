import "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import hre from "hardhat";
import { toQuantity } from "ethers";

import { decodeRevert } from "@orion/protocol/chain";

import { SimulationError } from "./errors.ts";

type Connection = Awaited<ReturnType<typeof hre.network.create>>;

export interface Log {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

interface Receipt {
  readonly status: string;
  readonly logs: readonly Log[];
}

interface Sent {
  readonly hash: string;
  readonly from: string;
  readonly to: string;
  readonly data: string;
  readonly label: string;
}

const START = Date.UTC(2026, 0, 1) / 1000;
const GAS = toQuantity(3_000_000);
const GAS_PRICE = toQuantity(100n * 10n ** 9n);
const BLOCK_GAS = 4_000_000_000n;
const WEALTH = toQuantity(10n ** 30n);

/**
 * Hardhat's EDR network in this process. Accounts need no keys: the chain lets every address send. Transactions wait in the order in which
 * they were sent until a block is mined by hand at a time of the caller's choice.
 */
export class SimChain {
  readonly ethers: Connection["ethers"];
  /** Seconds of the last block. */
  now = START;
  #nonces = new Map<string, number>();
  #sent: Sent[] = [];
  transactions = 0;
  blocks = 0;

  private constructor(connection: Connection) {
    this.ethers = connection.ethers;
  }

  static async start(): Promise<SimChain> {
    const connection = await hre.network.create({
      override: {
        chainType: "l1",
        initialDate: new Date(START * 1000),
        blockGasLimit: BLOCK_GAS,
        initialBaseFeePerGas: 1n,
        mining: { auto: true, mempool: { order: "fifo" } },
      },
    });
    const chain = new SimChain(connection);
    chain.now = await chain.#time();
    return chain;
  }

  /** From now on nothing is mined but by `mine`. */
  async takeOver(): Promise<void> {
    await this.#request("evm_setAutomine", [false]);
    this.now = await this.#time();
  }

  /** Makes an address able to send. */
  async admit(address: string): Promise<void> {
    await this.#request("hardhat_impersonateAccount", [address]);
    await this.#request("hardhat_setBalance", [address, WEALTH]);
  }

  async send(from: string, to: string, data: string, label: string, value = 0n): Promise<void> {
    const nonce = this.#nonces.get(from) ?? Number(await this.#request("eth_getTransactionCount", [from]));
    this.#nonces.set(from, nonce + 1);
    const call = { from, to, data, value: toQuantity(value), gas: GAS, gasPrice: GAS_PRICE, nonce: toQuantity(nonce) };
    const hash = (await this.#request("eth_sendTransaction", [call])) as string;
    this.#sent.push({ hash, from, to, data, label });
  }

  /** Gives the next block its time, which calls on the pending block then see. */
  async planTime(time: number): Promise<void> {
    await this.#request("evm_setNextBlockTimestamp", [toQuantity(time)]);
  }

  /**
   * Mines everything that was sent into one block at `time`, and returns its logs in order.
   * @throws SimulationError naming the first transaction that was refused, and why
   */
  async mine(time: number): Promise<Log[]> {
    const sent = this.#sent;
    this.#sent = [];
    await this.planTime(time);
    await this.#request("evm_mine", []);
    this.now = time;
    this.blocks++;
    this.transactions += sent.length;
    const logs: Log[] = [];
    for (const transaction of sent) {
      const receipt = (await this.#request("eth_getTransactionReceipt", [transaction.hash])) as Receipt | null;
      if (receipt?.status !== "0x1") throw await this.#refusal(transaction);
      logs.push(...receipt.logs);
    }
    return logs;
  }

  /** A state to which `restore` returns, as often as one likes. */
  async snapshot(): Promise<() => Promise<void>> {
    let id = await this.#request("evm_snapshot", []);
    const { now, transactions, blocks } = this;
    const nonces = new Map(this.#nonces);
    return async () => {
      await this.#request("evm_revert", [id]);
      id = await this.#request("evm_snapshot", []);
      Object.assign(this, { now, transactions, blocks });
      this.#nonces = new Map(nonces);
      this.#sent = [];
    };
  }

  async #time(): Promise<number> {
    return (await this.ethers.provider.getBlock("latest"))?.timestamp ?? START;
  }

  async #refusal({ from, to, data, label }: Sent): Promise<SimulationError> {
    const reason = await this.ethers.provider.call({ from, to, data }).then(
      () => "it passes now",
      (error: unknown) => {
        const revert = (error as { data?: unknown }).data;
        return typeof revert === "string" ? decodeRevert(revert).message : String(error);
      },
    );
    return new SimulationError(`${label} by ${from} was refused; sent again it says: ${reason}`);
  }

  async #request(method: string, params: unknown[]): Promise<unknown> {
    return (await this.ethers.provider.send(method, params)) as unknown;
  }
}
