import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/**
 * The whole network in the order of its arrows. Every link between contracts is an immutable that is set here, so nothing
 * has to be wired afterwards and nobody holds a right between two steps. Owner and treasury fall to the deployer when the
 * parameters name none; the treasury receives all ORION, the owner governs within the bounds that the contracts set.
 */
export default buildModule("Orion", (m) => {
  const deployer = m.getAccount(0);
  const owner = m.getParameter("owner", deployer);
  const treasury = m.getParameter("treasury", deployer);

  const orion = m.contract("OrionToken", [treasury]);
  const registry = m.contract("ProviderRegistry", [orion]);
  const credits = m.contract("ComputeCredits", [
    orion,
    owner,
    m.getParameter<bigint>("creditsFloor"),
    m.getParameter<bigint>("creditsCap"),
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
    m.getParameter<bigint>("lowestCollateral"),
    m.getParameter<bigint>("highestCollateral"),
    m.getParameter<bigint>("claimCollateral"),
  ]);
  const upkeep = m.contract("MarketUpkeep", [market]);

  return { orion, registry, credits, vm, disputes, market, upkeep };
});
