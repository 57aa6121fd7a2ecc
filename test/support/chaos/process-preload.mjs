/**
 * Loaded before a service's own code: moves its clock and troubles its disk as a file says that the runner writes, so that nothing in the service
 * has to know. Only `Date` moves; monotonic clocks stay, as they do when somebody sets a machine's clock.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";
import { performance } from "node:perf_hooks";

const control = process.env.ORION_CHAOS_CONTROL;
const root = process.env.ORION_CHAOS_FOLDER;
const readFileSync = fs.readFileSync;
const LOOK_MS = 20;
let lookedAt = -Infinity;
let state = { clockMs: 0, disk: "fine" };

function look() {
  const now = performance.now();
  if (now - lookedAt < LOOK_MS || control === undefined) return state;
  lookedAt = now;
  try {
    state = JSON.parse(readFileSync(control, "utf8"));
  } catch {
    // It is being written.
  }
  return state;
}

const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + look().clockMs);
    else super(...given);
  }
  static now() {
    return RealDate.now() + look().clockMs;
  }
};

const CODES = { full: "ENOSPC", "read-only": "EROFS", "no-files": "EMFILE" };
const WORDS = { ENOSPC: "no space left on device", EROFS: "read-only file system", EMFILE: "too many open files" };

function failure(call, file) {
  const code = CODES[look().disk];
  if (code === undefined || root === undefined) return undefined;
  const resolved = path.resolve(String(file));
  if (resolved !== root && !resolved.startsWith(root + path.sep)) return undefined;
  const error = new Error(`${code}: ${WORDS[code]}, ${call} '${String(file)}'`);
  return Object.assign(error, { code, syscall: call, path: String(file) });
}

const WRITING = /[wa+]/;
/** On a full disk a file can be opened and even made, but holds nothing; a read-only one lets nothing be opened for writing; without descriptors nothing opens at all. */
function opens(flags) {
  const { disk } = look();
  return disk === "no-files" || (disk === "read-only" && WRITING.test(String(flags ?? "r")));
}

const real = { ...fs.promises };
fs.promises.open = async (file, flags, mode) => {
  const error = opens(flags) ? failure("open", file) : undefined;
  if (error !== undefined) throw error;
  const handle = await real.open(file, flags, mode);
  for (const name of ["appendFile", "writeFile", "write"]) {
    const write = handle[name].bind(handle);
    handle[name] = async (...given) => {
      const full = look().disk === "full" ? failure("write", file) : undefined;
      if (full === undefined) return write(...given);
      // A full disk takes a part of it.
      if (typeof given[0] === "string") await write(given[0].slice(0, given[0].length / 2));
      throw full;
    };
  }
  return handle;
};
fs.promises.writeFile = async (file, data, options) => {
  const error = failure("open", file);
  if (error === undefined) return real.writeFile(file, data, options);
  if (error.code === "ENOSPC") await real.writeFile(file, "", options);
  throw error;
};
fs.promises.readFile = async (file, options) => {
  const error = look().disk === "no-files" ? failure("open", file) : undefined;
  if (error !== undefined) throw error;
  return real.readFile(file, options);
};
for (const name of ["mkdir", "rename", "rm", "unlink", "truncate"]) {
  fs.promises[name] = async (file, ...more) => {
    const { disk } = look();
    const grows = disk === "full" && name === "mkdir";
    const isThere = name === "mkdir" && fs.existsSync(file);
    const error = !isThere && (grows || disk === "read-only") ? failure(name, file) : undefined;
    if (error !== undefined) throw error;
    return real[name](file, ...more);
  };
}
fs.promises.readdir = async (file, options) => {
  const error = look().disk === "no-files" ? failure("scandir", file) : undefined;
  if (error !== undefined) throw error;
  return real.readdir(file, options);
};
syncBuiltinESMExports();
