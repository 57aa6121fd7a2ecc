import type { TypedData } from "../../../tensor/types.ts";
import type { Follower } from "../ops/follower.ts";
import type { Workspace } from "../workspace.ts";
import type { Frame } from "./frame.ts";
import type { InputForm } from "./parameters.ts";
import type { Slab } from "./path.ts";
import { sumsPerRow, type Call, type Chunk, type Path, type Plan } from "./plan.ts";
import type { Tile } from "./tiles.ts";

/** Everything that the tiles of one run share. */
export interface TileRun {
  readonly workspace: Workspace;
  readonly path: Path;
  readonly frame: Frame;
  readonly form: InputForm;
  readonly slab: Slab;
  readonly plan: Omit<Plan, "image"> & { readonly address: number };
  readonly follower: Follower | undefined;
  readonly input: { readonly code: number; readonly data: TypedData };
  readonly output: {
    readonly code: number;
    readonly elementBytes: number;
    readonly zp: number;
    readonly lo: number;
    readonly hi: number;
    /** The follower's, where there is one. */
    readonly data: TypedData;
    /** First element. */
    readonly to: number;
  };
}

/** Addresses of a tile's buffers. */
interface Room {
  readonly staged: number;
  readonly slab: number;
  readonly sums: number;
  readonly wideSums: number;
  readonly out: number;
  readonly last: number;
}

/** Computes one tile: inputs into the slab, sums of every chunk of channels, results out. */
export function runTile(run: TileRun, tile: Tile): void {
  const { workspace, frame, plan, output, follower } = run;
  const room = roomFor(run, tile);
  const slab = fillSlab(run, tile, room);
  for (const chunk of plan.chunks) addUp(run, tile, chunk, slab, room);
  const count = tile.rows * frame.outputs;
  follower?.compute(count, room.out, room.last);
  const from = follower === undefined ? room.out : room.last;
  workspace.read(from, output.data, output.to + tile.first * frame.outputs, count);
}

function roomFor(run: TileRun, tile: Tile): Room {
  const { workspace, frame, slab, plan, input, output, path, follower } = run;
  const { tiling, elementBytes, planes, spread } = slab;
  const columns = Math.max(...plan.chunks.map((chunk) => chunk.columns));
  const pixels = tile.images * tiling.slabLines * tiling.slabColumns;
  const [staged, filled, sums, wideSums, out, last] = workspace.scratch(
    pixels * frame.inputs * input.data.BYTES_PER_ELEMENT,
    pixels * frame.inputs * elementBytes + (spread ? planes * slab.planeElements * elementBytes : 0),
    path === "wide" ? 0 : tile.rows * sumsPerRow(columns) * 4,
    plan.chunks.some(({ wide }) => wide) ? tile.rows * sumsPerRow(columns) * 8 : 0,
    tile.rows * frame.outputs * output.elementBytes,
    tile.rows * frame.outputs * (follower?.elementBytes ?? 0),
  );
  return { staged, slab: filled, sums, wideSums, out, last };
}

/** Copies the pixels that the tile reads, widens and pads them; gives the address of the slab. */
function fillSlab(run: TileRun, tile: Tile, room: Room): number {
  const { workspace, frame, form, slab, input, path } = run;
  const { tiling, elementBytes, planes, spread, planeElements } = slab;
  const { height, width, inputs, stride, padTop, padLeft } = frame;
  const { slabLines, slabColumns } = tiling;
  const line = tile.line * stride[0] - padTop;
  const column = tile.column * stride[1] - padLeft;
  const [top, bottom] = within(line, slabLines, height);
  const [left, right] = within(column, slabColumns, width);
  const imageElements = slabLines * slabColumns * inputs;
  for (let i = 0; i < tile.images; i++) {
    const first = (tile.image + i) * height;
    if (right - left === width) {
      workspace.write(room.staged, input.data, (first + top) * width * inputs, (first + bottom) * width * inputs);
    } else {
      const lineBytes = (right - left) * inputs * input.data.BYTES_PER_ELEMENT;
      for (let y = top; y < bottom; y++) {
        const from = (first + y) * width;
        workspace.write(
          room.staged + (y - top) * lineBytes,
          input.data,
          (from + left) * inputs,
          (from + right) * inputs,
        );
      }
    }
    workspace.kernels.fillBand(
      input.code,
      path === "wide" ? 1 : 0,
      room.staged,
      top,
      bottom,
      right - left,
      inputs,
      line,
      slabLines,
      column - left,
      slabColumns,
      form.zero,
      form.padding,
      room.slab + i * imageElements * elementBytes,
    );
  }
  if (!spread) return room.slab;
  const pixels = tile.images * slabLines * slabColumns;
  const target = room.slab + pixels * inputs * elementBytes;
  const group = frame.outputs / frame.groups;
  workspace.kernels.spreadGroups(room.slab, pixels, frame.groups, planes, group, target, planeElements * elementBytes);
  return target;
}

/** The part of `count` lines from `first` on that lies inside `extent`; never negative. */
function within(first: number, count: number, extent: number): readonly [from: number, to: number] {
  const from = Math.min(Math.max(first, 0), extent);
  return [from, Math.max(Math.min(first + count, extent), from)];
}

function addUp(run: TileRun, tile: Tile, chunk: Chunk, slab: number, room: Room): void {
  const { workspace, frame, path, plan, output } = run;
  const { kernels } = workspace;
  const perRow = sumsPerRow(chunk.columns);
  for (const [i, { shift, calls }] of chunk.passes.entries()) {
    for (const call of calls) callKernel(run, tile.rows, call, slab, room, perRow);
    if (path !== "wide" && chunk.wide) {
      kernels.widenSums(
        tile.rows,
        chunk.columns,
        room.sums,
        perRow * 4,
        shift,
        i === 0 ? 0 : 1,
        room.wideSums,
        perRow * 8,
      );
    }
  }
  const { code, zp, lo, hi } = output;
  const width = output.elementBytes;
  const { at, stride, safe } = chunk.parameters;
  const parameters = plan.address + at;
  const [to, pitch] = [room.out + chunk.first * width, frame.outputs * width];
  if (chunk.wide) {
    const sums = room.wideSums;
    kernels.requantizeWideRows(
      tile.rows,
      chunk.columns,
      sums,
      perRow * 8,
      parameters,
      stride,
      code,
      zp,
      lo,
      hi,
      to,
      pitch,
    );
  } else {
    const sums = room.sums;
    kernels.requantizeRows(
      tile.rows,
      chunk.columns,
      sums,
      perRow * 4,
      parameters,
      stride,
      safe,
      code,
      zp,
      lo,
      hi,
      to,
      pitch,
    );
  }
}

function callKernel(run: TileRun, rows: number, call: Call, slab: number, room: Room, perRow: number): void {
  const { kernels } = run.workspace;
  const { address, base } = run.plan;
  const from = slab + call.slab;
  const [rowsAt, segments, weights] = [address + base, address + call.segments, address + call.weights];
  const { length, panels, accumulate, segmentCount } = call;
  if (run.path === "wide") {
    const sums = room.wideSums + call.column;
    kernels.wideGemm(rows, from, rowsAt, segments, segmentCount, length, weights, panels, sums, perRow * 8);
  } else if (run.path === "channels") {
    kernels.channelwise(rows, from, rowsAt, segments, length, weights, panels, accumulate, room.sums, perRow * 4);
  } else {
    const sums = room.sums + call.column;
    kernels.gemm(rows, from, rowsAt, segments, segmentCount, length, weights, panels, accumulate, sums, perRow * 4);
  }
}
