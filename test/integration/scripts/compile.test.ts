import { readFile, stat } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";

import config from "../../../hardhat.config.ts";
import { ensureCompiled, fingerprint } from "../../../scripts/compile.ts";
import { root } from "../../../scripts/support/root.ts";

const CREDITS = "contracts/credits/ComputeCredits.sol";

interface Override {
  readonly settings: Readonly<Record<string, unknown>>;
}

describe("ensureCompiled", () => {
  const stamp = path.join(root, "cache/compiled.sha256");

  before(() => ensureCompiled());

  it("leaves artifacts and types of the contracts", async () => {
    const artifact = JSON.parse(
      await readFile(path.join(root, "artifacts/contracts/token/OrionToken.sol/OrionToken.json"), "utf8"),
    ) as { abi: unknown[]; bytecode: string };
    expect(artifact.abi).not.to.be.empty;
    expect(artifact.bytecode).to.match(/^0x[0-9a-f]+$/);
    expect((await stat(path.join(root, "protocol/chain/generated/index.ts"))).size).to.be.greaterThan(0);
  });

  it("touches nothing where nothing has changed", async () => {
    const before = await stat(stamp);
    await ensureCompiled();
    expect((await stat(stamp)).mtimeMs).to.equal(before.mtimeMs);
  });

  it("takes what was compiled for production for nothing else, and compiles the exchange alike for both", async () => {
    expect(await readFile(stamp, "utf8")).to.equal(await fingerprint("default"));
    expect(await fingerprint("production")).to.not.equal(await fingerprint("default"));
    const { profiles } = config.solidity as { profiles: Record<string, { overrides: Record<string, Override> }> };
    const [tested, deployed] = [profiles.default?.overrides ?? {}, profiles.production?.overrides ?? {}];
    expect(tested).to.have.property("contracts/exchange/DePinDex.sol");
    // Of the credits alone the deployed code is made by the intermediate representation, like all that has no settings of its own.
    const { [CREDITS]: credits, ...rest } = tested;
    const { [CREDITS]: deployedCredits, ...deployedRest } = deployed;
    expect(deployedRest).to.deep.equal(rest);
    expect(deployedCredits).to.deep.equal({ ...credits, settings: { ...credits?.settings, viaIR: true } });
  });
});
