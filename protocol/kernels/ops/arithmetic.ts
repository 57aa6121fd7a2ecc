import { allocate, maxAbs } from "../../tensor/dtype.ts";
import { EXACT } from "../../tensor/numbers.ts";
import { attr, tensorAt } from "../../tensor/ops/operator.ts";
import { rescaler } from "../rescale.ts";
import { elementKernel, type FastOp } from "./fast-op.ts";

/** rq(X − zpIn, m, s, zpOut). */
export const requantize: FastOp = (node, operands) => {
  const { data } = tensorAt(operands, 0);
  const zero = attr(node, 0);
  const rescale = rescaler(attr(node, 1), attr(node, 2), attr(node, 3), node.dtype);
  const out = allocate(node.dtype, data.length);
  return elementKernel(out, (from, to) => {
    for (let i = from; i < to; i++) out[i] = rescale((data[i] as number) - zero);
  });
};

function addsub(sign: 1 | -1): FastOp {
  return (node, operands) => {
    const [a, b] = [tensorAt(operands, 0), tensorAt(operands, 1)];
    const [za, zb, ma] = [attr(node, 0), attr(node, 1), attr(node, 2)];
    const mb = sign * attr(node, 3);
    if (maxAbs(a.dtype, za) * ma + maxAbs(b.dtype, zb) * Math.abs(mb) >= EXACT) return undefined;
    const rescale = rescaler(1, attr(node, 4), attr(node, 5), node.dtype);
    const [left, right] = [a.data, b.data];
    const out = allocate(node.dtype, left.length);
    return elementKernel(out, (from, to) => {
      for (let i = from; i < to; i++) {
        out[i] = rescale(((left[i] as number) - za) * ma + ((right[i] as number) - zb) * mb);
      }
    });
  };
}

/** rq((A−za)·ma ± (B−zb)·mb, 1, s, zpOut). */
export const add = addsub(1);
export const sub = addsub(-1);

/** rq((A−za)·(B−zb), m, s, zpOut). */
export const mul: FastOp = (node, operands) => {
  const [a, b] = [tensorAt(operands, 0), tensorAt(operands, 1)];
  const [za, zb] = [attr(node, 0), attr(node, 1)];
  if (maxAbs(a.dtype, za) * maxAbs(b.dtype, zb) >= EXACT) return undefined;
  const rescale = rescaler(attr(node, 2), attr(node, 3), attr(node, 4), node.dtype);
  const [left, right] = [a.data, b.data];
  const out = allocate(node.dtype, left.length);
  return elementKernel(out, (from, to) => {
    for (let i = from; i < to; i++) out[i] = rescale(((left[i] as number) - za) * ((right[i] as number) - zb));
  });
};
