import { formatDims, type Port } from "@orion/protocol/models";

import { table } from "../core/table.ts";

/** A table of what a program reads and gives. */
export function portLines(inputs: readonly Port[], outputs: readonly Port[]): string[] {
  const row =
    (kind: string) =>
    ({ name, shape, encoding: { dtype, scale, zeroPoint } }: Port): string[] => [
      kind,
      name,
      `${dtype}${formatDims(shape)}`,
      Number(scale.toPrecision(4)).toString(),
      String(zeroPoint),
    ];
  return table(
    ["", "name", "stored as", "scale", "zero point"],
    [...inputs.map(row("input")), ...outputs.map(row("output"))],
  );
}
