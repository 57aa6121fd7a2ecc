import { allocate, dtypeBytes, dtypeCode, dtypeMax, dtypeMin } from "../../../tensor/dtype.ts";
import { attr, operandAt } from "../../../tensor/ops/operator.ts";
import { elementCount } from "../../../tensor/shape.ts";
import type { ProgramNode, Tensor, TypedData } from "../../../tensor/types.ts";
import type { NodeRunner } from "../../kernel-set.ts";
import { inSlices } from "../../pause.ts";
import type { Workspace } from "../workspace.ts";

/** Bytes of input lines that are pooled at a time, if a single output line does not need more. */
const BAND_BYTES = 64 << 10;
/** Taps whose sum of 16-bit elements stays within 32 bits. */
const MOST_TAPS = 65_535;

/** Output lines of one image that are computed at a time. */
export function bandOf(node: ProgramNode): { readonly lines: number; readonly inputLines: number } {
  const x = operandAt(node, 0);
  const lineBytes = x.dims[2] * x.dims[3] * dtypeBytes(x.dtype);
  const [kernel, stride] = [attr(node, 0), attr(node, 2)];
  const fits = Math.floor((BAND_BYTES / lineBytes - kernel) / stride) + 1;
  const lines = Math.min(Math.max(fits, 1), node.dims[1]);
  return { lines, inputLines: Math.min((lines - 1) * stride + kernel, x.dims[1]) };
}

/** maxPool and avgPool; undefined for other operators. */
export function preparePool(workspace: Workspace, node: ProgramNode): NodeRunner | undefined {
  if (node.op !== "maxPool" && node.op !== "avgPool") return undefined;
  const isAverage = node.op === "avgPool";
  if (isAverage && attr(node, 0) * attr(node, 1) > MOST_TAPS) return undefined;
  const [images, outLines] = node.dims;
  const { lines } = bandOf(node);
  const bands = Math.ceil(outLines / lines);
  return {
    async run(operands, pause) {
      const [{ data }] = operands as readonly [Tensor];
      const out = allocate(node.dtype, elementCount(node.dims));
      const run = (from: number, to: number): void => {
        for (let index = from; index < to; index++) {
          const line = (index % bands) * lines;
          poolBand(workspace, node, data, out, Math.floor(index / bands), line, Math.min(lines, outLines - line));
        }
      };
      await inSlices(images * bands, run, pause);
      return out;
    },
  };
}

function poolBand(
  workspace: Workspace,
  node: ProgramNode,
  data: TypedData,
  out: TypedData,
  image: number,
  line: number,
  lines: number,
): void {
  const [, height, width, channels] = operandAt(node, 0).dims;
  const [, outLines, columns] = node.dims;
  const at = (index: number): number => attr(node, index);
  const first = Math.max(line * at(2) - at(4), 0);
  const last = Math.min((line + lines - 1) * at(2) - at(4) + at(0), height);
  const size = lines * columns * channels;
  const lineElements = width * channels;
  const [x, to] = workspace.scratch(
    (last - first) * lineElements * data.BYTES_PER_ELEMENT,
    size * out.BYTES_PER_ELEMENT,
  );
  const from = image * height;
  workspace.write(x, data, (from + first) * lineElements, (from + last) * lineElements);
  const window = [at(0), at(1), at(2), at(3), at(4), at(5), line, lines, columns, to] as const;
  const input = [dtypeCode(node.dtype), x, first, height, width, channels] as const;
  if (node.op === "maxPool") workspace.kernels.maxPool(...input, ...window);
  else workspace.kernels.averagePool(...input, ...window, at(8), dtypeMin(node.dtype), dtypeMax(node.dtype));
  workspace.read(to, out, (image * outLines + line) * columns * channels, size);
}
