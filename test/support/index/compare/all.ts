import type { Cast } from "../cast.ts";
import type { Life } from "../random-life.ts";
import type { World } from "../world.ts";
import { compareDisputes } from "./disputes.ts";
import { compareDollars } from "./dollars.ts";
import { compareExchange } from "./exchange.ts";
import { compareGovernance } from "./governance.ts";
import { compareMarket } from "./market.ts";
import { openPage } from "./page.ts";
import { compareReserves } from "./reserves.ts";
import { compareStakes } from "./stakes.ts";

/** Asserts that every entity, as it was at a block, equals what the contracts said at that block. */
export async function compareAt(world: World, cast: Cast, life: Life, block: number): Promise<void> {
  const page = openPage(world, cast, life, block);
  await compareMarket(page);
  await compareStakes(page);
  await compareExchange(page);
  await compareDollars(page);
  await compareDisputes(page);
  await compareReserves(page);
  await compareGovernance(page);
}
