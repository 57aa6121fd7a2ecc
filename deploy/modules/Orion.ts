import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { ZeroAddress } from "ethers";

import type { Parameters } from "../parameters.ts";

type Named = Pick<Parameters["Orion"], "owner" | "feed" | "localFeed">;

/**
 * The whole network in the order of its arrows. Every link between contracts but two is an immutable that is set here, and nobody
 * holds a right between two steps: the governor is told the credits after the timelock, which it makes itself, owns them, and the credits the market, which
 * is made with their address; each once, by the deployer. The governor's timelock owns every parameter, unless the
 * parameters name another owner; the treasury receives all ORION, and is the deployer where the parameters name none. Prices in US dollars are there
 * where a Chainlink feed is named, or Chainlink's own mock of one on a chain of this machine.
 */
export function orionModule(named: Named): ReturnType<typeof buildModule> {
  return buildModule("Orion", (m) => {
    const amount = (name: string): ReturnType<typeof m.getParameter<bigint>> => m.getParameter<bigint>(name);
    const number = (name: string): ReturnType<typeof m.getParameter<number>> => m.getParameter<number>(name);

    const treasury = m.getParameter("treasury", m.getAccount(0));
    const orion = m.contract("OrionToken", [treasury]);
    const registry = m.contract("ProviderRegistry", [orion]);
    const governor = m.contract("OrionGovernor", [
      orion,
      registry,
      number("votingDelay"),
      number("votingPeriod"),
      number("lateQuorumExtension"),
      amount("proposalThreshold"),
      number("quorumPercent"),
      number("timelockDelay"),
    ]);
    const timelock = m.contractAt("OrionTimelock", m.staticCall(governor, "timelock"));
    const guardian = m.contractAt("Guardian", m.staticCall(timelock, "GUARDIAN"));
    const owner = named.owner ?? timelock;
    const dex = m.contract("DePinDex", [owner]);
    const credits = m.contract("ComputeCredits", [
      orion,
      dex,
      owner,
      treasury,
      amount("creditsFloor"),
      amount("creditsCap"),
      amount("creditsBootstrapCap"),
      amount("creditsMinDepth"),
    ]);
    m.call(governor, "nameCredits", [credits]);
    const vm = m.contract("TensorVM");
    const profiles = ["fast", "standard", "long", "rollup"].map((name) => m.getParameter(name));
    const disputes = m.contract("DisputeManager", [vm, profiles]);
    const market = m.contract("JobMarket", [
      credits,
      registry,
      disputes,
      owner,
      amount("lowestCollateral"),
      amount("highestCollateral"),
      amount("claimCollateral"),
    ]);
    m.call(credits, "setMarket", [market]);
    // The market makes it, for itself alone, so neither can ever stand beside another one.
    const reserves = m.contractAt("Reserves", m.staticCall(market, "RESERVES"));
    const upkeep = m.contract("MarketUpkeep", [market]);
    const mining = m.contract("LiquidityMining", [dex, orion, owner, amount("maxMiningRate")]);
    const buyAndPost = m.contract("BuyAndPost", [dex, market, credits]);
    const core = {
      orion,
      governor,
      timelock,
      guardian,
      registry,
      dex,
      credits,
      vm,
      disputes,
      market,
      reserves,
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
