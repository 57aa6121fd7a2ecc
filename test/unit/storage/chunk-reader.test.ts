import { bytesReader } from "@ipld/car/decoder";
import { expect } from "chai";
import fc from "fast-check";
import { chunkReader } from "../../../protocol/storage/chunk-reader.ts";

async function* cut(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.byteLength; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    yield await Promise.resolve(bytes.subarray(at, at + length));
    at += length;
  }
}

const move = fc.record({
  kind: fc.constantFrom("upTo", "peek", "take", "seek"),
  length: fc.integer({ min: 0, max: 40 }),
});

describe("chunkReader", () => {
  it("gives what the library's reader gives of the same bytes in one piece, however they are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1 }).filter((lengths) => lengths.some((n) => n > 0)),
        fc.array(move, { maxLength: 30 }),
        async (bytes, lengths, moves) => {
          const [reader, reference] = [chunkReader(cut(bytes, lengths)), bytesReader(bytes)];
          for (const { kind, length } of moves) {
            if (kind === "seek") {
              const inside = Math.min(length, bytes.byteLength - reference.pos);
              reader.seek(inside);
              reference.seek(inside);
              continue;
            }
            const both = [reader, reference].map((one) =>
              (kind === "upTo" ? one.upTo(length) : one.exactly(length, kind === "take")).then(
                (given) => Buffer.from(given).toString("hex"),
                (error: unknown) => String(error),
              ),
            );
            const [mine, expected] = await Promise.all(both);
            expect(mine).to.equal(expected);
            expect(reader.pos).to.equal(reference.pos);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("does not copy bytes of one chunk, and reads no further than it must", async () => {
    const chunks = [new Uint8Array(10).fill(1), new Uint8Array(10).fill(2), new Uint8Array(10).fill(3)];
    let taken = 0;
    const source = async function* (): AsyncGenerator<Uint8Array> {
      for (const chunk of chunks) {
        taken++;
        yield await Promise.resolve(chunk);
      }
    };
    const reader = chunkReader(source());
    expect((await reader.exactly(10, true)).buffer).to.equal(chunks[0]?.buffer);
    expect(taken).to.equal(1);
    expect([...(await reader.exactly(12, true))]).to.deep.equal([...Array<number>(10).fill(2), 3, 3]);
    expect((await reader.upTo(100)).byteLength).to.equal(8);
  });
});
