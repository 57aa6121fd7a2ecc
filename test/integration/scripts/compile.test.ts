import { readFile, stat } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";

import { ensureCompiled } from "../../../scripts/compile.ts";
import { root } from "../../../scripts/support/root.ts";

describe("ensureCompiled", () => {
  const stamp = path.join(root, "cache/compiled.sha256");

  before(ensureCompiled);

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
});
