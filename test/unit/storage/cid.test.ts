import { InvalidInputError } from "@orion/protocol/common";
import { dagCidFromDigest, digestFromDagCid, encodeDag, parseCid } from "@orion/protocol/storage";
import { expect } from "chai";
import fc from "fast-check";
import { base16, base16upper } from "multiformats/bases/base16";
import { base32upper } from "multiformats/bases/base32";
import { base36, base36upper } from "multiformats/bases/base36";
import { base58btc } from "multiformats/bases/base58";
import { base64, base64url } from "multiformats/bases/base64";
import { CID } from "multiformats/cid";
import * as digest from "multiformats/hashes/digest";
import { sha256, sha512 } from "multiformats/hashes/sha2";
import { cidOfBlock } from "../../../protocol/storage/block-hash.ts";

const HELLO = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe("parseCid", () => {
  it("reads every base that IPFS tools write, and keeps one spelling", () => {
    const cid = CID.parse(HELLO);
    const bases = [base16, base16upper, base32upper, base36, base36upper, base58btc, base64, base64url];
    for (const base of bases) {
      const read = parseCid(cid.toString(base));
      expect([base.name, read.toString(), read.equals(cid)]).to.deep.equal([base.name, HELLO, true]);
    }
    expect(parseCid(`b${HELLO.slice(1).toUpperCase()}`).toString()).to.equal(HELLO);
  });

  it("reads base32, base36, base58 and version 0", () => {
    const cid = parseCid(HELLO);
    expect(parseCid(cid.toString(base36)).equals(cid)).to.equal(true);
    expect(parseCid(cid.toString(base58btc)).equals(cid)).to.equal(true);
    expect(parseCid("Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD").version).to.equal(0);
  });

  const bad: [string, string][] = [
    ["nothing", ""],
    ["a word", "hello"],
    ["a cut-off CID", HELLO.slice(0, -3)],
    ["a CID with a letter too many", `${HELLO}a`],
    ["a URL", `ipfs://${HELLO}`],
    ["a path", `/ipfs/${HELLO}`],
    ["a climbing path", "../../etc/passwd"],
    ["control characters", "bafk\n\u001b[31mrei"],
    ["a huge text", "b".repeat(1_000_000)],
  ];
  for (const [what, text] of bad) {
    it(`refuses ${what} in one short line`, () => {
      expect(() => parseCid(text))
        .to.throw(InvalidInputError)
        .with.property("message")
        .that.matches(/^[\x20-\x7e…]{5,160}$/);
    });
  }

  it("refuses an identity CID, which proves nothing", () => {
    const cid = CID.createV1(0x55, digest.create(0x00, new TextEncoder().encode("free content")));
    expect(() => parseCid(cid.toString())).to.throw(InvalidInputError, /not a sha2-256 CID/);
  });

  it("refuses other hashes, a shortened sha2-256 and other codecs", async () => {
    const data = new Uint8Array([1]);
    const long = CID.createV1(0x55, await sha512.digest(data));
    const short = CID.createV1(0x55, digest.create(0x12, (await sha256.digest(data)).digest.subarray(0, 4)));
    const git = CID.createV1(0x78, await sha256.digest(data));
    for (const cid of [long, short]) expect(() => parseCid(cid.toString())).to.throw(InvalidInputError);
    expect(() => parseCid(git.toString())).to.throw(InvalidInputError, /codec 0x78/);
  });

  it("never throws anything but InvalidInputError", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 140, unit: "binary" }), (text) => {
        try {
          parseCid(text);
        } catch (error) {
          if (!(error instanceof InvalidInputError)) throw error;
        }
      }),
    );
  });
});

describe("the digest that the chain stores", () => {
  it("is the sha2-256 of the dag-cbor block", async () => {
    const cid = await cidOfBlock(0x71, encodeDag({ orion: "program/1" }));
    expect(dagCidFromDigest(digestFromDagCid(cid)).equals(cid)).to.equal(true);
  });

  it("goes to a CID and back for any 32 bytes", () => {
    fc.assert(
      fc.property(bytes32, (bytes) => {
        const text = `0x${Buffer.from(bytes).toString("hex")}`;
        expect(digestFromDagCid(dagCidFromDigest(text))).to.equal(text);
        expect(digestFromDagCid(dagCidFromDigest(`0x${text.slice(2).toUpperCase()}`))).to.equal(text);
      }),
    );
  });

  it("is refused unless it is 0x and 64 hex digits", () => {
    for (const text of ["", "0x", "0x1234", `0x${"g".repeat(64)}`, "a".repeat(64), `0x${"a".repeat(66)}`]) {
      expect(() => dagCidFromDigest(text)).to.throw(InvalidInputError, /not a content digest/);
    }
  });

  it("exists for dag-cbor alone", () => {
    expect(() => digestFromDagCid(parseCid(HELLO))).to.throw(InvalidInputError, /expected dag-cbor/);
  });
});
