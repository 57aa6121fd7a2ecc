import { digitStrokes } from "../../../examples/digits/drawing/glyphs.ts";
import { lines, type Point, type Stroke } from "../../../examples/digits/drawing/path.ts";
import { createRandom, type Random } from "../../../examples/digits/random.ts";

/** Capital letters of straight lines; a unit is half a letter's height, y grows downwards. */
const LETTERS: Readonly<Record<string, readonly (readonly Point[])[]>> = {
  A: [
    [
      [-0.6, 1],
      [0, -1],
      [0.6, 1],
    ],
    [
      [-0.36, 0.25],
      [0.36, 0.25],
    ],
  ],
  E: [
    [
      [0.5, -1],
      [-0.45, -1],
      [-0.45, 1],
      [0.5, 1],
    ],
    [
      [-0.45, 0],
      [0.4, 0],
    ],
  ],
  H: [
    [
      [-0.5, -1],
      [-0.5, 1],
    ],
    [
      [0.5, -1],
      [0.5, 1],
    ],
    [
      [-0.5, 0],
      [0.5, 0],
    ],
  ],
  K: [
    [
      [-0.45, -1],
      [-0.45, 1],
    ],
    [
      [0.5, -1],
      [-0.45, 0.15],
      [0.55, 1],
    ],
  ],
  L: [
    [
      [-0.4, -1],
      [-0.4, 1],
      [0.5, 1],
    ],
  ],
  M: [
    [
      [-0.65, 1],
      [-0.6, -1],
      [0, 0.5],
      [0.6, -1],
      [0.65, 1],
    ],
  ],
  N: [
    [
      [-0.5, 1],
      [-0.5, -1],
      [0.5, 1],
      [0.5, -1],
    ],
  ],
  T: [
    [
      [-0.6, -1],
      [0.6, -1],
    ],
    [
      [0, -1],
      [0, 1],
    ],
  ],
  V: [
    [
      [-0.6, -1],
      [0, 1],
      [0.6, -1],
    ],
  ],
  X: [
    [
      [-0.55, -1],
      [0.55, 1],
    ],
    [
      [0.55, -1],
      [-0.55, 1],
    ],
  ],
  Z: [
    [
      [-0.5, -1],
      [0.5, -1],
      [-0.5, 1],
      [0.5, 1],
    ],
  ],
};
const CHARACTERS = Array.from({ length: 10 }, (_, digit) => String(digit)).concat(Object.keys(LETTERS));

export interface DrawnText {
  readonly text: string;
  /** [3, height, width] in [−1, 1], as the text models take it. */
  readonly data: Float32Array;
}

function strokesOf(character: string, random: Random): Stroke[] {
  const letter = LETTERS[character];
  return letter === undefined ? digitStrokes(Number(character), random) : letter.map((stroke) => lines(...stroke));
}

/** Darkens every pixel near a segment. */
function ink(page: Float32Array, width: number, [x0, y0]: Point, [x1, y1]: Point, radius: number): void {
  const height = page.length / width;
  const reach = radius + 0.7;
  const [dx, dy] = [x1 - x0, y1 - y0];
  const square = dx * dx + dy * dy;
  for (
    let y = Math.max(0, Math.floor(Math.min(y0, y1) - reach));
    y <= Math.min(height - 1, Math.max(y0, y1) + reach);
    y++
  ) {
    for (
      let x = Math.max(0, Math.floor(Math.min(x0, x1) - reach));
      x <= Math.min(width - 1, Math.max(x0, x1) + reach);
      x++
    ) {
      const t = square === 0 ? 0 : Math.min(Math.max(((x - x0) * dx + (y - y0) * dy) / square, 0), 1);
      const distance = Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
      const cover = Math.min(Math.max(reach - distance, 0), 1);
      page[y * width + x] = Math.max(page[y * width + x]!, cover);
    }
  }
}

/** Writes one line of characters; `size` is half a letter's height in pixels. Gives the text that found room. */
function writeLine(
  page: Float32Array,
  width: number,
  left: number,
  middle: number,
  size: number,
  random: Random,
): string {
  const length = 4 + random.index(9);
  const slant = random.range(-0.1, 0.15);
  const radius = Math.max(0.6, size * random.range(0.08, 0.14));
  let [text, x] = ["", left + size];
  while (text.length < length && x + size < width) {
    const character = CHARACTERS[random.index(CHARACTERS.length)]!;
    const place = ([px, py]: Point): Point => [x + (px * 0.85 - slant * py) * size, middle + py * size];
    for (const stroke of strokesOf(character, random)) {
      const points = stroke.map(place);
      for (let k = 0; k + 1 < points.length; k++) ink(page, width, points[k]!, points[k + 1]!, radius);
    }
    text += character;
    x += size * random.range(1.55, 1.8);
  }
  return text;
}

/** Ink on paper of any two shades, with noise, in three channels. */
function develop(page: Float32Array, random: Random): Float32Array {
  const isDark = random.chance(0.25);
  const [low, high] = [random.range(-1, -0.6), random.range(0.5, 1)];
  const [paper, pen] = isDark ? [low, high] : [high, low];
  const grain = random.range(0, 0.08);
  const data = new Float32Array(3 * page.length);
  for (const [at, cover] of page.entries()) {
    for (let channel = 0; channel < 3; channel++) {
      const value = paper + (pen - paper) * cover + grain * random.normal();
      data[channel * page.length + at] = Math.min(Math.max(value, -1), 1);
    }
  }
  return data;
}

/** A line of drawn characters, the same for the same seed. */
export function drawTextLine(height: number, width: number, seed: number): DrawnText {
  const random = createRandom(seed, 77);
  const page = new Float32Array(height * width);
  const text = writeLine(page, width, 2, height / 2, height * random.range(0.3, 0.4), random);
  return { text, data: develop(page, random) };
}

/** A page of several lines, the same for the same seed. */
export function drawTextPage(height: number, width: number, seed: number): DrawnText {
  const random = createRandom(seed, 78);
  const page = new Float32Array(height * width);
  const texts: string[] = [];
  for (let middle = 16 + random.range(0, 10); middle + 16 < height; middle += random.range(34, 60)) {
    texts.push(writeLine(page, width, random.range(2, width / 3), middle, random.range(8, 14), random));
  }
  return { text: texts.join(" "), data: develop(page, random) };
}
