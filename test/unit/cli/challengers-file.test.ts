import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { getAddress, toBeHex } from "ethers";

import { MAX_CHALLENGERS } from "@orion/protocol/challenge";
import { InvalidInputError } from "@orion/protocol/common";

import { readChallengers } from "../../../cli/job/challengers-file.ts";

const address = (i: number): string => getAddress(toBeHex(BigInt(i) + (1n << 150n), 20));

describe("a file of challengers", () => {
  let folder: string;
  let file: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "orion-challengers-"));
    file = path.join(folder, "list.txt");
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const read = async (text: string): Promise<readonly string[]> => {
    await writeFile(file, text);
    return readChallengers(file);
  };
  const refusal = async (text: string): Promise<string> => {
    try {
      await read(text);
    } catch (error) {
      expect(error).to.be.instanceOf(InvalidInputError);
      return (error as Error).message;
    }
    throw new Error("the file was taken");
  };

  it("holds one address a line, in any case, between empty lines and with any line ends", async () => {
    const list = await read(`\n${address(1)}\r\n  ${address(2).toLowerCase()}  \n\n${address(3)}`);
    expect(list).to.deep.equal([address(1), address(2), address(3)]);
  });

  it("is refused when it is empty", async () => {
    expect(await refusal("")).to.include("is empty");
    expect(await refusal("\n \r\n")).to.include("is empty");
  });

  it("is refused with a line that is no address, which is named", async () => {
    for (const bad of ["0x1234", "alice.eth", `${address(1)},${address(2)}`, `${address(1)}00`, address(1).slice(2)]) {
      expect(await refusal(`${address(9)}\n${bad}\n`), bad)
        .to.include("line 2")
        .and.include("no address");
    }
    expect(await refusal(`0x${"00".repeat(20)}`)).to.include("zero address");
    const flipped = address(0xabcdef).replace(/[a-f]|[A-F]/, (c) =>
      c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase(),
    );
    expect(await refusal(`0x${flipped.slice(2)}`)).to.include("checksum");
  });

  it("is refused with an address twice, also in another case", async () => {
    expect(await refusal(`${address(1)}\n${address(0xabc)}\n${address(0xabc).toLowerCase()}`)).to.include(
      `repeats ${address(0xabc)} of line 2`,
    );
  });

  it("is refused with too many accounts, or too many bytes to be looked at", async () => {
    const lines = Array.from({ length: MAX_CHALLENGERS + 1 }, (_, i) => address(i));
    expect(await read(lines.slice(1).join("\n"))).to.have.length(MAX_CHALLENGERS);
    expect(await refusal(lines.join("\n"))).to.include(`at most ${String(MAX_CHALLENGERS)}`);
    expect(await refusal(" ".repeat(1_000_000))).to.match(/has 1000000 bytes/);
  });

  it("is refused when there is none", async () => {
    const missing = await readChallengers(path.join(folder, "missing.txt")).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(missing).to.be.instanceOf(InvalidInputError);
  });
});
