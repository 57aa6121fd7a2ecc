import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { Wallet } from "ethers";

import { InvalidInputError } from "@orion/protocol/common";

import {
  LIGHT_SCRYPT,
  listKeys,
  openKeyFile,
  readKeyFile,
  requireKeyName,
  saveKey,
} from "../../../cli/keys/keystore.ts";

const PASSWORD = "correct horse battery";

describe("the encrypted key files", () => {
  let folder: string;
  const wallet = new Wallet(Wallet.createRandom().privateKey);

  before(async () => {
    folder = path.join(await mkdtemp(path.join(tmpdir(), "orion-keys-")), "keys");
    await saveKey(folder, "mine", wallet, PASSWORD, LIGHT_SCRYPT);
  });
  after(async () => {
    await rm(path.dirname(folder), { recursive: true, force: true });
  });

  const fault = async (work: Promise<unknown>): Promise<InvalidInputError> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(InvalidInputError);
    return error as InvalidInputError;
  };
  const altered = async (name: string, change: (json: Record<string, unknown>) => unknown): Promise<string> => {
    const file = path.join(folder, name);
    const json = JSON.parse(await readFile(path.join(folder, "mine.json"), "utf8")) as Record<string, unknown>;
    await writeFile(file, JSON.stringify(change(json)));
    return file;
  };

  it("open with their password and hold the key", async () => {
    const opened = await openKeyFile(await readKeyFile(path.join(folder, "mine.json")), PASSWORD);
    expect(opened.privateKey).to.equal(wallet.privateKey);
  });

  it("are read by ethers, so that other tools can use them", async () => {
    const json = await readFile(path.join(folder, "mine.json"), "utf8");
    expect((await Wallet.fromEncryptedJson(json, PASSWORD)).address).to.equal(wallet.address);
  });

  it("belong to their owner alone, and so does their folder", async () => {
    expect((await stat(path.join(folder, "mine.json"))).mode & 0o777).to.equal(0o600);
    expect((await stat(folder)).mode & 0o777).to.equal(0o700);
  });

  it("do not hold the key or the password in the clear", async () => {
    const json = await readFile(path.join(folder, "mine.json"), "utf8");
    expect(json.toLowerCase()).not.to.include(wallet.privateKey.slice(2).toLowerCase()).and.not.include(PASSWORD);
  });

  it("are never replaced, and leave nothing half-written", async () => {
    const error = await fault(saveKey(folder, "mine", wallet, PASSWORD, LIGHT_SCRYPT));
    expect(error.message).to.include("exists already");
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).to.deep.equal([]);
  });

  it("refuse a wrong password without repeating it", async () => {
    const error = await fault(openKeyFile(await readKeyFile(path.join(folder, "mine.json")), "wrong-password-1"));
    expect(error.message).to.include("does not open").and.not.include("wrong-password-1");
  });

  it("refuse a file that is not JSON without quoting it", async () => {
    const file = path.join(folder, "bare.txt");
    await writeFile(file, wallet.privateKey);
    const error = await fault(readKeyFile(file));
    expect(error.message).to.include("is not JSON").and.not.include(wallet.privateKey.slice(2, 20));
    expect(error.cause).to.equal(undefined);
  });

  it("refuse a key derivation that would take all memory", async () => {
    const file = await altered("bomb.txt", (json) => {
      const crypto = (json.Crypto ?? json.crypto) as { kdfparams: { n: number; r: number } };
      crypto.kdfparams.n = 2 ** 24;
      crypto.kdfparams.r = 64;
      return json;
    });
    expect((await fault(readKeyFile(file))).message).to.include("more memory");
  });

  it("refuse an address that is not the key's", async () => {
    const file = await altered("stranger.txt", (json) => ({ ...json, address: "00".repeat(20) }));
    const error = await fault(openKeyFile(await readKeyFile(file), PASSWORD));
    expect(error.message).to.include("does not open");
  });

  it("refuse other formats by the field that is wrong", async () => {
    const file = await altered("old.txt", (json) => ({ ...json, version: 1 }));
    expect((await fault(readKeyFile(file))).message).to.include("version");
  });

  for (const name of ["", "../mine", "a/b", ".hidden", "x".repeat(65), "naïve", "a b"]) {
    it(`refuse the name ${JSON.stringify(name)}`, () => {
      expect(() => requireKeyName(name)).to.throw(InvalidInputError);
    });
  }

  it("list by name and address, whatever else lies there", async () => {
    await writeFile(path.join(folder, "broken.json"), "{");
    expect((await listKeys(folder)).map(({ name, address }) => [name, address])).to.deep.equal([
      ["mine", wallet.address],
    ]);
    expect(await listKeys(path.join(folder, "nowhere"))).to.deep.equal([]);
  });
});
