import { CarReader } from "@ipld/car";
import { IntegrityError, InvalidInputError } from "@orion/protocol/common";
import { ContentTooLargeError } from "@orion/protocol/storage";
import { expect } from "chai";
import { varint } from "multiformats";
import type { CID } from "multiformats/cid";
import { cidOfBlock } from "../../../protocol/storage/block-hash.ts";
import { readCar, writeCar } from "../../../protocol/storage/car.ts";
import type { CarBlock } from "../../../protocol/storage/car.ts";
import { collect, expectRejection } from "./support/rejection.ts";

async function* inPieces(bytes: Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function readAll(bytes: Uint8Array): Promise<{ roots: CID[]; blocks: CarBlock[] }> {
  const car = await readCar(inPieces(bytes), "the test");
  const blocks: CarBlock[] = [];
  for await (const block of car.blocks) blocks.push(block);
  return { roots: car.roots, blocks };
}

describe("CAR", () => {
  let blocks: CarBlock[];
  let car: Uint8Array;
  before(async () => {
    const contents = [new Uint8Array([1, 2, 3]), new Uint8Array(), new Uint8Array(5000).fill(9)];
    blocks = await Promise.all(contents.map(async (bytes) => ({ cid: await cidOfBlock(0x55, bytes), bytes })));
    car = await collect(writeCar([(blocks[0] as CarBlock).cid], blocks));
  });

  it("is read by the reference library", async () => {
    const reader = await CarReader.fromBytes(car);
    expect((await reader.getRoots()).map(String)).to.deep.equal([String(blocks[0]?.cid)]);
    for (const { cid, bytes } of blocks) expect((await reader.get(cid))?.bytes).to.deep.equal(bytes);
  });

  it("gives back what was written", async () => {
    const read = await readAll(car);
    expect(read.roots.map(String)).to.deep.equal([String(blocks[0]?.cid)]);
    expect(read.blocks.map(({ cid }) => String(cid))).to.deep.equal(blocks.map(({ cid }) => String(cid)));
    expect(read.blocks.map(({ bytes }) => [...bytes])).to.deep.equal(blocks.map(({ bytes }) => [...bytes]));
  });

  it("is refused when a bit of a block is turned", async () => {
    const bent = car.slice();
    bent[bent.length - 1] = (bent[bent.length - 1] ?? 0) ^ 1;
    await expectRejection(readAll(bent), IntegrityError, /wrong bytes/);
  });

  it("is refused when it is cut off anywhere inside a section", async () => {
    const first = 1 + 58 + 1; // header and the first length
    for (const length of [0, 1, 20, first + 5, first + 38, car.length - 5000, car.length - 1]) {
      await expectRejection(readAll(car.subarray(0, length)), InvalidInputError, /malformed or truncated/);
    }
  });

  it("is refused when it is noise or another version", async () => {
    await expectRejection(readAll(new TextEncoder().encode("<html>not found</html>")), InvalidInputError, /malformed/);
    const v2 = Buffer.concat([Buffer.from("0aa16776657273696f6e02", "hex"), Buffer.alloc(40), car]);
    await expectRejection(readAll(v2), InvalidInputError, /malformed|version 2/);
  });

  it("is refused before a section of absurd length is taken into memory", async () => {
    const header = await collect(writeCar([(blocks[0] as CarBlock).cid], []));
    const length = varint.encodeTo(2 ** 40, new Uint8Array(varint.encodingLength(2 ** 40)));
    let sent = 0;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      yield header;
      yield length;
      yield await Promise.resolve((blocks[0] as CarBlock).cid.bytes);
      for (; sent < 64; sent++) yield new Uint8Array(1024 * 1024);
    };
    const { blocks: read } = await readCar(endless(), "the test");
    await expectRejection(read.next(), ContentTooLargeError, /section/);
    expect(sent).to.be.lessThan(2);
  });

  it("closes its source when the reader leaves early", async () => {
    let closed = false;
    const source = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield* inPieces(car);
      } finally {
        closed = true;
      }
    };
    const { blocks: read } = await readCar(source(), "the test");
    for await (const block of read) {
      expect(block.bytes).to.have.length(3);
      break;
    }
    expect(closed).to.equal(true);
  });
});
