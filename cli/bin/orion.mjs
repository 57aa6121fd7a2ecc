#!/usr/bin/env node
/**
 * Starts the command line under a Node that runs TypeScript by itself: the one that runs this file if it is new
 * enough, else the one that came with the packages.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const REQUIRED = [22, 18];
const main = new URL("../main.ts", import.meta.url);
const root = fileURLToPath(new URL("../..", import.meta.url));
/** Compiled code of earlier runs, which saves a third of the start. Beside the packages, where nobody else can write; without it all works as well. */
const CACHE = path.join(root, "node_modules/.cache/orion");

function isNewEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > REQUIRED[0] || (major === REQUIRED[0] && minor >= REQUIRED[1]);
}

/** Does the same under another Node: same arguments, same terminal, same signals, same exit code. */
function handOver(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  // On a terminal Ctrl-C reaches the child by itself; a signal to this process alone is passed on.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    console.error(`error: cannot start ${node}: ${error.message}\nhint: run \`npm ci\` again`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 130);
  });
}

const carried = path.join(root, "node_modules/.bin/node");
if (isNewEnough(process.versions.node)) {
  module.enableCompileCache(CACHE);
  await import(main.href);
} else if (existsSync(carried)) handOver(carried);
else {
  console.error(`error: Node ${process.versions.node} is too old and none is carried for this system`);
  console.error("hint: install Node 22.18 or newer, then run `npm ci`");
  process.exitCode = 1;
}
