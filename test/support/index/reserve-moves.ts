import { fallSilent, passUntil, settle, workOn, type Committed, type Disputes } from "./disputable.ts";
import { truth, UNIT } from "./known-truth.ts";
import type { Jobs } from "./market-moves.ts";
import type { Move, Stage } from "./move.ts";
import { openReserves } from "./open-reserves.ts";

/** What anybody does with the reserves of claims that fell by silence, and what a provider does with its keys. */
export function reserveMoves(stage: Stage, jobs: Jobs, disputes: Disputes): Move[] {
  const { world, cast, random } = stage;
  const { reserves, registry, market } = world.contracts;
  const at = world.network.addresses;
  const [provider = ""] = cast.workers;
  const known = truth();
  const waiting = openReserves(world);
  const anyone = (): string => random.pick(cast.everybody);

  /** The claims whose reserves wait, with or without a verdict. */
  const fallen = async (decided: boolean): Promise<Committed | undefined> => {
    const keys = new Set(await waiting());
    const claims = disputes.claims.filter(({ key }) => keys.has(key)).slice(-LOOKS);
    const found: Committed[] = [];
    for (const claim of claims) if ((await hasVerdict(claim)) === decided) found.push(claim);
    return found.length === 0 ? undefined : random.pick(found);
  };
  const hasVerdict = async ({ terms }: Committed): Promise<boolean> =>
    BigInt(await reserves.verdictOf(await market.jobIdOf(terms), UNIT)) !== 0n;
  const silent = (): Promise<Committed | undefined> => fallSilent(stage, jobs, known, disputes);
  /** A claim that fell by silence, and the unit's next claim up to its settlement. */
  const verdict = async (): Promise<Committed | undefined> => {
    const claim = await silent();
    const next = claim === undefined ? undefined : await workOn(stage, claim.terms, known, disputes);
    if (next === undefined) return undefined;
    await passUntil(stage, next.view.facts.windowEnd);
    return (await settle(stage, next)) ? claim : undefined;
  };
  const end = (call: "release" | "burn", { key }: Committed): Promise<boolean> =>
    world.act(anyone(), at.reserves, reserves.interface.encodeFunctionData(call as "release", [key]));

  return [
    {
      name: "resolve a reserve",
      play: async () => {
        const claim = (await fallen(true)) ?? (await verdict());
        if (claim === undefined) return false;
        // The claim that settled is the last one of its unit that was committed.
        const settled = disputes.claims.findLast(({ terms }) => terms === claim.terms) as Committed;
        const facts = [claim.view.facts, settled.view.facts] as const;
        const data = reserves.interface.encodeFunctionData("resolve", [claim.key, ...facts]);
        return world.act(anyone(), at.reserves, data);
      },
    },
    {
      name: "release a reserve",
      play: async () => {
        const claim = (await fallen(false)) ?? (await silent());
        if (claim === undefined) return false;
        if (random.chance(0.5)) {
          const { poster } = claim.terms;
          await world.act(poster, at.market, market.interface.encodeFunctionData("cancel", [claim.terms]));
        }
        return end(random.pick(["release", "burn"]), claim);
      },
    },
    {
      name: "authorise a key",
      play: () => {
        const limit = random.pick([10n ** 20n, 10n ** 22n + 12_345n, 10n ** 23n]);
        const data = registry.interface.encodeFunctionData("authoriseKey", [random.pick(cast.keys), limit]);
        return world.act(provider, at.registry, data);
      },
    },
    {
      name: "revoke a key",
      play: () => {
        const data = registry.interface.encodeFunctionData("revokeKey", [random.pick(cast.keys)]);
        return world.act(provider, at.registry, data);
      },
    },
  ];
}

/** Of the claims that wait, so many of the latest are looked at. */
const LOOKS = 4;
