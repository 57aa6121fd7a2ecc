import type { Block, Filter, JsonRpcProvider, Log } from "ethers";

import type { Chain } from "@orion/protocol/chain";

export interface Wrapping {
  readonly getLogs?: (filter: Filter, real: (filter: Filter) => Promise<Log[]>) => Promise<Log[]>;
  readonly getBlock?: (
    block: number | "latest",
    real: (block: number | "latest") => Promise<Block | null>,
  ) => Promise<Block | null>;
}

/** A chain whose node answers two calls in its own way, as a lagging or balanced one does. */
export function wrapChain(chain: Chain, wrapping: Wrapping): Chain {
  const { provider } = chain;
  const real = { getLogs: provider.getLogs.bind(provider), getBlock: provider.getBlock.bind(provider) };
  const wrapped = new Proxy<JsonRpcProvider>(provider, {
    get(target, name: keyof JsonRpcProvider) {
      const { getLogs, getBlock } = wrapping;
      if (name === "getLogs" && getLogs !== undefined) return (filter: Filter) => getLogs(filter, real.getLogs);
      if (name === "getBlock" && getBlock !== undefined) {
        return (block: number | "latest") => getBlock(block, real.getBlock);
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
  return { ...chain, provider: wrapped };
}
