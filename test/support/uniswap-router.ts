import { createRequire } from "node:module";

import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { Contract, ContractFactory, type ContractTransactionResponse, type InterfaceAbi } from "ethers";

interface Build {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
}

const require = createRequire(import.meta.url);
const factoryBuild = require("@uniswap/v2-core/build/UniswapV2Factory.json") as Build;
const routerBuild = require("@uniswap/v2-periphery/build/UniswapV2Router02.json") as Build;
const wethBuild = require("@uniswap/v2-periphery/build/WETH9.json") as Build;

/** Uniswap v2's own router, from the bytecode that Uniswap published. Limits are wide, deadlines those given. */
export interface UniswapRouter {
  readonly address: string;
  addLiquidity(
    tokens: readonly [string, string],
    amounts: readonly [bigint, bigint],
    deadline: bigint,
  ): Promise<ContractTransactionResponse>;
  swapExactIn(
    path: readonly string[],
    amountIn: bigint,
    minOut: bigint,
    deadline: bigint,
  ): Promise<ContractTransactionResponse>;
  swapExactOut(
    path: readonly string[],
    amountOut: bigint,
    maxIn: bigint,
    deadline: bigint,
  ): Promise<ContractTransactionResponse>;
}

/** A router over a factory of its own, for which `signer` acts and is paid. */
export async function deployUniswapRouter(signer: HardhatEthersSigner): Promise<UniswapRouter> {
  const deploy = async ({ abi, bytecode }: Build, ...args: unknown[]): Promise<string> =>
    await (await new ContractFactory(abi, bytecode, signer).deploy(...args)).getAddress();
  const factory = await deploy(factoryBuild, signer.address);
  const address = await deploy(routerBuild, factory, await deploy(wethBuild));
  const router = new Contract(address, routerBuild.abi, signer);
  const send = async (name: string, ...args: unknown[]): Promise<ContractTransactionResponse> =>
    await router.getFunction(name).send(...args);
  const to = signer.address;
  return {
    address,
    addLiquidity: (tokens, amounts, deadline) => send("addLiquidity", ...tokens, ...amounts, 1n, 1n, to, deadline),
    swapExactIn: (path, amountIn, minOut, deadline) =>
      send("swapExactTokensForTokens", amountIn, minOut, path, to, deadline),
    swapExactOut: (path, amountOut, maxIn, deadline) =>
      send("swapTokensForExactTokens", amountOut, maxIn, path, to, deadline),
  };
}
