import type { Random } from "../random.ts";
import { arc, curve, join, lines, type Stroke } from "./path.ts";

type Glyph = (random: Random) => Stroke[];

/** The ways in which people write each digit; every shape draws its own proportions. */
const GLYPHS: readonly (readonly Glyph[])[] = [
  [ring],
  [stick, flaggedOne, serifedOne],
  [angularTwo, loopedTwo],
  [roundThree, flatThree, curledThree],
  [openFour, closedFour, curvedFour],
  [angularFive, smoothFive],
  [curvedSix, straightSix],
  [plainSeven, crossedSeven, curvedSeven],
  [snakeEight, stackedEight],
  [straightNine, curvedNine, flowingNine],
];

/** The strokes of one digit (0…9), in one of its shapes. */
export function digitStrokes(digit: number, random: Random): Stroke[] {
  const shapes = GLYPHS[digit];
  if (shapes === undefined) throw new RangeError(`there is no digit ${digit}`);
  return shapes[random.index(shapes.length)]!(random);
}

function ring(random: Random): Stroke[] {
  const start = random.range(-150, -30);
  const sweep = 360 + random.range(-25, 30);
  const turn = random.chance(0.7) ? -1 : 1;
  return [arc([0, 0], random.range(0.4, 0.72), random.range(0.85, 1), start, start + turn * sweep)];
}

function stick(random: Random): Stroke[] {
  return [curve([0, -1], [random.range(-0.06, 0.06), 0], [0, 1])];
}

function flaggedOne(random: Random): Stroke[] {
  const width = random.range(0.2, 0.45);
  return [lines([-width, random.range(-0.75, -0.45)], [0.05, -1], [0.05, 1])];
}

function serifedOne(random: Random): Stroke[] {
  const half = random.range(0.25, 0.45);
  return [...flaggedOne(random), lines([0.05 - half, 1], [0.05 + half, 1])];
}

function angularTwo(random: Random): Stroke[] {
  const right = random.range(0.4, 0.6);
  const foot = random.range(-0.65, -0.45);
  const hook = random.range(-0.7, -0.45);
  const hump = curve([-0.5, hook], [-0.22, -0.94], [0.22, -0.95], [right, -0.52], [0.22, 0.12], [foot, 0.92]);
  return [join(hump, lines([foot, 0.92], [random.range(0.4, 0.65), random.range(0.85, 0.98)]))];
}

function loopedTwo(random: Random): Stroke[] {
  const right = random.range(0.4, 0.58);
  const lift = random.range(0.55, 0.68);
  return [
    curve(
      [-0.5, -0.6],
      [-0.2, -0.95],
      [0.25, -0.93],
      [right, -0.5],
      [0.18, 0.15],
      [-0.3, 0.82],
      [-0.58, 0.88],
      [-0.5, lift],
      [-0.15, 0.72],
      [0.2, 0.93],
      [0.62, random.range(0.72, 0.9)],
    ),
  ];
}

function lowerBowl(random: Random, startX: number, startY: number): Stroke {
  const right = random.range(0.45, 0.62);
  return curve(
    [startX, startY],
    [0.32, startY + 0.14],
    [right, 0.45],
    [0.25, 0.92],
    [-0.2, 0.98],
    [-0.55, random.range(0.6, 0.82)],
  );
}

function roundThree(random: Random): Stroke[] {
  const waist = random.range(-0.16, 0.02);
  const right = random.range(0.36, 0.52);
  const bowl = curve([-0.5, random.range(-0.8, -0.6)], [-0.15, -1], [0.3, -0.9], [right, -0.5], [-0.1, waist]);
  return [join(bowl, lowerBowl(random, -0.1, waist))];
}

function flatThree(random: Random): Stroke[] {
  const waist = random.range(-0.25, -0.1);
  return [join(lines([-0.5, -0.95], [0.45, -0.95], [-0.08, waist]), lowerBowl(random, -0.08, waist))];
}

function curledThree(random: Random): Stroke[] {
  const waist = random.range(-0.12, 0);
  return [
    curve(
      [-0.48, -0.72],
      [-0.1, -1],
      [0.38, -0.8],
      [0.2, -0.25],
      [-0.12, waist],
      [-0.2, waist - 0.12],
      [0, waist - 0.08],
      [0.45, 0.25],
      [0.42, 0.78],
      [-0.1, 1],
      [-0.55, 0.75],
    ),
  ];
}

function openFour(random: Random): Stroke[] {
  const bar = random.range(0, 0.3);
  const stem = random.range(0.1, 0.35);
  return [
    lines([-0.4, -0.95], [-0.52, bar], [random.range(0.45, 0.68), bar - random.range(0, 0.1)]),
    lines([stem + 0.05, random.range(-0.75, -0.35)], [stem - 0.05, 1]),
  ];
}

function closedFour(random: Random): Stroke[] {
  const bar = random.range(0.2, 0.42);
  const stem = random.range(0.18, 0.34);
  return [
    lines([stem, -1], [-0.6, bar], [random.range(0.5, 0.7), bar]),
    lines([stem, random.range(-1, -0.85)], [stem, 1]),
  ];
}

