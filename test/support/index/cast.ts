import { MaxUint256, parseEther } from "ethers";

import { CREDIT } from "@orion/protocol/common";

import type { World } from "./world.ts";

/** Who does what in a random life. */
export interface Cast {
  readonly treasury: string;
  readonly timelock: string;
  readonly engineers: readonly string[];
  readonly keeper: string;
  readonly workers: readonly string[];
  /** Operator keys of the first worker. */
  readonly keys: readonly string[];
  readonly challengers: readonly string[];
  readonly traders: readonly string[];
  readonly everybody: readonly string[];
}

const ORION_EACH = parseEther("2000000");
/** CU base units. */
const CREDITS_EACH = 10_000n * CREDIT;
const STAKE = parseEther("500000");
const TERM = 30 * 86_400;

/** Hands out ORION and credits, and gives every allowance, stake and authority that the actions of a random life need. */
export async function assemble(world: World): Promise<Cast> {
  const [
    treasury = "",
    e1 = "",
    e2 = "",
    keeper = "",
    w1 = "",
    w2 = "",
    w3 = "",
    c1 = "",
    c2 = "",
    t1 = "",
    t2 = "",
    k1 = "",
    k2 = "",
  ] = world.accounts;
  const cast: Cast = {
    ...{ treasury, keeper, timelock: world.network.addresses.timelock },
    ...{ engineers: [e1, e2], workers: [w1, w2, w3], keys: [k1, k2] },
    ...{ challengers: [c1, c2], traders: [t1, t2] },
    everybody: [treasury, e1, e2, keeper, w1, w2, w3, c1, c2, t1, t2],
  };
  const { contracts: c, network } = world;
  const { addresses: at } = network;
  const must = async (from: string, to: string, data: string): Promise<void> => {
    if (!(await world.act(from, to, data))) throw new Error("a preparation was refused");
  };
  for (const account of cast.everybody) {
    if (account !== treasury) {
      await must(treasury, at.orion, c.orion.interface.encodeFunctionData("transfer", [account, ORION_EACH]));
    }
    for (const spender of [at.registry, at.credits, at.dex, at.mining, at.buyAndPost]) {
      await must(account, at.orion, c.orion.interface.encodeFunctionData("approve", [spender, MaxUint256]));
    }
    for (const spender of [at.market, at.dex]) {
      await must(account, at.credits, c.credits.interface.encodeFunctionData("approve", [spender, MaxUint256]));
    }
    const mint = c.credits.interface.encodeFunctionData("mint", [CREDITS_EACH, TERM, ORION_EACH, account]);
    await must(account, at.credits, mint);
  }
  for (const voter of [treasury, ...cast.traders]) {
    await must(voter, at.orion, c.orion.interface.encodeFunctionData("delegate", [voter]));
  }
  for (const worker of cast.workers) {
    await must(worker, at.registry, c.registry.interface.encodeFunctionData("stake", [worker, at.market, STAKE]));
    await must(worker, at.registry, c.registry.interface.encodeFunctionData("authorise", [at.market, true]));
  }
  for (const key of cast.keys) {
    await must(key, at.registry, c.registry.interface.encodeFunctionData("joinProvider", [w1]));
    await must(w1, at.registry, c.registry.interface.encodeFunctionData("authoriseKey", [key, STAKE]));
  }
  for (const trader of cast.traders) {
    await must(trader, at.dex, c.dex.interface.encodeFunctionData("setOperator", [at.mining, true]));
  }
  return cast;
}
