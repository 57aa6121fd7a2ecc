import { expect } from "chai";
import { MaxUint256, ZeroAddress, ZeroHash, id, type BaseContract, type TransactionReceipt } from "ethers";

import { RevertError } from "@orion/protocol/common";
import { poolKeyOf, type Terms } from "@orion/protocol/chain";

import { expectRejection } from "../unit/storage/support/rejection.ts";
import { ACCOUNTS, CU, ORION, accountAt, startTestNetwork, type TestNetwork } from "../support/network/test-network.ts";

const DAY = 86_400;
const FOR = 1;
/** ORION wei that a pool's shares earn a second, and what there is to be earned. */
const RATE = ORION / 100n;
const BUDGET = 1_000n * ORION;
const SHARES = 10n ** 9n;

/** Accounts of the story: the treasury deployed the network and made its pool. */
const [treasury, engineer, holder, liquidity] = [
  ACCOUNTS.deployer,
  ACCOUNTS.stranger,
  ACCOUNTS.workers,
  ACCOUNTS.upkeep,
];

interface Decision {
  readonly id: bigint;
  readonly packed: readonly [string[], bigint[], string[], string];
}

describe("holders of ORION decide, liquidity earns, an engineer buys and posts, and the seed is looked after", function () {
  this.timeout(180_000);
  let running: TestNetwork;
  let pool: bigint;

  before(async () => {
    running = await startTestNetwork();
    const { orion, credits } = running.chain.contracts;
    pool = await credits.POOL();
    await call(treasury, orion, "transfer", accountAt(holder).address, 60_000_000n * ORION);
    await call(treasury, orion, "transfer", accountAt(engineer).address, 10_000n * ORION);
    await call(holder, orion, "delegate", accountAt(holder).address);
    await running.advance(1);
  });
  after(async () => {
    await running.stop();
  });

  /** One transaction, simulated before it is signed. */
  const call = async (
    account: number,
    contract: BaseContract,
    name: string,
    ...args: unknown[]
  ): Promise<TransactionReceipt> => {
    const data = contract.interface.encodeFunctionData(name, args);
    return await running.sender(account).send({ to: await contract.getAddress(), data, label: name });
  };
  /** Name of the contract's error. */
  const refusal = async (attempt: Promise<unknown>): Promise<string> =>
    (await expectRejection(attempt, RevertError, /./)).revert;

  /** Proposed, voted for and queued. */
  const queued = async (target: BaseContract, name: string, ...args: unknown[]): Promise<Decision> => {
    const { governor } = running.chain.contracts;
    const description = `${name} ${args.join(" ")}`;
    const data = target.interface.encodeFunctionData(name, args);
    const packed: Decision["packed"] = [[await target.getAddress()], [0n], [data], id(description)];
    await call(holder, governor, "propose", ...packed.slice(0, 3), description);
    const proposal = await governor.hashProposal(...packed);
    await running.advance(Number(await governor.votingDelay()) + 1);
    await call(holder, governor, "castVote", proposal, FOR);
    await running.advance(Number(await governor.votingPeriod()) + 1);
    await call(engineer, governor, "queue", ...packed);
    return { id: proposal, packed };
  };

  it("a vote sets what the pool's shares earn, two days after it was decided, by anybody's hand", async () => {
    const { governor, mining, timelock } = running.chain.contracts;
    const decision = await queued(mining, "setRate", pool, RATE);
    expect(await refusal(call(engineer, governor, "execute", ...decision.packed))).to.equal(
      "TimelockUnexpectedOperationState",
    );
    expect((await mining.farm(pool)).rate).to.equal(0n);
    await running.advance(Number(await timelock.getMinDelay()) + 1);
    await call(engineer, governor, "execute", ...decision.packed);
    expect((await mining.farm(pool)).rate).to.equal(RATE);
    expect(await refusal(call(holder, mining, "setRate", pool, 0n))).to.equal("OwnableUnauthorizedAccount");
  });

  it("who stakes shares earns by the second, and never more than was funded", async () => {
    const { mining, dex, orion } = running.chain.contracts;
    const staker = accountAt(liquidity).address;
    await call(treasury, dex, "transfer", staker, pool, SHARES);
    await call(treasury, orion, "approve", await mining.getAddress(), BUDGET);
    await call(treasury, mining, "fund", pool, BUDGET);
    await call(liquidity, dex, "setOperator", await mining.getAddress(), true);
    const from = await timeOf(await call(liquidity, mining, "deposit", pool, SHARES));
    await running.advance(DAY / 24);
    const to = await timeOf(await call(liquidity, mining, "harvest", pool, staker));
    const exact = BigInt(to - from) * RATE;
    expect(await orion.balanceOf(staker)).to.be.within(exact - 1n, exact);
    await running.advance(29 * DAY);
    await call(liquidity, mining, "harvest", pool, staker);
    const earned = await orion.balanceOf(staker);
    expect(earned).to.be.within(BUDGET - 2n, BUDGET);
    expect((await mining.farm(pool)).budget).to.equal(0n);
    await call(liquidity, mining, "exit", pool);
    expect(await dex.balanceOf(staker, pool)).to.equal(SHARES);
  });

  it("an engineer without credits buys the escrow with ORION and posts in one transaction", async () => {
    const { buyAndPost, credits, orion, market } = running.chain.contracts;
    const terms = termsOf(accountAt(engineer).address);
    const hops = [{ tokenOut: await credits.getAddress(), fee: 30 }];
    const tokenIn = await orion.getAddress();
    const { amountIn, escrow } = await buyAndPost.quote(terms, tokenIn, hops);
    const before = await orion.balanceOf(accountAt(engineer));
    await call(engineer, orion, "approve", await buyAndPost.getAddress(), amountIn);
    const payment = { tokenIn, hops, maxIn: amountIn, deadline: MaxUint256 };
    await call(engineer, buyAndPost, "buyAndPost", terms, payment);
    expect((await market.job(await market.jobIdOf(terms))).remainingEscrow).to.equal(escrow);
    expect(before - (await orion.balanceOf(accountAt(engineer)))).to.equal(amountIn);
    for (const token of [orion, credits]) expect(await token.balanceOf(buyAndPost)).to.equal(0n);
  });

  it("the treasury's seed position, past its end, costs it what a deliverer takes, until it is rolled", async () => {
    const { credits, orion } = running.chain.contracts;
    const seed = 1n;
    const before = await credits.position(seed);
    expect(before.owner).to.equal(accountAt(treasury).address);
    // The month that the test above let pass is over, so the auction runs.
    const { timestamp } = (await running.chain.provider.getBlock("latest")) ?? { timestamp: 0 };
    expect(BigInt(timestamp)).to.be.greaterThan(before.end);
    const part = 10n * CU;
    const share = (before.lock * part) / before.debt;
    const [poster, start] = [accountAt(ACCOUNTS.poster).address, await orion.balanceOf(accountAt(treasury))];
    await call(ACCOUNTS.poster, credits, "deliver", seed, part);
    const paid = await orion.balanceOf(poster);
    expect(paid).to.be.greaterThan(share / 2n);
    expect(paid).to.be.lessThan(share);
    expect((await orion.balanceOf(accountAt(treasury))) - start).to.equal(share - paid);
    await call(treasury, orion, "approve", await credits.getAddress(), MaxUint256);
    // Nobody had the pool observed for a month, so what it says is thin: a roll asks for nothing more and gives one day.
    const now = async (): Promise<number> => (await running.chain.provider.getBlock("latest"))?.timestamp ?? 0;
    for (let { end } = before; end <= (await now());) {
      await call(treasury, credits, "roll", seed, 30 * DAY, MaxUint256 >> 128n);
      const rolled = (await credits.position(seed)).end;
      expect(rolled - end).to.equal(BigInt(DAY));
      end = rolled;
    }
    expect(await refusal(call(ACCOUNTS.poster, credits, "deliver", seed, part))).to.equal("NotEnded");
    // Or redeemed: liquidity taken out of the pool brings CU back, and CU open the lock.
    const { dex } = running.chain.contracts;
    const key = poolKeyOf(await credits.getAddress(), await orion.getAddress(), 30);
    const [shares, to] = [(await dex.balanceOf(accountAt(treasury), pool)) / 2n, accountAt(treasury).address];
    await call(treasury, dex, "removeLiquidity", {
      key,
      shares,
      minAmount0: 0n,
      minAmount1: 0n,
      to,
      deadline: MaxUint256,
    });
    const held = await credits.balanceOf(to);
    expect(held).to.be.greaterThan(0n);
    const { debt, lock } = await credits.position(seed);
    await call(treasury, credits, "redeem", seed, held);
    const after = await credits.position(seed);
    expect([after.debt, after.lock]).to.deep.equal([debt - held, lock - (lock * held) / debt]);
  });

  const timeOf = async ({ blockNumber }: TransactionReceipt): Promise<number> =>
    (await running.chain.provider.getBlock(blockNumber))?.timestamp ?? 0;

  const termsOf = (poster: string): Terms => ({
    ...{ poster, salt: id("salt"), programRoot: id("program"), dataset: id("dataset"), inputsRoot: id("inputs") },
    ...{ rows: 8n, shards: 8, shardsPerClaim: 4, workPerShard: CU / 10n, pricePerShard: CU / 8n },
    ...{ keeper: ZeroAddress, keeperFee: 0n, collateralPerClaim: 4n * ORION, challengers: ZeroHash, options: 0 },
  });
});