function curvedFour(random: Random): Stroke[] {
  const bar = random.range(0, 0.2);
  return [
    curve([-0.35, -0.9], [-0.5, -0.35], [-0.4, bar], [0.05, bar + 0.02], [0.4, bar - 0.2]),
    curve([0.42, random.range(-0.95, -0.75)], [0.38, -0.1], [random.range(0.2, 0.4), 1]),
  ];
}

function angularFive(random: Random): Stroke[] {
  const left = random.range(-0.5, -0.35);
  const shoulder = random.range(-0.25, -0.05);
  const bowl = curve([left, shoulder], [0.05, shoulder - 0.15], [0.5, 0.15], [0.45, 0.68], [0.02, 0.97], [-0.5, 0.8]);
  const bar = lines([left, -0.92], [random.range(0.35, 0.6), -0.95]);
  return [join(lines([left, -0.92], [left - 0.03, shoulder]), bowl), bar];
}

function smoothFive(random: Random): Stroke[] {
  const top = random.range(0.35, 0.55);
  return [
    curve(
      [top, -0.95],
      [-0.1, -0.95],
      [-0.38, -0.72],
      [-0.36, -0.3],
      [0.1, -0.2],
      [random.range(0.42, 0.55), 0.28],
      [0.3, 0.85],
      [-0.1, 0.98],
      [-0.5, 0.75],
    ),
  ];
}

function curvedSix(random: Random): Stroke[] {
  const top = random.range(0.15, 0.42);
  const right = random.range(0.38, 0.52);
  const bowl = random.range(-0.05, 0.15);
  return [
    curve(
      [top, -0.97],
      [-0.2, -0.6],
      [-0.5, 0.05],
      [-0.42, 0.7],
      [0, 0.98],
      [right, 0.65],
      [0.32, bowl + 0.08],
      [0, bowl],
      [-0.4, 0.4],
    ),
  ];
}

function straightSix(random: Random): Stroke[] {
  const width = random.range(0.4, 0.5);
  const height = random.range(0.4, 0.5);
  const centre = [0, 1 - height] as const;
  return [
    join(
      curve([random.range(0.05, 0.3), -1], [-0.35, -0.2], [-width, centre[1]]),
      arc(centre, width, height, 180, -185),
    ),
  ];
}

function plainSeven(random: Random): Stroke[] {
  return [lines([-0.52, random.range(-0.98, -0.85)], [0.52, -0.95], [random.range(-0.3, 0.1), 1])];
}

function crossedSeven(random: Random): Stroke[] {
  const tilt = random.range(-0.08, 0.08);
  return [...plainSeven(random), lines([-0.28, 0.05 + tilt], [random.range(0.35, 0.5), 0.02 - tilt])];
}

function curvedSeven(random: Random): Stroke[] {
  const hook = lines([-0.5, random.range(-0.7, -0.6)], [-0.5, -0.92], [0.5, -0.92]);
  return [join(hook, curve([0.5, -0.92], [0.15, -0.25], [-0.08, 0.3], [random.range(-0.2, 0), 1]))];
}

function snakeEight(random: Random): Stroke[] {
  const top = random.range(0.32, 0.46);
  const bottom = random.range(0.42, 0.58);
  const waist = random.range(-0.15, 0.02);
  return [
    curve(
      [top, random.range(-0.8, -0.65)],
      [0, -1],
      [-top, -0.65],
      [0, waist],
      [bottom, 0.5],
      [0, 1],
      [-bottom, 0.5],
      [0, waist + random.range(-0.05, 0.05)],
      [top, -0.5],
      [random.range(0.1, 0.3), -0.9],
    ),
  ];
}

function stackedEight(random: Random): Stroke[] {
  const split = random.range(-0.2, 0.05);
  const [upper, lower] = [(split + 1) / 2, (1 - split) / 2];
  const start = random.range(0, 360);
  return [
    arc([0, -1 + upper], random.range(0.3, 0.45), upper, start, start + 365),
    arc([0, 1 - lower], random.range(0.4, 0.55), lower, start + 90, start + 455),
  ];
}

function loopOfNine(random: Random): { loop: Stroke; right: number; middle: number } {
  const width = random.range(0.36, 0.5);
  const height = random.range(0.36, 0.5);
  const middle = -1 + height;
  return { loop: arc([-0.05, middle], width, height, random.range(-40, 0), -360), right: width - 0.05, middle };
}

function straightNine(random: Random): Stroke[] {
  const { loop, right, middle } = loopOfNine(random);
  return [join(loop, lines([right, middle], [right - random.range(0, 0.25), 1]))];
}

function curvedNine(random: Random): Stroke[] {
  const { loop, right, middle } = loopOfNine(random);
  return [join(loop, curve([right, middle], [right, 0.3], [0.1, 0.95], [-0.45, random.range(0.7, 0.9)]))];
}

function flowingNine(random: Random): Stroke[] {
  const { loop, right, middle } = loopOfNine(random);
  return [join(loop, curve([right, middle], [right - 0.1, 0.25], [random.range(-0.35, -0.1), 1]))];
}
