import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import type { NetworkFile } from "@orion/protocol/chain";
import { prepareSubgraph } from "@orion/subgraph";

import { graphNodeProgram, postgresFolder } from "../../../cli/indexer/binaries.ts";
import { startPostgres, type Postgres } from "../../../cli/indexer/postgres.ts";
import { FIXTURE_ADDRESSES as at } from "../../support/index/gnd-fixtures.ts";
import { freePort } from "../../support/network/chain-process.ts";
import { FIXTURES } from "./fixtures/index.ts";

const NETWORK = {
  ...{ name: "local", chainId: 31_337, rpcUrl: "http://127.0.0.1:1", ipfsUrl: "http://127.0.0.1:1", deployBlock: 1 },
  addresses: {
    ...{ orion: at.OrionToken, registry: at.ProviderRegistry, credits: at.ComputeCredits, disputes: at.DisputeManager },
    ...{
      market: at.JobMarket,
      reserves: at.Reserves,
      upkeep: at.JobMarket,
      dex: at.DePinDex,
      mining: at.LiquidityMining,
    },
    ...{ buyAndPost: at.BuyAndPost, governor: at.OrionGovernor, timelock: at.OrionTimelock, usdPrices: at.UsdPrices },
    guardian: at.Guardian,
  },
} as const satisfies NetworkFile;

/** Runs `gnd test`; its own report says which fixture failed and how its answer differs. */
function gndTest(folder: string, postgresUrl: string, files: readonly string[]): Promise<string> {
  const args = ["test", "--skip-build", "--postgres-url", postgresUrl, ...files];
  return new Promise((resolve) => {
    execFile(graphNodeProgram(), args, { cwd: folder, maxBuffer: 1 << 24 }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

describe("the handlers of the subgraph, by gnd's own test runner", function () {
  this.timeout(180_000);
  let folder: string;
  let postgres: Postgres;
  let report: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "orion-fixtures-"));
    const dataDir = path.join(folder, "postgres");
    postgres = await startPostgres({ native: postgresFolder(), dataDir, port: await freePort() });
    const { dir } = await prepareSubgraph({ network: NETWORK, outDir: path.join(folder, "subgraph") });
    const files = path.join(folder, "fixtures");
    await mkdir(files);
    const names = Object.keys(FIXTURES);
    for (const name of names) await writeFile(path.join(files, `${name}.json`), JSON.stringify(FIXTURES[name]));
    report = await gndTest(
      dir,
      postgres.url,
      names.map((name) => path.join(files, `${name}.json`)),
    );
  });
  after(async () => {
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  for (const [name, { name: title, assertions }] of Object.entries(FIXTURES)) {
    it(title, () => {
      const [, mine = report] = report.split(`${name}.json`);
      const own = mine.split("→ Running")[0] ?? "";
      expect(own, own).to.include(`✔ ${title}`);
      expect(own.match(/✔ \{/g)?.length, own).to.equal(assertions.length);
    });
  }
});
