import { concat, hexlify, id, keccak256, toUtf8Bytes } from "ethers";

import type { Move, Stage } from "./move.ts";

interface Proposal {
  readonly proposer: string;
  readonly action: [string[], bigint[], string[]];
  readonly descriptionHash: string;
  readonly number: bigint;
}

/** Text that anyone can put into a transaction: none at all, a zero byte, bytes that are not UTF-8. */
const DESCRIPTIONS = [
  "0x",
  hexlify(toUtf8Bytes("Pause the exchange — для всех 🛑")),
  "0x00ff61c328f09f",
  "0x6100620063",
];

/** Governing: the switches of the timelock at once, and proposals with votes through their whole life. */
export function governanceMoves(stage: Stage): Move[] {
  const { world, cast, random } = stage;
  const { governor, market, dex, credits } = world.contracts;
  const at = world.network.addresses;
  const proposals: Proposal[] = [];
  const voters = [cast.treasury, ...cast.traders];
  const play = (from: string, data: string): Promise<boolean> => world.act(from, at.governor, data);
  const some = (): Proposal | undefined => (proposals.length === 0 ? undefined : random.pick(proposals));
  const step = async (name: "queue" | "execute" | "cancel"): Promise<boolean> => {
    const proposal = random.chance(0.6) ? proposals.at(-1) : some();
    if (proposal === undefined) return false;
    const from = name === "cancel" ? proposal.proposer : random.pick(cast.everybody);
    const selector = governor.interface.getFunction(name).selector;
    // The three take the same arguments.
    const args = governor.interface.encodeFunctionData("queue", [...proposal.action, proposal.descriptionHash]);
    return play(from, selector + args.slice(selector.length));
  };
  const queueCall = ({ action, descriptionHash }: Proposal): string =>
    governor.interface.encodeFunctionData("queue", [...action, descriptionHash]);
  /** A new proposal that has been carried by a vote. */
  const carried = async (): Promise<Proposal | undefined> => {
    if (!(await propose(stage, proposals))) return undefined;
    const proposal = proposals.at(-1) as Proposal;
    await world.pass(7_300);
    if (random.chance(0.3)) return undefined;
    const vote = governor.interface.encodeFunctionData("castVote", [proposal.number, 1]);
    if (!(await play(cast.treasury, vote)) || random.chance(0.2)) return undefined;
    await world.pass(86_500);
    return proposal;
  };
  return [
    {
      name: "pause or resume",
      play: async () => {
        const contract = await random.pick([market, dex, credits]).getAddress();
        const set = (paused: boolean): Promise<boolean> =>
          world.act(cast.timelock, contract, market.interface.encodeFunctionData("setPaused", [paused]));
        // Mostly not for long, or little else could happen.
        return (await set(true)) && (random.chance(0.1) || (await set(false)));
      },
    },
    { name: "propose", play: () => propose(stage, proposals) },
    {
      name: "vote",
      play: async () => {
        const proposal = random.chance(0.6) ? proposals.at(-1) : some();
        if (proposal === undefined) return false;
        const args: [bigint, number, string] = [proposal.number, random.between(0, 2), random.pick(["", "because"])];
        if (random.chance(0.2)) {
          const data = governor.interface.encodeFunctionData("castVoteWithReasonAndParams", [...args, "0x01"]);
          return play(random.pick(voters), data);
        }
        return play(random.pick(voters), governor.interface.encodeFunctionData("castVoteWithReason", args));
      },
    },
    {
      name: "queue",
      play: async () => {
        if (random.chance(0.5)) return step("queue");
        const proposal = await carried();
        return proposal !== undefined && play(random.pick(cast.everybody), queueCall(proposal));
      },
    },
    {
      name: "see a proposal through",
      play: async () => {
        const proposal = await carried();
        if (proposal === undefined || !(await play(cast.treasury, queueCall(proposal)))) return false;
        if (random.chance(0.2)) return false;
        await world.pass(172_900);
        // Otherwise somebody else may do it.
        return random.chance(0.4) && step("execute");
      },
    },
    { name: "execute", play: () => step("execute") },
    { name: "withdraw a proposal", play: () => (random.chance(0.5) ? step("cancel") : Promise.resolve(false)) },
  ];
}

/** Proposes by one of those who can; each may have one proposal under way. */
async function propose({ world, cast, random }: Stage, proposals: Proposal[]): Promise<boolean> {
  const { governor, dex, mining, credits } = world.contracts;
  const at = world.network.addresses;
  const calls: [string, string][] = [
    [at.dex, dex.interface.encodeFunctionData("setPaused", [false])],
    [at.mining, mining.interface.encodeFunctionData("setRate", [await credits.POOL(), BigInt(random.between(0, 1e9))])],
    [at.governor, governor.interface.encodeFunctionData("setVotingDelay", [random.between(3_600, 7_200)])],
  ];
  const [target, data] = random.pick(calls);
  const action: Proposal["action"] = [[target], [0n], [data]];
  const description = concat([random.pick(DESCRIPTIONS), hexlify(toUtf8Bytes(String(proposals.length)))]);
  const text = hexlify(toUtf8Bytes("?".repeat((description.length - 2) / 2)));
  // The library refuses text that is not UTF-8, the chain does not: it is put in place of other text of the same length.
  const encoded = governor.interface.encodeFunctionData("propose", [
    ...action,
    "?".repeat((description.length - 2) / 2),
  ]);
  const call = encoded.replace(new RegExp(`${text.slice(2)}(?!.*${text.slice(2)})`), description.slice(2));
  const proposer = random.pick([cast.treasury, ...cast.traders]);
  const done = await world.act(proposer, at.governor, call);
  if (!done) return false;
  const descriptionHash = description === "0x" ? id("") : keccak256(description);
  const number = await governor.hashProposal(...action, descriptionHash);
  proposals.push({ proposer, action, descriptionHash, number });
  return true;
}
