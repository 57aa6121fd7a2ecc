import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readlink, realpath, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { root } from "./root.ts";

/** Built by others and only read by tests. */
const BUILT = ["artifacts", "cache", "protocol/chain/generated", "protocol/kernels/wasm/generated"];
const OWN_SCOPE = "@orion";

/** A copy of the repository's files as they are now, where sources can be changed and built otherwise. Packages of others are shared with the original. */
export async function copyRepository(): Promise<string> {
  const copy = await realpath(await mkdtemp(path.join(tmpdir(), "orion-copy-")));
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: root, encoding: "utf8" });
  const there = listed.split("\0").filter((file) => file !== "");
  for (const file of [...there, ...BUILT]) {
    // A file that is removed and not committed is listed all the same.
    await cp(path.join(root, file), path.join(copy, file), { recursive: true }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    });
  }
  await linkPackages(path.join(root, "node_modules"), path.join(copy, "node_modules"));
  return copy;
}

async function linkPackages(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const name of await readdir(from)) {
    if (name !== OWN_SCOPE) await symlink(path.join(from, name), path.join(to, name));
  }
  await mkdir(path.join(to, OWN_SCOPE));
  for (const name of await readdir(path.join(from, OWN_SCOPE))) {
    // Relative links, which lead into the copy from there.
    await symlink(await readlink(path.join(from, OWN_SCOPE, name)), path.join(to, OWN_SCOPE, name));
  }
}
