import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { ZeroAddress } from "ethers";

import type { Parameters } from "../parameters.ts";

type Named = Pick<Parameters["Orion"], "owner" | "feed" | "localFeed">;

/**
 * The whole network in the order of its arrows. Every link between contracts is an immutable that is set here, so nothing
 * has to be wired afterwards and nobody holds a right between two steps. The governor's timelock owns every parameter, unless the
 * parameters name another owner; the treasury receives all ORION, and is the deployer where the parameters name none. Prices in US dollars are there
 * where a Chainlink feed is named, or Chainlink's own mock of one on a chain of this machine.
 */
export function orionModule(named: Named): ReturnType<typeof buildModule> {
  return buildModule("Orion", (m) => {
    const amount = (name: string): ReturnType<typeof m.getParameter<bigint>> => m.getParameter<bigint>(name);
    const number = (name: string): ReturnType<typeof m.getParameter<number>> => m.getParameter<number>(name);

    const orion = m.contract("OrionToken", [m.getParameter("treasury", m.getAccount(0))]);
    const governor = m.contract("OrionGovernor", [
      orion,
      number("votingDelay"),
      number("votingPeriod"),
      amount("proposalThreshold"),
      number("quorumPercent"),
      number("timelockDelay"),
    ]);
    const timelock = m.contractAt("OrionTimelock", m.staticCall(governor, "timelock"));
    const owner = named.owner ?? timelock;
    const registry = m.contract("ProviderRegistry", [orion]);
    const dex = m.contract("DePinDex", [owner]);
    const credits = m.contract("ComputeCredits", [
      orion,
      dex,
      owner,
      amount("creditsFloor"),
      amount("creditsCap"),
      amount("creditsBootstrapCap"),
      amount("creditsMinDepth"),
    ]);
    const vm = m.contract("TensorVM");
    const disputes = m.contract("DisputeManager", [
      vm,
      m.getParameter("fast"),
      m.getParameter("standard"),
      m.getParameter("long"),
    ]);
    const market = m.contract("JobMarket", [
      credits,
      registry,
      disputes,
      owner,
      amount("lowestCollateral"),
      amount("highestCollateral"),
      amount("claimCollateral"),
    ]);
    const upkeep = m.contract("MarketUpkeep", [market]);
    const mining = m.contract("LiquidityMining", [dex, orion, owner, amount("maxMiningRate")]);
    const buyAndPost = m.contract("BuyAndPost", [dex, market, credits]);
    const core = {
      orion,
      governor,
      timelock,
      registry,
      dex,
      credits,
      vm,
      disputes,
      market,
      upkeep,
      mining,
      buyAndPost,
    };
    if (named.feed !== undefined) {
      const { address, sequencer, maxAge, grace } = named.feed;
      const usdPrices = m.contract("UsdPrices", [address, sequencer ?? ZeroAddress, credits, maxAge, grace]);
      return { ...core, usdPrices };
    }
    if (named.localFeed === undefined) return core;
    const { decimals, answer, maxAge } = named.localFeed;
    const feed = m.contract("LocalFeed", [decimals, answer]);
    const usdPrices = m.contract("UsdPrices", [feed, ZeroAddress, credits, maxAge, 0]);
    return { ...core, feed, usdPrices };
  });
}
