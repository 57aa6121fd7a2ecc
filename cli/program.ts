import { readFileSync } from "node:fs";

import { Command } from "commander";

import { group, type Runner } from "./core/command.ts";
import { creditsGroup } from "./credits/group.ts";
import { devnetCommand } from "./devnet/command.ts";
import { dexGroup } from "./dex/group.ts";
import { disputeGroup } from "./dispute/group.ts";
import { indexGroup } from "./indexer/group.ts";
import { govGroup } from "./gov/group.ts";
import { jobGroup } from "./job/group.ts";
import { keeperGroup } from "./keeper/group.ts";
import { keysGroup } from "./keys/group.ts";
import { modelGroup } from "./model/group.ts";
import { providerGroup } from "./provider/group.ts";
import { validatorGroup } from "./validator/group.ts";
import { queryGroup } from "./query/group.ts";
import { workerGroup } from "./worker/group.ts";

const GROUPS = [
  keysGroup,
  modelGroup,
  jobGroup,
  providerGroup,
  workerGroup,
  validatorGroup,
  disputeGroup,
  keeperGroup,
  creditsGroup,
  dexGroup,
  govGroup,
  indexGroup,
  queryGroup,
];

const EXTRA = `
Every command has --help with examples, and --json. A network is a file (--network, ORION_NETWORK, or
./.orion/network.json, which \`orion devnet\` writes). Keys come from encrypted files or from ORION_PRIVATE_KEY.
Exit codes: 0 done, 1 failed, 2 wrong usage or input, 3 a transaction was sent, now or by an earlier run
that was cut off: look before you repeat it.

Examples:
  $ orion devnet
  $ orion job post program.ortp --weights weights/ --input images.npy --account engineer`;

/** The whole command line; parsing calls `runner` with the command that was asked for. */
export function orionProgram(runner: Runner): Command {
  const program = new Command("orion").description("Posts, computes and settles AI jobs on a decentralised network.");
  program.version(versionOfPackage(), "--version", "print the version");
  program.addHelpText("after", EXTRA);
  program.addCommand(devnetCommand(runner));
  for (const spec of GROUPS) program.addCommand(group(spec, runner));
  for (const each of everyCommand(program)) each.exitOverride().configureOutput({ outputError: () => undefined });
  return program;
}

function versionOfPackage(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

function everyCommand(root: Command): Command[] {
  return [root, ...root.commands.flatMap((child) => everyCommand(child))];
}
