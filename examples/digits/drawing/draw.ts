import type { Random } from "../random.ts";
import { digitStrokes } from "./glyphs.ts";
import type { Point, Stroke } from "./path.ts";

/** Height and width of an image in pixels. */
export const IMAGE_SIZE = 28;
export const IMAGE_PIXELS = IMAGE_SIZE * IMAGE_SIZE;

const PIXELS_PER_UNIT = 9.6;
const INK_LEVELS = 255;

/** One image of a digit: 784 grey levels, row-major, ink bright on a dark ground. */
export function drawDigit(digit: number, random: Random): Uint8Array {
  const place = createHand(random);
  const strokes = digitStrokes(digit, random).map((stroke) => stroke.map(place));
  const ink = new Float64Array(IMAGE_PIXELS);
  const radius = random.range(0.65, 1.9);
  for (const stroke of strokes) inkStroke(ink, stroke, radius, random);
  if (random.chance(0.3)) soften(ink, random.range(0.1, 0.6));
  return develop(ink, random);
}

/** The hand's placement of a digit on the paper: wobble, then slant, scale, rotation and shift, to pixels. */
function createHand(random: Random): (point: Point) => Point {
  const wobble = createWobble(random);
  const angle = (random.normal() * 9 * Math.PI) / 180;
  const slant = random.normal() * 0.2;
  const scaleX = PIXELS_PER_UNIT * random.range(0.72, 1.12);
  const scaleY = PIXELS_PER_UNIT * random.range(0.78, 1.08);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const centreX = (IMAGE_SIZE - 1) / 2 + random.range(-2.6, 2.6);
  const centreY = (IMAGE_SIZE - 1) / 2 + random.range(-2.4, 2.4);
  return (point) => {
    const [wx, wy] = wobble(point);
    const x = (wx - slant * wy) * scaleX;
    const y = wy * scaleY;
    return [centreX + cos * x - sin * y, centreY + sin * x + cos * y];
  };
}

/** A smooth random displacement of the plane: neighbouring points of the pen move together. */
function createWobble(random: Random): (point: Point) => Point {
  const wave = (): ((x: number, y: number) => number) => {
    const [kx, ky, phase] = [random.normal() * 1.6, random.normal() * 1.6, random.range(0, 2 * Math.PI)];
    const amplitude = random.range(0.04, 0.18);
    return (x, y) => amplitude * Math.sin(kx * x + ky * y + phase);
  };
  const [dx, dy] = [wave(), wave()];
  return ([x, y]) => [x + dx(x, y), y + dy(x, y)];
}

/** Adds one stroke; the pen's pressure swells and fades along it, and the ink keeps the darker of two layers. */
function inkStroke(ink: Float64Array, stroke: Stroke, radius: number, random: Random): void {
  const swell = random.range(0, 0.35);
  const phase = random.range(0, 2 * Math.PI);
  const [liftX, liftY] = [random.normal() * 0.3, random.normal() * 0.3];
  for (let k = 0; k + 1 < stroke.length; k++) {
    const [x0, y0] = stroke[k]!;
    const [x1, y1] = stroke[k + 1]!;
    const pressed = radius * (1 + swell * Math.sin(phase + (5 * k) / stroke.length));
    inkSegment(ink, [x0 + liftX, y0 + liftY], [x1 + liftX, y1 + liftY], pressed);
  }
}

function inkSegment(ink: Float64Array, [x0, y0]: Point, [x1, y1]: Point, radius: number): void {
  const reach = radius + 0.5;
  const clampPixel = (v: number): number => Math.min(Math.max(v, 0), IMAGE_SIZE - 1);
  const top = clampPixel(Math.ceil(Math.min(y0, y1) - reach));
  const bottom = clampPixel(Math.floor(Math.max(y0, y1) + reach));
  const left = clampPixel(Math.ceil(Math.min(x0, x1) - reach));
  const right = clampPixel(Math.floor(Math.max(x0, x1) + reach));
  const [dx, dy] = [x1 - x0, y1 - y0];
  const lengthSquared = dx * dx + dy * dy;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const along = lengthSquared === 0 ? 0 : ((x - x0) * dx + (y - y0) * dy) / lengthSquared;
      const t = Math.min(Math.max(along, 0), 1);
      const distance = Math.sqrt((x - x0 - t * dx) ** 2 + (y - y0 - t * dy) ** 2);
      const cover = Math.min(Math.max(reach - distance, 0), 1);
      const pixel = y * IMAGE_SIZE + x;
      if (cover > ink[pixel]!) ink[pixel] = cover;
    }
  }
}

/** Mixes every pixel with the mean of its four neighbours, as a lens out of focus does. */
function soften(ink: Float64Array, amount: number): void {
  const sharp = ink.slice();
  const at = (y: number, x: number): number =>
    y < 0 || x < 0 || y >= IMAGE_SIZE || x >= IMAGE_SIZE ? 0 : sharp[y * IMAGE_SIZE + x]!;
  for (let y = 0; y < IMAGE_SIZE; y++) {
    for (let x = 0; x < IMAGE_SIZE; x++) {
      const around = (at(y - 1, x) + at(y + 1, x) + at(y, x - 1) + at(y, x + 1)) / 4;
      ink[y * IMAGE_SIZE + x] = (1 - amount) * at(y, x) + amount * around;
    }
  }
}

/** Paper, ink strength, sensor noise and dust, to 8 bits. */
function develop(ink: Float64Array, random: Random): Uint8Array {
  const strength = random.range(0.45, 1);
  const paper = random.chance(0.5) ? random.range(0, 0.2) : 0;
  const [slopeX, slopeY] = [random.normal() * paper * 0.02, random.normal() * paper * 0.02];
  const grain = random.range(0, 0.12);
  const image = new Uint8Array(IMAGE_PIXELS);
  for (let pixel = 0; pixel < IMAGE_PIXELS; pixel++) {
    const [x, y] = [(pixel % IMAGE_SIZE) - IMAGE_SIZE / 2, Math.floor(pixel / IMAGE_SIZE) - IMAGE_SIZE / 2];
    const ground = paper + slopeX * x + slopeY * y;
    const level = ground + (strength - ground) * ink[pixel]! + grain * random.normal();
    image[pixel] = Math.round(INK_LEVELS * Math.min(Math.max(level, 0), 1));
  }
  const specks = random.chance(0.4) ? random.index(9) : 0;
  for (let k = 0; k < specks; k++) image[random.index(IMAGE_PIXELS)] = random.index(INK_LEVELS + 1);
  return image;
}
