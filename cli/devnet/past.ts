import { id, Interface, MaxUint256, parseEther } from "ethers";

import type { SigningClient } from "../core/client.ts";
import { rpc } from "./rpc.ts";

const HOUR = 3_600;
const DAY = 24 * HOUR;
/** The chain's clock begins so long ago, and has caught up when the network is ready. */
export const PAST_SECONDS = 9 * DAY;
/** Observations of the pool that the price of credits asks for, and one to spare. */
const OBSERVED_HOURS = 25;
/** ORION wei: what the pool's shares earn a second, and what is there to be earned. */
const MINING_RATE = parseEther("0.05");
const MINING_BUDGET = parseEther("100000");
const FOR = 1;
/** Chainlink's mock aggregator. */
const FEED = new Interface([
  "function latestRoundData() view returns (uint80, int256, uint256, uint256, uint80)",
  "function updateAnswer(int256)",
]);

/**
 * Gives a new network the past that a running one has: holders of ORION have decided what liquidity earns, the CU/ORION pool has the week of
 * history without which its price counts for nothing, and the price of ORION in dollars is reported. Everything happens as on any chain; only the
 * clock is moved.
 * @param treasury holds nearly all ORION, so its votes decide
 */
export async function liveThroughPast(treasury: SigningClient): Promise<void> {
  const { rpcUrl } = treasury.chain.network;
  const began = await now(treasury);
  const pass = (seconds: number): Promise<unknown> => rpc(rpcUrl, "evm_increaseTime", [seconds]);
  await decideMining(treasury, pass);
  await pass(PAST_SECONDS - (OBSERVED_HOURS + 1) * HOUR - ((await now(treasury)) - began));
  const { contracts, network } = treasury.chain;
  const observe = contracts.dex.interface.encodeFunctionData("observe", [await contracts.credits.POOL()]);
  for (let hour = 0; hour < OBSERVED_HOURS; hour++) {
    await treasury.sender.send({ to: network.addresses.dex, data: observe, label: "observe" });
    await pass(HOUR);
  }
  await rpc(rpcUrl, "evm_setNextBlockTimestamp", [Math.max(Math.floor(Date.now() / 1_000), (await now(treasury)) + 1)]);
  await treasury.sender.send({ to: network.addresses.dex, data: observe, label: "observe" });
  await answerInDollars(treasury);
}

/** Has the local feed give its answer anew, as a real one does every day, and reports it. */
async function answerInDollars({ chain, sender }: SigningClient): Promise<void> {
  const { usdPrices } = chain.contracts;
  const to = chain.network.addresses.usdPrices;
  if (usdPrices === undefined || to === undefined) return;
  const feed = await usdPrices.FEED();
  const [, answer] = FEED.decodeFunctionResult(
    "latestRoundData",
    await chain.provider.call({ to: feed, data: FEED.encodeFunctionData("latestRoundData") }),
  );
  await sender.send({ to: feed, data: FEED.encodeFunctionData("updateAnswer", [answer]), label: "answer" });
  await sender.send({ to, data: usdPrices.interface.encodeFunctionData("report"), label: "report" });
}

/** Proposes, votes, queues and executes the first rate of liquidity mining, and funds it. */
async function decideMining(
  { chain, sender }: SigningClient,
  pass: (seconds: number) => Promise<unknown>,
): Promise<void> {
  const { orion, governor, mining, credits, timelock } = chain.contracts;
  const { addresses } = chain.network;
  const pool = await credits.POOL();
  const send = async (to: string, data: string, label: string): Promise<void> => {
    await sender.send({ to, data, label });
  };
  await send(addresses.orion, orion.interface.encodeFunctionData("delegate", [sender.address]), "delegate");
  await pass(1);
  const description = "Liquidity of CU/ORION earns ORION";
  const setRate = mining.interface.encodeFunctionData("setRate", [pool, MINING_RATE]);
  const action: [string[], bigint[], string[]] = [[addresses.mining], [0n], [setRate]];
  const hash = id(description);
  const { interface: abi } = governor;
  const proposal = await governor.hashProposal(...action, hash);
  await send(addresses.governor, abi.encodeFunctionData("propose", [...action, description]), "propose");
  await pass(Number(await governor.votingDelay()) + 1);
  await send(addresses.governor, abi.encodeFunctionData("castVote", [proposal, FOR]), "vote");
  await pass(Number(await governor.votingPeriod()) + 1);
  await send(addresses.governor, abi.encodeFunctionData("queue", [...action, hash]), "queue");
  await pass(Number(await timelock.getMinDelay()) + 1);
  await send(addresses.governor, abi.encodeFunctionData("execute", [...action, hash]), "execute");
  await send(addresses.orion, orion.interface.encodeFunctionData("approve", [addresses.mining, MaxUint256]), "approve");
  await send(addresses.mining, mining.interface.encodeFunctionData("fund", [pool, MINING_BUDGET]), "fund mining");
}

async function now({ chain }: SigningClient): Promise<number> {
  return (await chain.provider.getBlock("latest"))?.timestamp ?? 0;
}
