import { expect } from "chai";
import { id, parseEther } from "ethers";

import { formatAmount, ORION } from "../../../cli/core/amounts.ts";
import { accountAt, ACCOUNTS, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import { orion, type Ran } from "./orion.ts";

const HOUR = 3_600;
const DAY = 24 * HOUR;
type Json = Record<string, unknown>;

describe("orion gov", function () {
  this.timeout(300_000);
  let running: TestNetwork;

  const run = (account: keyof typeof ACCOUNTS, args: readonly string[]): Promise<Ran> =>
    orion(["gov", ...args], {
      cwd: running.dir,
      env: { ORION_PRIVATE_KEY: accountAt(ACCOUNTS[account]).privateKey, ORION_NETWORK: running.networkFile },
    });
  /** By the treasury, which holds nearly all ORION. */
  const json = async (...args: string[]): Promise<Json> => {
    const ran = await run("deployer", [...args, "--json"]);
    expect(ran.stderr, args.join(" ")).to.equal("");
    return JSON.parse(ran.stdout) as Json;
  };
  const refused = async (args: readonly string[], message: string | RegExp, hint = "", code = 2): Promise<void> => {
    const ran = await run("deployer", args);
    expect(ran.stderr, args.join(" ")).to.match(message instanceof RegExp ? message : new RegExp(literal(message)));
    expect(ran.stderr).to.include(hint);
    expect(ran).to.include({ code, stdout: "" });
  };
  const propose = async (description: string, ...args: string[]): Promise<string> =>
    (await json("propose", ...args, "--description", description)).id as string;
  const floor = async (): Promise<bigint> => (await running.chain.contracts.credits.parameters()).floor;

  before(async () => {
    running = await startTestNetwork();
  });
  after(async () => {
    await running.stop();
  });

  it("lists what may be set, with values and bounds", async () => {
    const { stdout } = await run("stranger", ["parameters"]);
    expect(stdout).to.match(/^credits\.floor +2 ORION per CU +ORION per CU +by a quarter at most, a week apart$/m);
    expect(stdout).to.match(/^mining\.rate:cu-orion +0 ORION per second +0 ORION per second to 1 ORION per second /m);
    expect(stdout).to.match(/^governor\.quorum +4% +1% to 20% +of all ORION takes part$/m);
    expect(stdout).to.match(/^timelock\.delay +2 d +2 d to 30 d/m);
    const { parameters } = await json("parameters");
    const named = (name: string): Json | undefined => (parameters as Json[]).find((each) => each.name === name);
    expect(named("credits.floor")).to.include({ raw: String(parseEther("2")), least: null, most: null });
    expect(named("timelock.delay")).to.include({
      raw: String(2 * DAY),
      least: String(2 * DAY),
      most: String(30 * DAY),
    });
  });

  it("says that ORION must be delegated before it votes", async () => {
    await refused(
      ["propose", "--set", "market.paused=true", "--description", "x"],
      /has 4,000 ORION of votes, 100,000 ORION are needed to propose/,
      "do not vote yet: `orion gov delegate`",
    );
    const { votes } = await json("delegate");
    expect(BigInt(votes as string)).to.be.greaterThan(parseEther("900000000"));
    await running.advance(1);
  });

  describe("before anything is signed", () => {
    const refusals: readonly (readonly [args: string[], message: string | RegExp])[] = [
      [["--set", "credits.floor=3"], "credits.floor moves by a quarter at most: 2 ORION per CU → 3 ORION per CU"],
      [["--set", "credits.floor=2.5"], /credits\.floor moves once a week: not before \d{4}-\d\d-\d\d .* UTC/],
      [["--set", "mining.rate:cu-orion=1.5"], "mining.rate may be 0 ORION per second to 1 ORION per second, not 1.5"],
      [["--set", "governor.quorum=21%"], "governor.quorum may be 1% to 20%, not 21%"],
      [["--set", "governor.votingDelay=30m"], "governor.votingDelay may be 1 h to 30 d, not 30 min"],
      [["--set", "timelock.delay=1d"], "timelock.delay may be 2 d to 30 d, not 1 d"],
      [["--set", "credits.flor=2"], "There is no parameter credits.flor"],
      [[], "there is nothing to propose"],
    ];
    for (const [args, message] of refusals) {
      it(`refuses ${args.join(" ") || "nothing"}`, async () =>
        refused(["propose", ...args, "--description", "x", "--dry-run"], message));
    }

    it("refuses a proposal that does not say why", async () =>
      refused(["propose", "--set", "market.paused=true", "--description", " "], "Say why, for those who vote."));

    it("says so where a contract gives no reason", async () =>
      refused(
        ["propose", "--call", `${running.network.addresses.orion}:0xdeadbeef`, "--description", "x", "--dry-run"],
        "the contract refused the call and gave no reason\nhint: ",
      ));

    it("refuses a call that its contract refuses, unless told", async () => {
      const { orion: token } = running.chain.contracts;
      const [to, amount] = [accountAt(ACCOUNTS.stranger).address, parseEther("1")];
      const call = `${running.network.addresses.orion}:${token.interface.encodeFunctionData("transfer", [to, amount])}`;
      const words = ["propose", "--call", call, "--description", "x", "--dry-run"];
      await refused(
        words,
        "the call would be refused when it is executed: the contract refused the call: ERC20InsufficientBalance",
      );
      const { stdout } = await run("deployer", [...words, "--unchecked"]);
      expect(stdout)
        .to.include(`call   orion.transfer(${to}, 1000000000000000000)`)
        .and.include("warning: not all of this");
    });
  });

  describe("the life of a proposal", () => {
    let proposal: string;

    it("is proposed in words, and not twice", async () => {
      await running.advance(5 * DAY);
      const args = ["--set", "credits.floor=2.5", "--set", "mining.rate:cu-orion=0.05"];
      const shown = await run("deployer", ["propose", ...args, "--description", "Safer", "--dry-run"]);
      expect(shown.stdout).to.equal(
        "set    credits.floor: 2 → 2.5 ORION per CU\nset    mining.rate:cu-orion: 0 → 0.05 ORION per second\n",
      );
      proposal = await propose("Safer", ...args);
      await refused(["propose", ...args, "--description", "Safer"], "this very proposal was made already");
    });

    it("can't be voted on before its time, which is named", async () => {
      await refused(["vote", proposal, "for"], "the vote has not begun: it is open after", "hint: vote in ");
      await refused(["queue", proposal], "it is not decided: the vote ends at");
      await refused(["execute", proposal], "the proposal is pending; the vote begins after");
      const { proposals } = await json("list");
      const description = `Safer\n#proposer=${accountAt(ACCOUNTS.deployer).address}`;
      expect((proposals as Json[])[0]).to.include({ id: proposal, state: "pending", description });
    });

    it("could have been made by nobody else, who might have cancelled it", async () => {
      const { chain } = running;
      const { orion, governor } = chain.network.addresses;
      const { description } = ((await json("list")).proposals as Json[])[0] ?? {};
      const abi = chain.contracts.governor.interface;
      const data = abi.encodeFunctionData("propose", [[orion], [0n], ["0x"], description as string]);
      const from = accountAt(ACCOUNTS.stranger).address;
      const refusal: unknown = await chain.provider.call({ from, to: governor, data }).catch((error: unknown) => error);
      const found = abi.parseError((refusal as { data: string }).data);
      expect([found?.name, ...(found?.args ?? [])]).to.deep.equal(["GovernorRestrictedProposer", from]);
    });

    it("is voted on once, with a reason, by whoever had votes when the vote began", async () => {
      await running.advance(HOUR + 1);
      const stranger = await run("stranger", ["vote", proposal, "for"]);
      expect(stranger.stderr)
        .to.match(/had no votes when the vote began at/)
        .and.include("hint: votes count as they were then");
      await refused(["cancel", proposal], "nobody can cancel the proposal now", `hint: vote against it until `);
      const { governor } = running.chain.contracts;
      const vote = await json("vote", proposal.slice(0, 12), "for", "--reason", "Less risk");
      expect(vote).to.include({ proposal, choice: "for", for: vote.weight });
      expect((vote.transactions as Json[]).map(({ label }) => label)).to.deep.equal(["vote"]);
      const [event] = await governor.queryFilter(governor.filters.VoteCast());
      expect(event?.args.reason).to.equal("Less risk");
      await refused(["vote", proposal, "against"], "has voted on this proposal already");
      await refused(["vote", proposal, "maybe"], "Allowed choices are against, for, abstain");
    });

    it("shows its votes, its quorum and what comes next", async () => {
      const { stdout } = await run("stranger", ["show", proposal]);
      expect(stdout)
        .to.match(/^state +active$/m)
        .and.to.match(/^for +.* \(100\.00%\)$/m);
      // Four per cent of what is left of all ORION: fees have burned some.
      const { governor } = running.chain.contracts;
      const quorum = await governor.quorum(await governor.proposalSnapshot(proposal));
      expect(quorum).to.be.within(parseEther("39900000"), parseEther("40000000"));
      expect(stdout).to.match(/^quorum +\S+ ORION: reached by for and abstain$/m);
      expect(stdout).to.include(` ${formatAmount(quorum, ORION)}: reached`);
      expect(stdout).to.include("set    credits.floor: 2 → 2.5 ORION per CU");
    });

    it("waits in the timelock, then happens, all of it together", async () => {
      await running.advance(DAY);
      await refused(["execute", proposal], "the proposal has won and is not queued", "orion gov queue");
      await refused(["vote", proposal, "for"], "the vote ended at");
      await refused(
        ["cancel", proposal],
        "the proposal is succeeded: only the guardian can cancel what is queued",
        "hint: nothing happens before",
      );
      expect(await json("queue", proposal)).to.include({ state: "queued" });
      await refused(
        ["cancel", proposal],
        "the proposal is queued: only the guardian can cancel what is queued",
        "hint: nothing happens before",
      );
      await refused(["queue", proposal], "the proposal is queued; may be executed from");
      await refused(["execute", proposal], "it is too early: the timelock lets it happen at", "hint: execute it in ");
      await running.advance(2 * DAY);
      const stranger = await run("stranger", ["execute", proposal]);
      expect(stranger.stdout).to.equal(
        `executed ${proposal}\nset    credits.floor = 2.5 ORION per CU\nset    mining.rate:cu-orion = 0.05 ORION per second\n`,
      );
      expect(await floor()).to.equal(parseEther("2.5"));
      const pool = await running.chain.contracts.credits.POOL();
      expect((await running.chain.contracts.mining.farm(pool)).rate).to.equal(parseEther("0.05"));
      await refused(["execute", proposal], "the proposal is executed already");
    });

    it("is taken back by its proposer alone, until the vote begins, and the refusal says what can be done instead", async () => {
      const own = await propose("A mistake", "--set", "market.paused=true");
      const args = ["cancel", own];
      const stranger = await run("stranger", args);
      expect(stranger).to.include({ code: 2, stdout: "" });
      expect(stranger.stderr).to.match(
        new RegExp(
          `^error: only its proposer 0x\\w+ may cancel it while that has the votes, .*\nhint: .*: \`orion gov vote ${own} against\`\n$`,
        ),
      );
      expect(await json(...args)).to.include({ proposal: own, state: "cancelled" });
      expect((await run("stranger", ["show", own])).stdout).to.match(/^state +cancelled$/m);
      await refused(args, "the proposal is cancelled already");
      await refused(["vote", own, "for"], "the proposal is cancelled: there is no vote");
      await refused(["queue", own], "the proposal is cancelled already");
      await refused(["execute", own], "the proposal is cancelled already");
    });

    it("is over when too few take part", async () => {
      const lost = await propose("Nobody cares", "--set", "market.paused=true");
      await refused(
        ["propose", "--set", "dex.paused=true", "--description", "Another one"],
        "has a proposal already whose vote has not ended",
        "orion gov cancel",
      );
      await running.advance(HOUR + DAY + 2);
      await refused(["queue", lost], "the proposal is defeated: too few took part");
      await refused(["cancel", lost], "the proposal is defeated; too few took part");
    });

    it("changes the governor itself and the timelock", async () => {
      const own = await propose(
        "Slower",
        ...["--set", "governor.votingDelay=2h", "--set", "governor.quorum=5%", "--set", "timelock.delay=3d"],
      );
      await running.advance(HOUR + 1);
      await json("vote", own, "for");
      await running.advance(DAY);
      await json("queue", own);
      await running.advance(2 * DAY);
      await json("execute", own);
      const { governor, timelock } = running.chain.contracts;
      expect(await governor.votingDelay()).to.equal(BigInt(2 * HOUR));
      expect(await governor["quorumNumerator()"]()).to.equal(5n);
      expect(await timelock.getMinDelay()).to.equal(BigInt(3 * DAY));
    });
  });

  describe("given a hostile proposal", () => {
    const hostile = `\u001b[2J\u202eSafer${"x".repeat(20_000)}\nset    credits.floor: 2 → 2 ORION per CU`;

    it("shows every word of a stranger as text, and every other call as what it is", async () => {
      const { governor, credits } = running.chain.contracts;
      const { addresses } = running.network;
      // A setting with something behind it, a setter's selector at another contract, damaged arguments, coin of the timelock.
      const setFloor = credits.interface.encodeFunctionData("setFloor", [parseEther("2.6")]);
      const stranger = accountAt(ACCOUNTS.stranger).address;
      const targets = [addresses.credits, stranger, addresses.credits, addresses.credits];
      const calls = [`${setFloor}00`, setFloor, setFloor.slice(0, 20), setFloor];
      const data = governor.interface.encodeFunctionData("propose", [targets, [0n, 0n, 0n, 1n], calls, hostile]);
      await running.sender(ACCOUNTS.deployer).send({ to: addresses.governor, data, label: "propose" });
      const number = await governor.hashProposal(targets, [0n, 0n, 0n, 1n], calls, id(hostile));
      const { stdout, code } = await run("stranger", ["show", number.toString()]);
      expect(code).to.equal(0);
      const lines = stdout.split("\n");
      expect(lines.filter((line) => line.startsWith("set "))).to.deep.equal([]);
      expect(lines.filter((line) => line.startsWith("call "))).to.have.length(4);
      expect(stdout).to.include(`a stranger ${stranger}: ${setFloor}`).and.include("with 0.000000000000000001 coin");
      expect(stdout).to.include("warning: not all of this sets a parameter");
      expect(stdout).to.not.match(/(?!\n)\p{Cc}|\p{Cf}/u);
      expect(stdout.length).to.be.lessThan(6_000);
      const list = await run("stranger", ["list"]);
      expect(list.stdout)
        .to.include("[2J Safer")
        .and.not.match(/(?!\n)\p{Cc}|\p{Cf}/u);
      expect(list.stdout.split("\n").every((line) => line.length < 300)).to.equal(true);
      const raw = await run("stranger", ["show", number.toString(), "--json"]);
      expect(raw.stdout).to.not.match(/(?!\n)\p{Cc}|\p{Cf}/u);
      expect((JSON.parse(raw.stdout) as Json).description).to.equal(hostile);
    });

    it("knows no proposal that is not there, and asks for more digits", async () => {
      await refused(["show", "0x000000"], "there is no proposal 0x000000", "orion gov list");
      await refused(["show", "7"], "Give a proposal's id");
    });
  });
});

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
