import { createRequire } from "node:module";

import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { Contract, ContractFactory, type ContractTransactionResponse, type InterfaceAbi } from "ethers";

interface Build {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
}

const build = createRequire(import.meta.url)("@uniswap/v2-core/build/UniswapV2Pair.json") as Build;
const factoryBuild = createRequire(import.meta.url)("@uniswap/v2-core/build/UniswapV2Factory.json") as Build;

/** Uniswap v2's own pair, from the bytecode that Uniswap published. */
export interface UniswapPair {
  readonly address: string;
  mint(to: string): Promise<ContractTransactionResponse>;
  burn(to: string): Promise<ContractTransactionResponse>;
  swap(amount0: bigint, amount1: bigint, to: string): Promise<ContractTransactionResponse>;
  /** Whether the pair would pay these amounts for what it holds above its reserves. */
  wouldSwap(amount0: bigint, amount1: bigint, to: string): Promise<boolean>;
  reserves(): Promise<readonly [bigint, bigint]>;
}

/** The pair of two tokens, token0 being that of the lower address. */
export async function deployUniswapPair(
  signer: HardhatEthersSigner,
  token0: string,
  token1: string,
): Promise<UniswapPair> {
  const factory = await new ContractFactory(factoryBuild.abi, factoryBuild.bytecode, signer).deploy(signer.address);
  const made = new Contract(await factory.getAddress(), factoryBuild.abi, signer);
  await made.getFunction("createPair")(token0, token1);
  const address = String(await made.getFunction("getPair")(token0, token1));
  const pair = new Contract(address, build.abi, signer);
  const send = async (name: string, ...args: unknown[]): Promise<ContractTransactionResponse> =>
    await pair.getFunction(name).send(...args);
  const swap = pair.getFunction("swap");
  return {
    address,
    mint: (to) => send("mint", to),
    burn: (to) => send("burn", to),
    swap: (amount0, amount1, to) => send("swap", amount0, amount1, to, "0x"),
    wouldSwap: (amount0, amount1, to) =>
      swap.staticCall(amount0, amount1, to, "0x").then(
        () => true,
        () => false,
      ),
    reserves: async () => {
      const [reserve0, reserve1] = (await pair.getFunction("getReserves")()) as [bigint, bigint];
      return [reserve0, reserve1];
    },
  };
}
