import { readFile } from "node:fs/promises";
import path from "node:path";

import { Contract, type Interface } from "ethers";

import type { Contracts } from "@orion/protocol/chain";

import type { LocalFeed } from "../../../protocol/chain/generated/mocks/LocalFeed.js";

import { ROOT } from "./chain-process.ts";

/** The mock that a local network's dollar prices come from: whoever wants to may have it answer anything. */
export async function localFeed({ usdPrices }: Contracts): Promise<LocalFeed> {
  if (usdPrices === undefined) throw new Error("the network has no feed");
  const artifact = JSON.parse(
    await readFile(path.join(ROOT, "artifacts/contracts/mocks/LocalFeed.sol/LocalFeed.json"), "utf8"),
  ) as { abi: ConstructorParameters<typeof Interface>[0] };
  return new Contract(await usdPrices.FEED(), artifact.abi, usdPrices.runner) as unknown as LocalFeed;
}
