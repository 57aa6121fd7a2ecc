import { InvalidInputError } from "@orion/protocol/common";
import { ContentTooLargeError, parseCid } from "@orion/protocol/storage";
import { expect } from "chai";
import fc from "fast-check";
import { readUnixfsFile } from "../../../protocol/storage/unixfs-file.ts";
import { collect, expectRejection } from "./support/rejection.ts";
import { MemoryBlocks } from "./support/memory-blocks.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Two levels: [abc][defg] under one node, [hij] beside it, "0" inside the root itself. */
async function nested(blocks: MemoryBlocks): Promise<Awaited<ReturnType<MemoryBlocks["node"]>>> {
  const left = await blocks.node([
    { cid: await blocks.raw(text("abc")), size: 3n },
    { cid: await blocks.node([], "file", text("defg")), size: 4n },
  ]);
  const right = await blocks.raw(text("hij"));
  return blocks.node(
    [
      { cid: left, size: 7n },
      { cid: right, size: 3n },
    ],
    "file",
    text("0"),
  );
}

describe("reading a UnixFS file", () => {
  let blocks: MemoryBlocks;
  beforeEach(() => {
    blocks = new MemoryBlocks();
  });

  it("joins its parts in order", async () => {
    const all = await collect(readUnixfsFile(await nested(blocks), blocks.load));
    expect(new TextDecoder().decode(all)).to.equal("0abcdefghij");
  });

  it("gives any range, as slicing the whole would", async () => {
    const root = await nested(blocks);
    const range = fc.tuple(fc.bigInt(0n, 14n), fc.bigInt(0n, 14n));
    await fc.assert(
      fc.asyncProperty(range, async ([offset, length]) => {
        const part = await collect(readUnixfsFile(root, blocks.load, { offset, length }));
        expect(new TextDecoder().decode(part)).to.equal("0abcdefghij".slice(Number(offset), Number(offset + length)));
      }),
    );
  });

  it("loads only the blocks of the range", async () => {
    const root = await nested(blocks);
    blocks.loads = 0;
    await collect(readUnixfsFile(root, blocks.load, { offset: 8n }));
    expect(blocks.loads).to.equal(2);
  });

  it("refuses a file above the limit after its root alone", async () => {
    const root = await nested(blocks);
    blocks.loads = 0;
    await expectRejection(
      collect(readUnixfsFile(root, blocks.load, { maxBytes: 10 })),
      ContentTooLargeError,
      /11 bytes/,
    );
    expect(blocks.loads).to.equal(1);
  });

  it("refuses a part that is shorter or longer than its parent declares", async () => {
    const leaf = await blocks.raw(text("abc"));
    for (const size of [2n, 4n, 1_000_000n]) {
      const root = await blocks.node([{ cid: leaf, size }]);
      await expectRejection(
        collect(readUnixfsFile(root, blocks.load)),
        InvalidInputError,
        /declares .* bytes, it has 3/,
      );
    }
  });

  it("refuses parts that are declared empty, of which a small graph could hold any number", async () => {
    let empty = await blocks.raw(new Uint8Array());
    for (let level = 0; level < 8; level++) {
      empty = await blocks.node(Array.from({ length: 50 }, () => ({ cid: empty, size: 0n })));
    }
    blocks.loads = 0;
    await expectRejection(collect(readUnixfsFile(empty, blocks.load)), InvalidInputError, /declared empty/);
    expect(blocks.loads).to.equal(1);
  });

  it("refuses endless nesting", async () => {
    let node = await blocks.raw(text("x"));
    for (let level = 0; level < 40; level++) node = await blocks.node([{ cid: node, size: 1n }]);
    await expectRejection(collect(readUnixfsFile(node, blocks.load)), InvalidInputError, /nested too deeply/);
  });

  it("refuses a file cut into crumbs, which would cost a request per byte", async () => {
    const crumb = await blocks.raw(text("x"));
    const level = await blocks.node(Array.from({ length: 400 }, () => ({ cid: crumb, size: 1n })));
    const root = await blocks.node(Array.from({ length: 40 }, () => ({ cid: level, size: 400n })));
    await expectRejection(collect(readUnixfsFile(root, blocks.load)), InvalidInputError, /small pieces/);
    expect(blocks.loads).to.be.lessThan(200);
  });

  it("refuses folders, links that are no file parts and nodes that are no UnixFS", async () => {
    const folder = await blocks.node([], "directory");
    await expectRejection(collect(readUnixfsFile(folder, blocks.load)), InvalidInputError, /directory/);
    const noise = await blocks.put(0x70, text("no protobuf at all"));
    await expectRejection(collect(readUnixfsFile(noise, blocks.load)), InvalidInputError, /not a UnixFS file/);
    const foreign = parseCid("bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua");
    const root = await blocks.node([{ cid: await blocks.put(0x71, text("\u0001")), size: 1n }]);
    await expectRejection(collect(readUnixfsFile(root, blocks.load)), InvalidInputError, /codec dag-cbor/);
    await expectRejection(
      collect(readUnixfsFile(foreign, () => Promise.resolve(text("x")))),
      InvalidInputError,
      /dag-cbor/,
    );
  });

  it("stops loading when its reader leaves, and reports a block that fails", async () => {
    const leaf = await blocks.raw(text("abc"));
    const gone = parseCid("bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");
    const parts = [{ cid: leaf, size: 3n }, ...Array.from({ length: 30 }, () => ({ cid: gone, size: 11n }))];
    const root = await blocks.node(parts);
    await expectRejection(collect(readUnixfsFile(root, blocks.load)), Error, /no block/);
    blocks.loads = 0;
    for await (const chunk of readUnixfsFile(root, blocks.load)) {
      expect(chunk).to.have.length(3);
      break;
    }
    expect(blocks.loads).to.be.at.most(10);
  });
});
