import { expect } from "chai";
import { formatEther, formatUnits } from "ethers";

import { loadParameters } from "@orion/deploy";
import type { UnitRecord } from "@orion/protocol/chain";
import { optionsOf } from "@orion/protocol/disputes";

import { startChainTime } from "../chaos/chain-time.ts";
import { anvilPath, startAnvil, startHardhat } from "../network/chain-process.ts";
import { jobOf } from "../network/checks.ts";
import { HostileView, truthOf } from "../network/hostile-demands.ts";
import { allReceipts } from "../network/receipts.ts";
import { killAll, startService, until, type RunningService } from "../network/services.ts";
import { ACCOUNTS, accountAt, ORION, startTestNetwork, type TestNetwork } from "../network/test-network.ts";
import { postTinyJob, type TinyJob } from "../network/tiny-job.ts";
import { wideInputs, wideProgram } from "../network/wide-program.ts";
import { Flood } from "./flood.ts";

export interface FloodOptions {
  readonly seed: number;
  readonly demands: number;
  readonly claims: number;
}

/** What a flood came to. */
export interface FloodOutcome {
  readonly demands: number;
  /** Transactions that the judge did not take. */
  readonly refused: number;
  /** Why, as the judge says it one block earlier; "outrun" where it would have taken them then. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly lostClaims: number;
  /** Chain time from the first demand to the last answer, hours. */
  readonly hours: number;
  readonly workerGainOrion: string;
  readonly workerGainCu: string;
  readonly workerGainEth: string;
  /** What attackers are poorer by. */
  readonly attackersCostEth: string;
  readonly answerGas: number;
  readonly demandGas: number;
}

const WORKER = ACCOUNTS.workers;
const ATTACKERS = [ACCOUNTS.stranger, WORKER + 1, WORKER + 2];
const STANDARD = 1;
const SHARDS_PER_CLAIM = 5;
const NODES = 24;
const STAKE = 1_000n * ORION;
const BLOCK_MS = 100;

/** Throws demands at the claims of a worker that runs as a process of its own, on the profile `standard` of `local`. @throws Error where the worker loses anything */
export async function playFlood({ seed, demands, claims }: FloodOptions): Promise<FloodOutcome> {
  const anvil = anvilPath();
  const running = await startTestNetwork({
    startChain: anvil === undefined ? startHardhat : () => startAnvil(anvil),
  });
  const services: RunningService[] = [];
  try {
    return await flood(running, services, { seed, demands, claims });
  } finally {
    await killAll(services);
    await running.stop();
  }
}

