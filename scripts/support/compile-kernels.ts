import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { CompilationError } from "./compilation-error.ts";
import { binOf, execute } from "./execute.ts";
import { buildOnce } from "./fingerprint.ts";
import { withProgress } from "./progress.ts";
import { root } from "./root.ts";

const SOURCES = "protocol/kernels/wasm/assembly";
const MODULE = "protocol/kernels/wasm/generated/module.ts";
const BINARY = "cache/kernels.wasm";

const OPTIONS = ["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--importMemory"];

/** Compiles the tensor kernels from AssemblyScript into a module of TypeScript that carries them, if their sources have changed. Throws CompilationError. */
export async function compileKernels(): Promise<void> {
  // The lock file stands for the version of the compiler.
  const step = {
    inputs: [SOURCES, "scripts/support/compile-kernels.ts", "package-lock.json"],
    outputs: [MODULE],
    stamp: "cache/kernels.sha256",
    salt: "",
  };
  await buildOnce(step, () => withProgress("Compiling the tensor kernels", compile));
}

async function compile(): Promise<void> {
  await mkdir(path.join(root, path.dirname(BINARY)), { recursive: true });
  await mkdir(path.join(root, path.dirname(MODULE)), { recursive: true });
  const args = [path.join(SOURCES, "index.ts"), "--outFile", BINARY, ...OPTIONS];
  const { code, output } = await execute(binOf("assemblyscript", "asc"), args);
  if (code !== 0) throw new CompilationError("the tensor kernels", output);
  const base64 = (await readFile(path.join(root, BINARY))).toString("base64");
  await rm(path.join(root, BINARY));
  const text = [
    `/** The kernels of ${SOURCES}, compiled by scripts/compile.ts. */`,
    `export const WASM_BASE64 =`,
    `  "${base64}";`,
    "",
  ];
  await writeFile(path.join(root, MODULE), text.join("\n"));
}
