import { SimulationError } from "./errors.ts";
import type { Ledger } from "./ledger.ts";
import { DAY } from "./units.ts";
import type { World } from "./world.ts";

const MAX_SUPPLY = 10n ** 27n;

/** What must hold after every block, from the events of all blocks. */
export function requireBacked(ledger: Ledger, credits: string): { readonly debt: bigint; readonly lock: bigint } {
  let [debt, lock] = [0n, 0n];
  for (const position of ledger.positions.values()) {
    debt += position.debt;
    lock += position.lock;
    const kept = position.lock * position.promisedDebt >= position.promisedLock * position.debt;
    if (!kept) throw new SimulationError(`position ${position.id} locks less for a CU than it was minted with`);
  }
  let supply = 0n;
  for (const purse of ledger.purses.values()) supply += purse.cu;
  equal("supply of CU and the debt of all positions", supply, debt);
  equal("ORION that the credits hold and the locks of all positions", ledger.purses.get(credits)?.orion ?? 0n, lock);
  return { debt, lock };
}

/**
 * What must hold after every day, read from the chain and compared with the events.
 * @throws SimulationError naming the identity that broke, with both sides
 */
export async function requireSolvent(world: World): Promise<void> {
  const { contracts, state, chain } = world;
  const { orion, credits, dex, mining, at, poolId } = contracts;
  const { debt, lock } = requireBacked(state.ledger, at.credits);
  equal("supply(CU) = Σ debt", await credits.totalSupply(), debt);
  equal("ORION locked = Σ lock", await credits.totalLocked(), lock);
  equal("ORION held by the credits = Σ lock", await orion.balanceOf(at.credits), lock);
  const { reserves } = state.ledger;
  const [fees, creditFees] = [await dex.protocolFees(at.orion), await dex.protocolFees(at.credits)];
  equal("ORION of the exchange = reserve + fees", await orion.balanceOf(at.dex), reserves.orion + fees);
  equal("CU of the exchange = reserve + fees", await credits.balanceOf(at.dex), reserves.cu + creditFees);
  let escrow = 0n;
  for (const { terms, tip } of state.jobs.values()) escrow += terms.pricePerShard + tip;
  equal("CU of the job market = escrow + tips", await credits.balanceOf(at.market), escrow);
  let staked = 0n;
  for (const purse of state.ledger.purses.values()) staked += purse.free + purse.locked;
  equal("ORION of the registry = free + locked stakes", await orion.balanceOf(at.registry), staked);
  equal(
    "supply of ORION = all there was less what burned",
    await orion.totalSupply(),
    MAX_SUPPLY - state.ledger.burned,
  );
  const { budget } = await mining.farm(poolId);
  const held = await orion.balanceOf(at.mining);
  if (held < budget) throw new SimulationError(`mining holds ${held} ORION and promises ${budget}`);
  let owed = 0n;
  for (const { address } of state.agents.liquidityProviders) owed += (await mining.stakeOf(poolId, address))[1];
  if (held < budget + owed) throw new SimulationError(`mining holds ${held} ORION and owes ${budget + owed}`);
  if (chain.now % (7 * DAY) < DAY) await requireBooks(world);
}

/** Every purse as the chain has it. */
async function requireBooks({ contracts, state }: World): Promise<void> {
  const { orion, credits, dex, poolId } = contracts;
  for (const [address, purse] of state.ledger.purses) {
    equal(`ORION of ${address}`, await orion.balanceOf(address), purse.orion);
    equal(`CU of ${address}`, await credits.balanceOf(address), purse.cu);
    if (purse.shares > 0n) equal(`shares of ${address}`, await dex.balanceOf(address, poolId), purse.shares);
  }
  for (const position of state.ledger.positions.values()) {
    const { debt, lock } = await credits.position(position.id);
    equal(`debt of position ${position.id}`, debt, position.debt);
    equal(`lock of position ${position.id}`, lock, position.lock);
  }
}

function equal(what: string, found: bigint, expected: bigint): void {
  if (found !== expected) throw new SimulationError(`${what}: ${found} is not ${expected}`);
}
