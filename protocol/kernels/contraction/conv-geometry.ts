import { attr, operandAt } from "../../tensor/ops/operator.ts";
import type { ProgramNode, TypedData } from "../../tensor/types.ts";
import { equalPieces, type Geometry, type Tile } from "./geometry.ts";
import { LIMITS } from "./limits.ts";
import { center } from "./matmul-geometry.ts";

/** The numbers of a convolution that decide which pixels a tile holds. */
interface Frame {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly strideY: number;
  readonly padTop: number;
  readonly padLeft: number;
  /** Pixels of one padded line that any output reads. */
  readonly lineWidth: number;
  /** Lines that one output line reads. */
  readonly reach: number;
}

/**
 * Geometry of a convolution: a tile is some images, or a band of lines of one, with their padding written out as zeros.
 * Undefined if not even one output line fits a dispatch.
 */
export function convGeometry(node: ProgramNode, mostRows: number): Geometry | undefined {
  const frame = frameOf(node);
  const [images, outLines, outWidth] = node.dims;
  const lineFloats = frame.lineWidth * frame.channels;
  const linesIn = (lines: number): number => (lines - 1) * frame.strideY + frame.reach;
  const fits = Math.min(
    Math.floor(mostRows / outWidth),
    Math.floor((LIMITS.slab / lineFloats - frame.reach) / frame.strideY) + 1,
  );
  if (fits < 1) return undefined;
  const lines = equalPieces(outLines, Math.min(fits, outLines));
  const imageFloats = linesIn(lines.size) * lineFloats;
  const rowsPerImage = lines.size * outWidth;
  const room = Math.min(Math.floor(mostRows / rowsPerImage), Math.floor(LIMITS.slab / imageFloats));
  const batch = lines.pieces > 1 ? { size: 1, pieces: images } : equalPieces(images, Math.min(room, images));
  const tile = (index: number): Tile => {
    const image = Math.floor(index / lines.pieces) * batch.size;
    const line = (index % lines.pieces) * lines.size;
    const count = Math.min(batch.size, images - image);
    const bandLines = Math.min(lines.size, outLines - line);
    return {
      first: (image * outLines + line) * outWidth,
      rows: ((count - 1) * outLines + bandLines) * outWidth,
      fill(x, zeroPoint, slab) {
        for (let i = 0; i < count; i++) {
          fillBand(
            frame,
            x,
            image + i,
            line * frame.strideY - frame.padTop,
            linesIn(bandLines),
            zeroPoint,
            slab,
            i * imageFloats,
          );
        }
      },
    };
  };
  const { taps, groups, groupStep } = tapsOf(node, lineFloats);
  return {
    taps,
    base: baseOf(node, batch.size, lines.size, imageFloats, lineFloats),
    groups,
    groupStep,
    groupChannels: node.dims[3] / groups,
    slab: batch.size * imageFloats,
    span: (frame.reach - 1) * lineFloats + lineFloats,
    tiles: Array.from({ length: batch.pieces * lines.pieces }, (_, index) => tile(index)),
  };
}

function frameOf(node: ProgramNode): Frame {
  const [, height, width, channels] = operandAt(node, 0).dims;
  const [, kernelHeight, kernelWidth] = operandAt(node, 1).dims;
  const outWidth = node.dims[2];
  return {
    height,
    width,
    channels,
    strideY: attr(node, 2),
    padTop: attr(node, 4),
    padLeft: attr(node, 5),
    lineWidth: (outWidth - 1) * attr(node, 3) + (kernelWidth - 1) * attr(node, 9) + 1,
    reach: (kernelHeight - 1) * attr(node, 8) + 1,
  };
}

function tapsOf(node: ProgramNode, lineFloats: number): Pick<Geometry, "taps" | "groups" | "groupStep"> {
  const channels = operandAt(node, 0).dims[3];
  const [, kernelHeight, kernelWidth, groupStep] = operandAt(node, 1).dims;
  const taps = new Int32Array(kernelHeight * kernelWidth * groupStep);
  let k = 0;
  for (let y = 0; y < kernelHeight; y++) {
    for (let x = 0; x < kernelWidth; x++) {
      for (let c = 0; c < groupStep; c++) taps[k++] = y * attr(node, 8) * lineFloats + x * attr(node, 9) * channels + c;
    }
  }
  return { taps, groups: attr(node, 10), groupStep };
}

function baseOf(
  node: ProgramNode,
  images: number,
  lines: number,
  imageFloats: number,
  lineFloats: number,
): Float32Array {
  const channels = operandAt(node, 0).dims[3];
  const outWidth = node.dims[2];
  const base = new Float32Array(images * lines * outWidth);
  let m = 0;
  for (let image = 0; image < images; image++) {
    for (let y = 0; y < lines; y++) {
      for (let x = 0; x < outWidth; x++) {
        base[m++] = image * imageFloats + y * attr(node, 2) * lineFloats + x * attr(node, 3) * channels;
      }
    }
  }
  return base;
}

/** Writes `lines` padded lines of one image, from line `from` of X on (negative above it), to slab[to…]. */
function fillBand(
  frame: Frame,
  x: TypedData,
  image: number,
  from: number,
  lines: number,
  zeroPoint: number,
  slab: Float32Array,
  to: number,
): void {
  const { height, width, channels, padLeft, lineWidth } = frame;
  const lineFloats = lineWidth * channels;
  const visible = Math.max(Math.min(width, lineWidth - padLeft), 0) * channels;
  for (let i = 0; i < lines; i++) {
    const at = to + i * lineFloats;
    const y = from + i;
    if (y < 0 || y >= height || visible === 0) {
      slab.fill(0, at, at + lineFloats);
      continue;
    }
    slab.fill(0, at, at + padLeft * channels);
    center(x, (image * height + y) * width * channels, visible, zeroPoint, slab, at + padLeft * channels);
    slab.fill(0, at + padLeft * channels + visible, at + lineFloats);
  }
}
