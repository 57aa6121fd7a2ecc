import { elementCount } from "../../../tensor/shape.ts";
import type { ProgramNode } from "../../../tensor/types.ts";
import { attr, operandAt } from "../../../tensor/ops/operator.ts";

/** The numbers of a contraction, as a convolution; a matrix product is one of 1×1 over a single line of rows. */
export interface Frame {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  /** Input and output channels of all groups. */
  readonly inputs: number;
  readonly outputs: number;
  readonly groups: number;
  /** Extents, strides and dilations by axis: height, width. */
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padTop: number;
  readonly padLeft: number;
  readonly outLines: number;
  readonly outWidth: number;
}

/** The frame of one matrix of a node's weights: a batched matrix product has several that are alike. */
export function frameOf(node: ProgramNode): Frame {
  if (node.op === "matmul") {
    const w = operandAt(node, 1).dims;
    const rows = elementCount(node.dims) / node.dims[3] / (w[0] * w[1]);
    return productFrame(rows, w[3], node.dims[3]);
  }
  const [images, height, width, inputs] = operandAt(node, 0).dims;
  const [, kernelHeight, kernelWidth] = operandAt(node, 1).dims;
  const [, outLines, outWidth, outputs] = node.dims;
  const frame: Frame = {
    images,
    height,
    width,
    inputs,
    outputs,
    groups: attr(node, 10),
    kernel: [kernelHeight, kernelWidth],
    stride: [attr(node, 2), attr(node, 3)],
    dilation: [attr(node, 8), attr(node, 9)],
    padTop: attr(node, 4),
    padLeft: attr(node, 5),
    outLines,
    outWidth,
  };
  const isProduct = frame.groups === 1 && kernelHeight * kernelWidth * frame.stride[0] * frame.stride[1] === 1;
  return isProduct ? productFrame(images * height * width, inputs, outputs) : frame;
}

function productFrame(rows: number, inputs: number, outputs: number): Frame {
  return {
    images: 1,
    height: 1,
    width: rows,
    inputs,
    outputs,
    groups: 1,
    kernel: [1, 1],
    stride: [1, 1],
    dilation: [1, 1],
    padTop: 0,
    padLeft: 0,
    outLines: 1,
    outWidth: rows,
  };
}

/** Matrices that have weights of their own. */
export function matricesOf(node: ProgramNode): number {
  const w = operandAt(node, 1).dims;
  return node.op === "matmul" ? w[0] * w[1] : 1;
}
