import { toHex } from "@orion/protocol/common";
import { type Program, programRoot, validateProgram } from "@orion/protocol/tensor";
import type { Evaluation } from "./evaluate.ts";
import type { Recipe } from "./recipe.ts";

/** The figures of one build, as `model/report.json` holds them. */
export interface Report {
  readonly recipe: Recipe;
  readonly accuracy: { readonly float: number; readonly int8: number };
  readonly program: {
    /** The program's name on chain, in hexadecimal. */
    readonly root: string;
    readonly nodes: number;
    readonly rowsPerShard: number;
    readonly shards: number;
    readonly macsPerImage: number;
    /** Units of work of one shard, in decimal. */
    readonly workPerShard: string;
    /** Bytes of all tensors that one shard computes or reads. */
    readonly bytesPerShard: number;
    /** The costliest single output element on chain. */
    readonly worstStep: { readonly node: number; readonly bytes: number; readonly gas: number };
  };
  /** int8 program: confusion[label][prediction] counts test images. */
  readonly confusion: Evaluation["confusion"];
}

export function createReport(of: { recipe: Recipe; program: Program; float: Evaluation; integer: Evaluation }): Report {
  const { recipe, program, float, integer } = of;
  const facts = validateProgram(program);
  const { node, bytes, gas } = facts.worstStep;
  return {
    recipe,
    accuracy: { float: float.accuracy, int8: integer.accuracy },
    program: {
      root: toHex(programRoot(program)),
      nodes: program.nodes.length,
      rowsPerShard: facts.batch,
      shards: Math.ceil(integer.total / facts.batch),
      macsPerImage: Number(facts.macs) / facts.batch,
      workPerShard: facts.work.toString(),
      bytesPerShard: Number(facts.peakBytes),
      worstStep: { node, bytes, gas },
    },
    confusion: integer.confusion,
  };
}

/** The file of a report: indented JSON with rows of numbers on one line. */
export function formatReport(report: Report): string {
  const text = JSON.stringify(report, undefined, 2);
  const row = (_: string, numbers: string): string => `[${numbers.split(",").map(Number).join(", ")}]`;
  return `${text.replace(/\[([\d\s,]+)\]/g, row)}\n`;
}
