import { expect } from "chai";
import { CLASSES, drawDataset, STREAM } from "../../../examples/digits/dataset.ts";
import { drawDigit, IMAGE_PIXELS } from "../../../examples/digits/drawing/draw.ts";
import { digitStrokes } from "../../../examples/digits/drawing/glyphs.ts";
import { createRandom } from "../../../examples/digits/random.ts";

describe("digits: drawing", () => {
  it("repeats a sequence for equal seeds and changes it with seed and stream", () => {
    const sequence = (seed: number, stream: number): number[] => {
      const random = createRandom(seed, stream);
      return Array.from({ length: 20 }, () => random.next());
    };
    expect(sequence(7, 1)).to.deep.equal(sequence(7, 1));
    expect(sequence(7, 1)).not.to.deep.equal(sequence(8, 1));
    expect(sequence(7, 1)).not.to.deep.equal(sequence(7, 2));
  });

  it("draws uniform and normal numbers with the right moments", () => {
    const random = createRandom(3, 3);
    const count = 20_000;
    const normals = Array.from({ length: count }, () => random.normal());
    const uniforms = Array.from({ length: count }, () => random.range(-1, 3));
    const mean = (values: number[]): number => values.reduce((a, b) => a + b) / count;
    expect(mean(normals)).to.be.closeTo(0, 0.03);
    expect(mean(normals.map((x) => x * x))).to.be.closeTo(1, 0.05);
    expect(mean(uniforms)).to.be.closeTo(1, 0.05);
    expect(Math.min(...uniforms)).to.be.within(-1, -0.99);
    expect(Math.max(...uniforms)).to.be.within(2.99, 3);
  });

  it("gives the same images and labels for the same seed, others for the next", () => {
    const first = drawDataset(5, STREAM.test, 40);
    expect(drawDataset(5, STREAM.test, 40)).to.deep.equal(first);
    expect(drawDataset(6, STREAM.test, 40).images).not.to.deep.equal(first.images);
  });

  it("shares no image between the splits of one seed", () => {
    const keys = (stream: number): string[] => {
      const { images } = drawDataset(5, stream, 300);
      return Array.from({ length: 300 }, (_, i) =>
        Buffer.from(images.subarray(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS)).toString("hex"),
      );
    };
    const all = [...keys(STREAM.train), ...keys(STREAM.test)];
    expect(new Set(all).size).to.equal(600);
  });

  it("holds every class equally often, in mixed order", () => {
    const { labels } = drawDataset(5, STREAM.train, 205);
    const counts = Array.from({ length: CLASSES }, (_, digit) => labels.filter((label) => label === digit).length);
    expect(Math.min(...counts)).to.equal(20);
    expect(Math.max(...counts)).to.equal(21);
    expect([...labels.subarray(0, CLASSES)]).not.to.deep.equal([...labels.subarray(0, CLASSES)].sort());
  });

  it("keeps every stroke near the plane of a digit and leaves ink on every image", () => {
    for (let digit = 0; digit < CLASSES; digit++) {
      const random = createRandom(11, digit);
      for (let k = 0; k < 30; k++) {
        for (const [x, y] of digitStrokes(digit, random).flat()) {
          expect(Math.abs(x), `x of a ${digit}`).to.be.below(0.85);
          expect(Math.abs(y), `y of a ${digit}`).to.be.below(1.15);
        }
        const inked = drawDigit(digit, random).filter((level) => level > 90).length;
        expect(inked, `ink of a ${digit}`).to.be.within(15, 500);
      }
    }
  });

  it("refuses what is no digit", () => {
    expect(() => digitStrokes(10, createRandom(1, 1))).to.throw(RangeError, "no digit 10");
  });
});
