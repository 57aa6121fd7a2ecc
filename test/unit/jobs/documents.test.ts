import { expect } from "chai";
import { CID } from "multiformats/cid";

import { IntegrityError } from "@orion/protocol/common";
import { parseDocument, type DocumentKind } from "@orion/protocol/jobs";
import { cidOfBlock, DAG_CBOR, decodeDag, encodeDag } from "@orion/protocol/storage";

const link = CID.parse("bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy");
const bytes32 = new Uint8Array(32).fill(7);

/** One right document of each kind. */
const RIGHT: Record<DocumentKind, Record<string, unknown>> = {
  "program/1": { orion: "program/1", program: link, constants: [link, link] },
  "dataset/1": { orion: "dataset/1", program: link, shared: [], inputs: [link] },
  "manifest/1": {
    orion: "manifest/1",
    job: bytes32,
    terms: new Uint8Array(448),
    program: link,
    roots: link,
    shared: [],
    pages: [link],
  },
  "page/1": { orion: "page/1", first: 256, shards: [[link], [link]] },
  "outputs/2": {
    orion: "outputs/2",
    key: bytes32,
    outputsRoot: bytes32,
    from: 0,
    to: 2,
    roots: link,
    shards: [
      [link, link],
      [link, link],
    ],
  },
  "result/2": { orion: "result/2", job: bytes32, root: bytes32, roots: link, outputs: [link, link] },
};

/** Values that no field of any document may have. */
const NEVER: [string, unknown][] = [
  ["null", null],
  ["a number out of range", -1],
  ["a fraction", 1.5],
  ["an object", {}],
  ["a list of numbers", [1]],
  ["text", "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"],
];

describe("parseDocument", () => {
  for (const [name, right] of Object.entries(RIGHT)) {
    const kind = name as DocumentKind;
    const parse = (value: unknown): unknown => parseDocument(kind, value, "it");

    describe(kind, () => {
      it("takes a right one, also after dag-cbor", async () => {
        expect(parse(right)).to.deep.equal(right);
        const bytes = encodeDag(right);
        const cid = await cidOfBlock(DAG_CBOR, bytes);
        const { orion } = parse(decodeDag(cid, bytes)) as { orion: string };
        expect(orion).to.equal(kind);
      });

      for (const field of Object.keys(right)) {
        for (const [what, value] of NEVER) {
          it(`refuses ${what} as ${field} and names the field`, () => {
            expect(() => parse({ ...right, [field]: value })).to.throw(
              IntegrityError,
              new RegExp(`${kind} document: ${field}`),
            );
          });
        }
        it(`refuses a document without ${field}`, () => {
          const rest = Object.fromEntries(Object.entries(right).filter(([name]) => name !== field));
          expect(() => parse(rest)).to.throw(IntegrityError, new RegExp(field));
        });
      }

      it("refuses a further field", () => {
        expect(() => parse({ ...right, more: 1 })).to.throw(IntegrityError, /more/);
      });

      it("refuses what is no document at all", () => {
        for (const value of [null, 5, "text", [], new Uint8Array(4), link]) {
          expect(() => parse(value)).to.throw(IntegrityError);
        }
      });
    });
  }

  const tooMany: [DocumentKind, string, number][] = [
    ["dataset/1", "shared", 257],
    ["dataset/1", "inputs", 257],
    ["page/1", "shards", 257],
    ["outputs/2", "shards", 1_025],
    ["result/2", "outputs", 17],
    ["manifest/1", "pages", 65_537],
  ];
  for (const [kind, field, count] of tooMany) {
    it(`refuses ${String(count)} entries in ${field} of ${kind}`, () => {
      const entry = kind === "page/1" || kind === "outputs/2" ? [link] : link;
      const document = { ...RIGHT[kind], [field]: Array(count).fill(entry) };
      expect(() => parseDocument(kind, document, "it")).to.throw(IntegrityError, new RegExp(field));
    });
  }

  for (const [kind, field] of [
    ["dataset/1", "inputs"],
    ["page/1", "shards"],
    ["outputs/2", "shards"],
    ["result/2", "outputs"],
    ["manifest/1", "pages"],
  ] as const) {
    it(`refuses an empty list of ${field} in ${kind}`, () => {
      expect(() => parseDocument(kind, { ...RIGHT[kind], [field]: [] }, "it")).to.throw(
        IntegrityError,
        new RegExp(field),
      );
    });
  }

  it("refuses no outputs, or seventeen, of one shard among others", () => {
    for (const count of [0, 17]) {
      const shards = [[link, link], Array<unknown>(count).fill(link)];
      const document = { ...RIGHT["outputs/2"], shards };
      expect(() => parseDocument("outputs/2", document, "it")).to.throw(IntegrityError, /shards.1/);
    }
  });

  it("refuses a document of the first edition", () => {
    const document = { ...RIGHT["outputs/2"], orion: "outputs/1" };
    expect(() => parseDocument("outputs/2", document, "it")).to.throw(IntegrityError, /orion/);
  });

  it("refuses 31 and 33 bytes where 32 belong", () => {
    for (const length of [0, 31, 33]) {
      const document = { ...RIGHT["result/2"], root: new Uint8Array(length) };
      expect(() => parseDocument("result/2", document, "it")).to.throw(IntegrityError, /root: is not 32 bytes/);
    }
  });
});