async function flood(running: TestNetwork, services: RunningService[], options: FloodOptions): Promise<FloodOutcome> {
  const { seed, demands, claims } = options;
  await running.stake(WORKER, STAKE);
  const job = await postTinyJob(running, {
    shards: claims * SHARDS_PER_CLAIM,
    shardsPerClaim: SHARDS_PER_CLAIM,
    content: { program: wideProgram(NODES), inputs: wideInputs(claims * SHARDS_PER_CLAIM, seed) },
    terms: { options: optionsOf({ profile: STANDARD }) },
  });
  services.push(startService(running, "orchestrator", ACCOUNTS.orchestrator));
  services.push(startService(running, "worker", WORKER, { intervalMs: 50 }));
  const units = async (): Promise<UnitRecord[]> => [...(await jobOf(running, job)).units];
  const committed = async (): Promise<boolean> => (await units()).every(({ status }) => status === "committed");
  await until("the commits", committed, services, 60_000 + 5_000 * claims);
  const truth = truthOf(job);
  const views = (await units()).map((unit) => new HostileView(running, job, unit, truth));
  const balance = (account: number): Promise<bigint> => running.chain.provider.getBalance(accountAt(account).address);
  const before = await balance(WORKER);
  const theirs = await sumOf(ATTACKERS, balance);
  const from = await running.chain.provider.getBlockNumber();

  await running.chainProcess.rpc("evm_setAutomine", [false]);
  const time = startChainTime(running.chainProcess, BLOCK_MS, 1);
  const { Orion } = await loadParameters("local");
  const turn = Number(await running.chain.contracts.disputes.traceTime(STANDARD, SHARDS_PER_CLAIM));
  const clocks = { answerPeriod: Orion.standard.answerPeriod, turn };
  const storm = new Flood(running, views, time, clocks, { seed, accounts: ATTACKERS });
  const start = await timeOf(running);
  let end: number;
  try {
    await Promise.race([storm.throwAll(demands), time.failed]);
    await Promise.race([storm.drain(), time.failed]);
    end = await timeOf(running);
  } finally {
    await time.stop();
    await running.chainProcess.rpc("evm_setAutomine", [true]);
  }
  await settle(running, job, services);

  const { credits, registry, disputes } = running.chain.contracts;
  const { address } = accountAt(WORKER);
  for (const account of ATTACKERS) {
    if ((await disputes.balanceOf(accountAt(account).address)) === 0n) continue;
    const data = disputes.interface.encodeFunctionData("withdraw", [accountAt(account).address]);
    await running.sender(account).send({ to: running.network.addresses.disputes, data, label: "withdraw" });
  }
  const account = await registry.account(address, running.network.addresses.market);
  const lost = (await jobOf(running, job)).penalties.length;
  expect(lost, "claims that were lost").to.equal(0);
  expect([account.free, account.locked], "stake, free and locked").to.deep.equal([STAKE, 0n]);
  const gain = (await balance(WORKER)) - before;
  expect(gain > 0n, `the worker ends richer, by ${formatEther(gain)} ETH`).to.equal(true);
  const receipts = (await allReceipts(running)).filter(
    ({ blockNumber, to }) => blockNumber > from && to === running.network.addresses.disputes,
  );
  const attackers = new Set(ATTACKERS.map((one) => accountAt(one).address));
  const made = receipts.filter((receipt) => attackers.has(receipt.from));
  const refused = made.filter(({ status }) => status === 0);
  const gasOf = (some: typeof receipts): number => some.reduce((sum, { gasUsed }) => sum + Number(gasUsed), 0);
  return {
    demands: storm.counts.demands,
    refused: refused.length,
    refusals: storm.refusals.counts,
    lostClaims: lost,
    hours: Number(((end - start) / 3_600).toFixed(1)),
    workerGainOrion: formatEther(account.free - STAKE),
    workerGainCu: formatUnits(await credits.balanceOf(address), 18),
    workerGainEth: formatEther(gain),
    attackersCostEth: formatEther(theirs - (await sumOf(ATTACKERS, balance))),
    answerGas: gasOf(receipts.filter((receipt) => receipt.from === address)),
    demandGas: gasOf(made),
  };
}

/** Ends all claims and waits until the worker has brought its prepayments home. */
async function settle(running: TestNetwork, job: TinyJob, services: readonly RunningService[]): Promise<void> {
  const { disputes } = running.chain.contracts;
  await running.advance(86_400);
  services = [...services, startService(running, "upkeep", ACCOUNTS.upkeep)];
  try {
    const settled = async (): Promise<boolean> => {
      const { units } = await jobOf(running, job);
      return [...units].every(({ status }) => status === "settled");
    };
    await until("the settlements", settled, services, 120_000);
    const events = async (): Promise<[bigint, bigint]> => {
      const returned = await disputes.queryFilter(disputes.filters.PrepaymentReturned());
      const { address } = accountAt(WORKER);
      const withdrawn = await disputes.queryFilter(disputes.filters.Withdrawn(address));
      return [sum(returned.map(({ args }) => args.amount)), sum(withdrawn.map(({ args }) => args.amount))];
    };
    const home = async (): Promise<boolean> => {
      const [returned, withdrawn] = await events();
      return returned > 0n && returned === withdrawn;
    };
    await until("the prepayments", home, services, 300_000);
  } finally {
    await killAll(services.slice(-1));
  }
}

async function timeOf(running: TestNetwork): Promise<number> {
  return (await running.chain.provider.getBlock("latest"))?.timestamp ?? 0;
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}

async function sumOf(accounts: readonly number[], of: (account: number) => Promise<bigint>): Promise<bigint> {
  return sum(await Promise.all(accounts.map(of)));
}
