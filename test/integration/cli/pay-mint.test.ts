import { expect } from "chai";

import { createUpkeepKeeper } from "@orion/keepers";

import { startHere, type Started } from "../../support/network/in-process.ts";
import { killAll, startService, until, type RunningService } from "../../support/network/services.ts";
import {
  accountAt,
  ACCOUNTS,
  CU,
  ORION,
  startTestNetwork,
  type TestNetwork,
} from "../../support/network/test-network.ts";
import { tinyImages } from "../../support/network/tiny-job.ts";
import { orion, type Ran } from "./orion.ts";
import { writeTinyFiles } from "./tiny-files.ts";

type Json = Record<string, unknown>;

const DAY = 86_400;
const SHARDS = 2n;
const ESCROW = (SHARDS * CU) / 2n;

describe("orion job post --pay mint", function () {
  this.timeout(240_000);
  let running: TestNetwork;
  const services: RunningService[] = [];
  let upkeep: Started | undefined;
  const engineer = accountAt(ACCOUNTS.deployer);
  const worker = accountAt(ACCOUNTS.workers);

  const run = (...args: string[]): Promise<Ran> =>
    orion(args, {
      cwd: running.dir,
      env: { ORION_PRIVATE_KEY: engineer.privateKey, ORION_NETWORK: running.networkFile },
    });
  const json = async (...args: string[]): Promise<Json> => {
    const ran = await run(...args, "--json");
    expect(ran.stderr, args.join(" ")).to.equal("");
    return JSON.parse(ran.stdout) as Json;
  };
  const refused = async (message: RegExp, ...args: string[]): Promise<void> => {
    const ran = await run(...args);
    expect(ran, args.join(" ")).to.include({ code: 2, stdout: "" });
    expect(ran.stderr).to.match(message);
  };
  const post = [
    ...["job", "post", "model.ortp", "--weights", "weights", "--input", "images.npy"],
    ...["--price", "0.5", "--profile", "fast", "--without-price", "--pay", "mint"],
  ];
  const heldBy = (address: string): Promise<bigint> => running.chain.contracts.credits.balanceOf(address);
  const debtOf = async (position: unknown): Promise<bigint> =>
    (await running.chain.contracts.credits.position(position as string)).debt;

  before(async () => {
    running = await startTestNetwork();
    await writeTinyFiles(running.dir, tinyImages(3));
  });
  after(async () => {
    await upkeep?.stop();
    await killAll(services);
    await running.stop();
  });

  it("shows lock, fee, term, quota and the time of the first payments before anything is signed", async () => {
    const nonce = await running.chain.provider.getTransactionCount(engineer.address);
    const { stdout, code } = await run(...post, "--term", "10d", "--dry-run");
    expect(code).to.equal(0);
    for (const line of [
      /^escrow +1 CU$/m,
      /^quota +≈ 1,041,666\.666667 CU left today, of ≈ 1,041,666\.666667 CU$/m,
      /^collateral +2 ORION per CU: the floor$/m,
      /^lock +2 ORION$/m,
      /^fee +≈ 0\.005\d* ORION, 0\.25% of the lock, burned$/m,
      /^limit +≈ 2\.02\d+ ORION for lock and fee$/m,
      /^owed by +.* UTC \(chain time\)$/m,
      /^settles from +.* UTC \(chain time\), 24 hours after the post$/m,
    ]) {
      expect(stdout).to.match(line);
    }
    expect(await running.chain.provider.getTransactionCount(engineer.address)).to.equal(nonce);
  });

  it("refuses what the limit, the term or the day's quota does not allow, and flags of a purchase", async () => {
    await refused(
      /^error: lock and fee are 2\.005\d* ORION now, more than 1 ORION\nhint: /m,
      ...post,
      "--max-cost",
      "1",
    );
    await refused(/^error: a term is 30 d at most, not 31 d\n/m, ...post, "--term", "31d");
    const [at] = [post.indexOf("0.5")];
    await refused(/may still be minted into escrows today\n/, ...post.with(at, "1000000"));
    await refused(/--max-price and --deadline are for a purchase/, ...post, "--max-price", "1");
    await refused(/--term and --max-cost are for a mint/, ...post.slice(0, -2), "--term", "3d");
  });

  it("pays the worker a day after the post, which upkeep waits for and accept too", async () => {
    services.push(startService(running, "orchestrator", ACCOUNTS.orchestrator, { serveAll: true }));
    await running.stake(ACCOUNTS.workers, 1_000n * ORION);
    services.push(startService(running, "worker", ACCOUNTS.workers));
    const posted = await json(...post);
    const { id, debt } = posted.position as Json;
    const jobId = posted.jobId as string;
    expect(debt).to.equal(String(ESCROW));
    expect(await heldBy(engineer.address)).to.equal(0n);
    const committed = async (): Promise<boolean> => {
      const { jobs } = await running.follower.sync();
      return (
        jobs
          .get(jobId)
          ?.units.active()
          .every(({ status }) => status === "committed") === true && jobs.get(jobId)?.units.freeCount === 0
      );
    };
    await until("every commit", committed, services);
    const asked: string[] = [];
    const context = { ...running.context(ACCOUNTS.upkeep), step: (name: string): void => void asked.push(name) };
    upkeep = startHere(createUpkeepKeeper(context, { intervalMs: 50 }));
    // Far beyond the windows, and short of a day.
    await running.advance(DAY / 2);
    await refused(/so nothing of it is accepted before .* UTC \(chain time\)\nhint: /, "job", "accept", jobId);
    const { stdout } = await run("job", "status", jobId);
    expect(stdout)
      .to.match(new RegExp(`^minted +the escrow, against position ${String(id)}: `, "m"))
      .and.to.match(/^pays +from .* UTC \(chain time\) on, 24 hours after its post$/m);
    expect(asked).to.deep.equal([]);
    await running.advance(DAY / 2);
    await until("the settlement", async () => (await heldBy(worker.address)) === ESCROW, services);
    expect(await json("job", "status", jobId)).to.deep.include({ state: "settled", minted: true });
    expect(await json("job", "watch", jobId, "--until", "settled"))
      .to.have.property("settlesFrom")
      .that.is.a("number");
    // What was paid is still owed by the position.
    expect(await debtOf(id)).to.equal(ESCROW);
    await killAll(services);
  });

  it("lowers the position's debt when the job is cancelled, and pays what exceeds it a day later", async () => {
    const first = await json(...post);
    const { id } = first.position as Json;
    const { orion: token } = running.chain.contracts;
    const before = await token.balanceOf(engineer.address);
    const cancelled = await json("job", "cancel", first.jobId as string);
    expect(cancelled).to.deep.include({ state: "cancelled", refunded: String(ESCROW) });
    expect(await debtOf(id)).to.equal(0n);
    expect((await token.balanceOf(engineer.address)) - before).to.equal((ESCROW * 2n * ORION) / CU);
    expect(await heldBy(engineer.address)).to.equal(0n);

    const second = await json(...post);
    const jobId = second.jobId as string;
    await json("credits", "mint", "1");
    await json("credits", "redeem", String((second.position as Json).id), "1");
    const { mint } = await json("job", "cancel", jobId);
    expect(((mint as Json).owed as Json[])[0]).to.deep.include({ account: engineer.address, amount: String(ESCROW) });
    expect(await heldBy(engineer.address)).to.equal(0n);
    await refused(/^error: 1 CU are due from .* UTC \(chain time\) on\n/, "job", "collect", jobId);
    await running.advance(DAY);
    expect(await json("job", "collect", jobId)).to.deep.include({ account: engineer.address, paid: String(ESCROW) });
    expect(await heldBy(engineer.address)).to.equal(ESCROW);
    await refused(/owes 0x\w+ nothing\n/, "job", "collect", jobId);
  });
});
