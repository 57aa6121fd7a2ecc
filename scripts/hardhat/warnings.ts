import { definePlugin } from "hardhat/plugins";
import type { HookContext, SolidityHooks } from "hardhat/types/hooks";
import type { HardhatPlugin } from "hardhat/types/plugins";
import type { SolidityCompilerConfig } from "hardhat/types/config";
import type { Compiler, CompilerInput, CompilerOutput, CompilerOutputError } from "hardhat/types/solidity";

/** Hardhat's type leaves out where the compiler saw the problem; `file` is absent for the project as a whole. */
type Located = CompilerOutputError & { sourceLocation?: { file: string } };

/** Code or creation code above the chain's limits: nothing to a Solidity test, nor to what it carries in its own code and compiles as the rest, which no chain ever sees. */
const SIZE_CODES: ReadonlySet<string> = new Set(["5574", "3860"]);

function judge(diagnostic: Located, isForTests: boolean, isInstrumented: boolean): Located[] {
  if (diagnostic.type !== "Warning") return [diagnostic];
  if (isInstrumented) return [];
  const file = diagnostic.sourceLocation?.file ?? "";
  const isSizeOfTest = isForTests && SIZE_CODES.has(diagnostic.errorCode ?? "");
  return file.startsWith("npm/") || isSizeOfTest ? [] : [{ ...diagnostic, type: "Error", severity: "error" }];
}

/**
 * forge-std marks its assembly with a comment that the compiler deprecates, once per block: together they exceed the
 * 256 warnings after which solc drops the rest, ours included. The marker means nothing to a test.
 */
function quietForgeStd(input: CompilerInput): CompilerInput {
  const sources = Object.entries(input.sources).map(([name, source]) => {
    const isForgeStd = name.includes("/forge-std/") && "content" in source;
    return [
      name,
      isForgeStd ? { content: source.content.replaceAll("/// @solidity memory-safe-assembly", "") } : source,
    ] as const;
  });
  return { ...input, sources: Object.fromEntries(sources) };
}

/**
 * Compiler warnings in this repository's Solidity become errors, those of npm packages are dropped. This sits on the
 * compiler's own output because the build cache is written from it: a file with a warning is never cached as a success.
 * What is instrumented for coverage has warnings of its own, of lines that nobody wrote.
 */
const hooks = (): Promise<Partial<SolidityHooks>> =>
  Promise.resolve({
    invokeSolc: async (
      context: HookContext,
      compiler: Compiler,
      input: CompilerInput,
      config: SolidityCompilerConfig,
      next: (c: HookContext, k: Compiler, i: CompilerInput, s: SolidityCompilerConfig) => Promise<CompilerOutput>,
    ): Promise<CompilerOutput> => {
      const output = await next(context, compiler, quietForgeStd(input), config);
      const isForTests = Object.keys(input.sources).some((name) => name.startsWith("project/test/"));
      const isInstrumented = context.globalOptions.coverage;
      const judged = output.errors?.flatMap((diagnostic) => judge(diagnostic, isForTests, isInstrumented));
      return judged === undefined ? output : { ...output, errors: judged };
    },
  });

export const warningsAreErrors: HardhatPlugin = definePlugin({
  id: "orion-warnings-are-errors",
  hookHandlers: { solidity: () => Promise.resolve({ default: hooks }) },
});
