/** A point of the drawing plane: x to the right, y down, a digit spans about [-0.6, 0.6] × [-1, 1]. */
export type Point = readonly [x: number, y: number];

/** One movement of the pen, as a polyline. */
export type Stroke = readonly Point[];

const SAMPLES_PER_SPAN = 8;

/** A smooth stroke (uniform Catmull–Rom spline) through all `points`. */
export function curve(...points: Point[]): Stroke {
  const out: Point[] = [];
  const at = (i: number): Point => points[Math.min(Math.max(i, 0), points.length - 1)]!;
  for (let span = 0; span + 1 < points.length; span++) {
    const corners = [at(span - 1), at(span), at(span + 1), at(span + 2)] as const;
    for (let k = 0; k < SAMPLES_PER_SPAN; k++) out.push(splinePoint(corners, k / SAMPLES_PER_SPAN));
  }
  out.push(at(points.length - 1));
  return out;
}

/** A stroke with corners at all `points`; sampled finely enough that a later warp bends it. */
export function lines(...points: Point[]): Stroke {
  const out: Point[] = [];
  for (let span = 0; span + 1 < points.length; span++) {
    const [x0, y0] = points[span]!;
    const [x1, y1] = points[span + 1]!;
    for (let k = 0; k < SAMPLES_PER_SPAN; k++) {
      const t = k / SAMPLES_PER_SPAN;
      out.push([x0 + (x1 - x0) * t, y0 + (y1 - y0) * t]);
    }
  }
  out.push(points[points.length - 1]!);
  return out;
}

/** Part of an ellipse, angles in degrees, 0 to the right and 90 down. */
export function arc(centre: Point, radiusX: number, radiusY: number, from: number, to: number): Stroke {
  const steps = Math.max(4, Math.ceil(Math.abs(to - from) / 12));
  const out: Point[] = [];
  for (let k = 0; k <= steps; k++) {
    const angle = ((from + ((to - from) * k) / steps) * Math.PI) / 180;
    out.push([centre[0] + radiusX * Math.cos(angle), centre[1] + radiusY * Math.sin(angle)]);
  }
  return out;
}

/** Joins strokes into one movement of the pen. */
export function join(...strokes: Stroke[]): Stroke {
  return strokes.flat();
}

function splinePoint([p0, p1, p2, p3]: readonly [Point, Point, Point, Point], t: number): Point {
  const blend = (axis: 0 | 1): number =>
    0.5 *
    (2 * p1[axis] +
      (p2[axis] - p0[axis]) * t +
      (2 * p0[axis] - 5 * p1[axis] + 4 * p2[axis] - p3[axis]) * t * t +
      (3 * p1[axis] - p0[axis] - 3 * p2[axis] + p3[axis]) * t * t * t);
  return [blend(0), blend(1)];
}
