import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { id } from "ethers";

import { ConfigurationError, OrionError } from "@orion/protocol/common";
import { Journal, JournalError, SecondRootError, type JournalEntry } from "@orion/worker";

const PROCESS = fileURLToPath(new URL("./journal-process.ts", import.meta.url));
const entry: JournalEntry = { key: id("key"), outputsRoot: id("root"), outputs: id("outputs") };

async function refusalOf(action: Promise<unknown>): Promise<OrionError> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(OrionError);
  return error as OrionError;
}

describe("the worker's journal", function () {
  this.timeout(20_000);
  let dir: string;
  let children: ChildProcess[] = [];

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "orion-journal-"));
  });
  afterEach(async () => {
    for (const child of children) child.kill("SIGKILL");
    children = [];
    await rm(dir, { recursive: true, force: true });
  });

  /** Another process that opens the journal; resolves to what it says first. */
  const other = async (task: { entry?: JournalEntry } = {}): Promise<{ said: string; kill: () => Promise<void> }> => {
    const env = { ...process.env, ORION_TEST_JOURNAL: JSON.stringify({ dir, ...task }) };
    const child = spawn(process.execPath, [PROCESS], { env, stdio: ["ignore", "ignore", "inherit", "ipc"] });
    children.push(child);
    const [said] = (await once(child, "message")) as [string];
    const kill = async (): Promise<void> => {
      child.kill("SIGKILL");
      if (child.signalCode === null) await once(child, "exit");
    };
    return { said, kill };
  };
  const using = async <T>(work: (journal: Journal) => Promise<T>): Promise<T> => {
    const journal = await Journal.open(dir);
    try {
      return await work(journal);
    } finally {
      journal.close();
    }
  };
  const file = (): string => path.join(dir, `${entry.key}.json`);

  it("remembers what was recorded, over a restart", async () => {
    await using(async (journal) => {
      expect(await journal.get(entry.key)).to.equal(undefined);
      expect(await journal.record(entry)).to.deep.equal(entry);
    });
    await using(async (journal) => {
      expect(await journal.get(entry.key)).to.deep.equal(entry);
      expect(await journal.keys()).to.deep.equal([entry.key]);
    });
  });

  it("refuses a second root for a claim, and keeps the first outputs for the same root", async () => {
    await using(async (journal) => {
      await journal.record(entry);
      expect(await journal.record({ ...entry, outputs: id("elsewhere") })).to.deep.equal(entry);
      const error = await refusalOf(journal.record({ ...entry, outputsRoot: id("second") }));
      expect(error).to.be.instanceOf(SecondRootError);
      expect([error.code, error.retryable]).to.deep.equal(["SECOND_ROOT", false]);
      expect(await journal.get(entry.key)).to.deep.equal(entry);
      expect(await journal.record({ ...entry, key: id("other"), outputsRoot: id("second") })).to.not.equal(undefined);
    });
  });

  it("refuses a second root after a kill -9 between journal and signature", async () => {
    const writer = await other({ entry });
    expect(writer.said).to.equal("ready");
    await writer.kill();
    await using(async (journal) => {
      expect(await journal.get(entry.key)).to.deep.equal(entry);
      expect(await refusalOf(journal.record({ ...entry, outputsRoot: id("second") }))).to.be.instanceOf(
        SecondRootError,
      );
    });
  });

  it("clears what a crash left half written, and nothing else", async () => {
    await using((journal) => journal.record(entry));
    await writeFile(`${file()}.tmp`, '{"version":1,"ke');
    await writeFile(path.join(dir, `${id("unborn")}.json.tmp`), "");
    await using(async (journal) => {
      expect(await journal.keys()).to.deep.equal([entry.key]);
      expect((await readdir(dir)).filter((name) => name.endsWith(".tmp"))).to.deep.equal([]);
      expect(await journal.get(id("unborn"))).to.equal(undefined);
    });
  });

  it("forgets a claim, also twice", async () => {
    await using(async (journal) => {
      await journal.record(entry);
      await journal.forget(entry.key);
      await journal.forget(entry.key);
      expect(await journal.get(entry.key)).to.equal(undefined);
    });
  });

  describe("with a damaged entry", () => {
    const damages: [string, (text: string) => string][] = [
      ["cut off", (text) => text.slice(0, -5)],
      ["empty", () => ""],
      ["noise", () => "\u0000\u0001"],
      ["of another claim", (text) => text.replace(entry.key, id("other"))],
      ["of a later version", (text) => text.replace('"version":2', '"version":3')],
      ["with a root that is none", (text) => text.replace(entry.outputsRoot, "0x12")],
      ["with a further field", (text) => text.replace("{", '{"more":1,')],
    ];
    for (const [what, damage] of damages) {
      it(`that is ${what} signs nothing, and names file and remedy`, async () => {
        await using((journal) => journal.record(entry));
        await writeFile(file(), damage(await readFile(file(), "utf8")));
        await using(async (journal) => {
          for (const action of [() => journal.get(entry.key), () => journal.record(entry)]) {
            const error = await refusalOf(action());
            expect(error).to.be.instanceOf(JournalError);
            expect(error.message).to.include(file());
            expect(error.hint).to.match(/remove that file/);
          }
        });
      });
    }
  });

  describe("belongs to one worker", () => {
    it("while that lives, in another process", async () => {
      const holder = await other();
      expect(holder.said).to.equal("ready");
      const error = await refusalOf(Journal.open(dir));
      expect(error).to.be.instanceOf(ConfigurationError);
      expect(error.message).to.match(/another worker uses the folder/);
      expect(error.hint).to.match(/one worker per key/);
      await holder.kill();
      (await Journal.open(dir)).close();
    });

    it("and in the same process", async () => {
      const journal = await Journal.open(dir);
      expect((await refusalOf(Journal.open(dir))).message).to.match(/another worker/);
      expect((await other()).said).to.match(/another worker uses the folder/);
      journal.close();
      (await Journal.open(dir)).close();
    });

    it("is taken by exactly one of five that start at once over the lock of a dead one", async () => {
      await (await other()).kill();
      const said = (await Promise.all([1, 2, 3, 4, 5].map(() => other()))).map((child) => child.said);
      expect(said.filter((text) => text === "ready")).to.have.length(1);
    });
  });

  it("names a folder that it cannot use", async () => {
    const blocked = path.join(dir, "file");
    await writeFile(blocked, "");
    const error = await refusalOf(Journal.open(path.join(blocked, "journal")));
    expect(error).to.be.instanceOf(ConfigurationError);
    expect(error.message).to.include(path.join(blocked, "journal"));
    expect(error.hint).to.match(/--data-dir/);
  });

  it("writes no entry on a full disk, and says that nothing was signed", async () => {
    // The entry's draft leads to a device that has no room, as a full disk has none.
    await using(async (journal) => {
      await symlink("/dev/full", `${file()}.tmp`);
      const error = await refusalOf(journal.record(entry));
      expect(error).to.be.instanceOf(JournalError);
      expect(error.message).to.match(/ENOSPC/);
      expect(error.hint).to.match(/nothing was signed/);
      expect(error).to.have.property("retryable", true);
      expect(await journal.get(entry.key)).to.equal(undefined);
      expect(await journal.record(entry)).to.deep.equal(entry);
    });
  });

  it("keeps an entry readable only for its owner", async () => {
    await using((journal) => journal.record(entry));
    expect((await stat(file())).mode & 0o077).to.equal(0);
  });
});
