import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";

import config from "../../../hardhat.config.ts";
import { root } from "../../../scripts/support/root.ts";

const contractThat = (body: string): string => `// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

contract Sample {
    function sample() external pure returns (uint256) { ${body} }
}
`;

describe("the compiler's warnings", () => {
  let project: string;

  before(async () => {
    await mkdir(path.join(root, "cache"), { recursive: true });
    // Inside the repository, so that the compiler's package is found; in a git-ignored folder.
    project = await mkdtemp(path.join(root, "cache/warnings-"));
    await mkdir(path.join(project, "contracts"));
    await writeFile(path.join(project, "package.json"), '{ "name": "sample", "type": "module", "private": true }');
  });
  after(() => rm(project, { recursive: true }));

  const build = async (body: string): Promise<unknown> => {
    await writeFile(path.join(project, "contracts/Sample.sol"), contractThat(body));
    const hre = await createHardhatRuntimeEnvironment(config, { config: "hardhat.config.ts" }, project);
    return hre.tasks
      .getTask("build")
      .run({ quiet: true, noTests: true })
      .then(
        () => "built",
        (error: unknown) => (error as Error).message,
      );
  };

  it("fail the build, and fail it again from the cache", async () => {
    expect(await build("uint256 unused = 1; return 2;")).to.include("Compilation failed");
    expect(await build("uint256 unused = 1; return 2;")).to.include("Compilation failed");
  });

  it("are gone where the cause is gone", async () => {
    expect(await build("return 2;")).to.equal("built");
  });
});
