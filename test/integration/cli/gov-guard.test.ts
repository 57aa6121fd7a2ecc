import { expect } from "chai";
import { parseEther, ZeroAddress, type Interface } from "ethers";

import { accountAt, ACCOUNTS, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import { orion, type Ran } from "./orion.ts";

const HOUR = 3_600;
const DAY = 24 * HOUR;
type Json = Record<string, unknown>;

describe("orion gov: parts of voting power, lapsed proposers, the guardian", function () {
  this.timeout(300_000);
  let running: TestNetwork;
  const [guardian, provider] = [accountAt(ACCOUNTS.stranger).address, accountAt(ACCOUNTS.workers).address];

  const run = (account: keyof typeof ACCOUNTS, args: readonly string[]): Promise<Ran> =>
    orion(["gov", ...args], {
      cwd: running.dir,
      env: { ORION_PRIVATE_KEY: accountAt(ACCOUNTS[account]).privateKey, ORION_NETWORK: running.networkFile },
    });
  const json = async (account: keyof typeof ACCOUNTS, ...args: string[]): Promise<Json> => {
    const ran = await run(account, [...args, "--json"]);
    expect(ran.stderr, args.join(" ")).to.equal("");
    return JSON.parse(ran.stdout) as Json;
  };
  const refused = async (
    account: keyof typeof ACCOUNTS,
    args: readonly string[],
    message: string,
    hint = "",
  ): Promise<void> => {
    const ran = await run(account, args);
    expect(ran.stderr, args.join(" ")).to.include(message).and.include(hint);
    expect(ran).to.include({ code: 2, stdout: "" });
  };
  const send = async (account: number, name: "orion" | "registry", call: string, args: unknown[]): Promise<void> => {
    const abi: Interface = running.chain.contracts[name].interface;
    const data = abi.encodeFunctionData(call, args);
    await running.sender(account).send({ to: running.network.addresses[name], data, label: call });
  };
  /** Proposed by the treasury, voted for, queued and waited for. */
  const decided = async (description: string, setting: string): Promise<string> => {
    const { id } = await json("deployer", "propose", "--set", setting, "--description", description);
    await running.advance(HOUR + 1);
    await json("deployer", "vote", id as string, "for");
    await running.advance(DAY);
    await json("deployer", "queue", id as string);
    await running.advance(2 * DAY);
    return id as string;
  };

  before(async () => {
    running = await startTestNetwork();
    await json("deployer", "delegate");
    await running.advance(1);
  });
  after(async () => {
    await running.stop();
  });

  it("shows what votes for an account: delegated, staked and locked, and what it holds that does not", async () => {
    const amount = parseEther("150000");
    await send(ACCOUNTS.deployer, "orion", "transfer", [provider, amount]);
    await send(ACCOUNTS.workers, "orion", "approve", [running.network.addresses.registry, amount]);
    const stake = [provider, running.network.addresses.market, parseEther("120000")];
    await send(ACCOUNTS.workers, "registry", "stake", stake);
    const power = await json("stranger", "power", provider);
    const before = await running.chain.contracts.orion.balanceOf(provider);
    expect(power).to.include({ account: provider, delegated: "0", locked: "0", staked: power.votes, mayPropose: true });
    expect(BigInt(power.staked as string)).to.equal(await running.chain.contracts.registry.getVotes(provider));
    const { stdout } = await run("stranger", ["power", provider]);
    expect(stdout).to.match(/^votes +[\d,]+ ORION \(0\.0\d% of all ORION\)$/m);
    expect(stdout)
      .to.match(/^staked +[\d,]+ ORION$/m)
      .and.to.match(/^locked in credits +0 ORION$/m);
    expect(stdout).to.match(/^holds +[\d,.]+ ORION, which votes for nobody: `orion gov delegate` makes it count$/m);
    expect(stdout).to.match(/^proposals +may propose: 100,000 ORION are needed$/m);
    expect(before).to.be.greaterThan(0n);
    const treasury = await run("deployer", ["power"]);
    expect(treasury.stdout)
      .to.match(/^locked in credits +4,000 ORION$/m)
      .and.match(/^holds .*, delegated to itself$/m);
  });

  it("a proposal of staked votes is cancelled by anybody once its proposer has withdrawn them", async () => {
    await running.advance(1);
    const args = ["propose", "--set", "market.paused=true", "--description", "By a provider"];
    const { id } = await json("workers", ...args);
    await refused("stranger", ["cancel", id as string], "may cancel it while that has the votes", "orion gov vote");
    const { free } = await running.chain.contracts.registry.account(provider, running.network.addresses.market);
    await send(ACCOUNTS.workers, "registry", "withdraw", [
      ...[running.network.addresses.market, free < parseEther("60000") ? free : parseEther("60000"), provider],
    ]);
    await running.advance(1);
    expect(await json("stranger", "cancel", id as string)).to.include({ proposal: id, state: "cancelled" });
  });

  it("nobody is the guardian until a vote names one", async () => {
    const { stdout } = await run("stranger", ["guard", "status"]);
    expect(stdout)
      .to.match(/^guardian +nobody$/m)
      .and.match(/^mints +open$/m);
    await refused("stranger", ["guard", "pause"], "this network has no guardian", "guardian.account=<address>");
    const named = await decided("A guardian", `guardian.account=${guardian}`);
    const shown = await run("stranger", ["show", named]);
    expect(shown.stdout).to.include(`set    guardian.account: none → ${guardian}`);
    await refused("stranger", ["guard", "cancel", named], "this network has no guardian");
    await json("stranger", "execute", named);
    expect(await json("stranger", "guard", "status")).to.include({ guardian, pausedAt: 0, nextPauseAt: 0 });
  });

  it("the guardian cancels what is queued, the same once, and never its own removal", async () => {
    const { id } = await json("deployer", "propose", "--set", "market.paused=true", "--description", "First");
    await refused("deployer", ["guard", "cancel", id as string], `only the guardian ${guardian} may do this`);
    await refused("stranger", ["guard", "cancel", id as string], "the guardian cancels only what is queued");
    await json("deployer", "cancel", id as string);
    await refused("stranger", ["guard", "cancel", id as string], "the proposal is cancelled already");
    const first = await decided("Again", "market.paused=true");
    expect(await json("stranger", "guard", "cancel", first)).to.include({ proposal: first, state: "cancelled" });
    const second = await decided("Once more", "market.paused=true");
    await refused("stranger", ["guard", "cancel", second], "a guardian has cancelled the same operation before");
    const removal = await decided("No guardian", "guardian.account=none");
    await refused("stranger", ["guard", "cancel", removal], "only sets the guardian");
    expect(await running.chain.contracts.guardian.guardian()).to.equal(guardian);
  });

  it("the guardian pauses contracts, each once, says until when, and not again for forty-five days", async () => {
    await refused("deployer", ["guard", "pause"], `only the guardian ${guardian} may do this`);
    await refused("stranger", ["guard", "pause", "mining"], "Allowed choices are market, credits, dex");
    const { until } = await json("stranger", "guard", "pause", "market");
    expect(Number(until)).to.equal(Number(await running.chain.contracts.market.pausedUntil()));
    await refused("stranger", ["guard", "pause"], "the running pause stopped market already");
    await running.advance(DAY);
    expect(await json("stranger", "guard", "pause", "credits", "dex")).to.include({ until });
    const { stdout } = await run("deployer", ["guard", "status"]);
    expect(stdout).to.match(/^posts and claims +paused by the guardian until .* \(in 12 d 23 h/m);
    expect(stdout).to.match(/^next pause +one is running until /m);
    const mint = await orion(["credits", "mint", "1"], {
      cwd: running.dir,
      env: {
        ORION_PRIVATE_KEY: accountAt(ACCOUNTS.deployer).privateKey,
        ORION_NETWORK: running.networkFile,
      },
    });
    expect(mint.code).to.not.equal(0);
    expect(mint.stderr).to.include("`orion gov guard status`");
    await running.advance(14 * DAY);
    expect((await run("deployer", ["guard", "status"])).stdout)
      .to.match(/^mints +open$/m)
      .and.match(/^next pause +not before .* \(in \d+ d/m);
    await refused("stranger", ["guard", "pause"], "the guardian paused lately", "pause again in");
    await running.advance(31 * DAY);
    await json("stranger", "guard", "pause");
  });

  it("is removed by the decision that it could not cancel", async () => {
    const proposals = (await json("stranger", "list")).proposals as Json[];
    const removal = proposals.find(({ description }) => String(description).startsWith("No guardian"));
    await json("stranger", "execute", removal?.id as string);
    expect(await running.chain.contracts.guardian.guardian()).to.equal(ZeroAddress);
  });
});
