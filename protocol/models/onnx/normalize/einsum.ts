import type { Normalize, OnnxCall } from "./call.ts";

/** A value whose axes have labels. */
interface Labelled {
  readonly value: string;
  readonly labels: readonly string[];
}

function parse(call: OnnxCall): { inputs: string[][]; output: string[] } {
  const equation = call.text("equation", "").replaceAll(" ", "");
  const [left = "", right] = equation.split("->");
  const inputs = left.split(",").map((term) => Array.from(term));
  const all = inputs.flat();
  const isPlain = /^[a-zA-Z,]*(->[a-zA-Z]*)?$/.test(equation);
  const isDistinct = inputs.every((term) => new Set(term).size === term.length);
  if (!isPlain || !isDistinct || inputs.length !== call.inputs.length || inputs.length > 2) {
    call.fail(
      `the equation ${equation.slice(0, 60)} is not supported: one or two operands without repeated labels are`,
    );
  }
  // Without an arrow, the labels that occur once, in the order of the alphabet.
  const implied = [...new Set(all)].filter((label) => all.indexOf(label) === all.lastIndexOf(label)).sort();
  const output = right === undefined ? implied : Array.from(right);
  if (new Set(output).size !== output.length || output.some((label) => !all.includes(label))) {
    call.fail(`the equation ${equation.slice(0, 60)} has labels in its result that no operand has`);
  }
  return { inputs, output };
}

/** Sums over the labels that nobody else has. */
function summed(call: OnnxCall, { value, labels }: Labelled, kept: ReadonlySet<string>): Labelled {
  const axes = labels.flatMap((label, axis) => (kept.has(label) ? [] : [axis]));
  if (axes.length === 0) return { value, labels };
  const rest = labels.filter((label) => kept.has(label));
  return { value: call.emit("ReduceSum", [value], { axes, keepdims: 0 }), labels: rest };
}

function permuted(call: OnnxCall, { value, labels }: Labelled, order: readonly string[]): string {
  const perm = order.map((label) => labels.indexOf(label));
  return perm.every((axis, at) => axis === at) ? value : call.emit("Transpose", [value], { perm });
}

/** Two operands as a matrix product: shared labels of the result in front, then the own ones, with the summed ones between them. */
function product(call: OnnxCall, a: Labelled, b: Labelled, output: readonly string[]): Labelled {
  const sizes = new Map<string, number>();
  for (const { value, labels } of [a, b]) {
    for (const [axis, label] of labels.entries()) {
      const size = call.infoOf(value).dims[axis] ?? call.fail("an operand has fewer dimensions than labels");
      if ((sizes.get(label) ?? size) !== size) call.fail(`the extents of label ${label} differ`);
      sizes.set(label, size);
    }
  }
  const count = (labels: readonly string[]): number => labels.reduce((size, label) => size * sizes.get(label)!, 1);
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => output.includes(label));
  const inner = shared.filter((label) => !output.includes(label));
  const [rows, columns] = [a, b].map(({ labels }) => labels.filter((label) => !shared.includes(label))) as [
    string[],
    string[],
  ];
  const left = call.reshape(permuted(call, a, [...batch, ...rows, ...inner]), [
    count(batch),
    count(rows),
    count(inner),
  ]);
  const right = call.reshape(permuted(call, b, [...batch, ...inner, ...columns]), [
    count(batch),
    count(inner),
    count(columns),
  ]);
  const labels = [...batch, ...rows, ...columns];
  const shape = labels.map((label) => sizes.get(label)!);
  return { value: call.reshape(call.emit("MatMul", [left, right]), shape), labels };
}

const einsum: Normalize = (call) => {
  const { inputs, output } = parse(call);
  const operands = inputs.map((labels, index): Labelled => {
    if (call.info(index).dims.length !== labels.length) {
      call.fail("an operand does not have one dimension for each label");
    }
    const others = inputs.flatMap((term, at) => (at === index ? [] : term));
    return summed(call, { value: call.input(index), labels }, new Set([...output, ...others]));
  });
  const [a, b] = operands as [Labelled, Labelled | undefined];
  const result = b === undefined ? a : product(call, a, b, output);
  return [permuted(call, result, output)];
};

export const EINSUM: Readonly<Record<string, Normalize>> = { Einsum: einsum };
