import { expect } from "chai";

import { guardOutput, outputTrouble, type Output } from "../../../cli/core/guard-output.ts";
import type { Stream } from "../../../cli/core/terminal.ts";

type Code = "EPIPE" | "ENOSPC" | "EIO";

interface Guarded {
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** What reached the two outputs, what was reported, and the exit. */
  readonly seen: { out: string; err: string; reported: string[]; exits: (number | undefined)[] };
  readonly fail: (output: "out" | "err", code: Code) => void;
}

/** @param throws whether a failing write throws, as some streams do, or tells it later and in an event */
function guarded(outlasts: boolean, throws = false): Guarded {
  const seen: Guarded["seen"] = { out: "", err: "", reported: [], exits: [] };
  const failing = new Map<"out" | "err", Error>();
  const output = (name: "out" | "err"): Output => {
    const listeners: ((error: Error) => void)[] = [];
    return {
      on: (_event, listener) => listeners.push(listener),
      write: (text, done) => {
        const error = failing.get(name);
        if (error === undefined) {
          seen[name] += text;
          done();
          return;
        }
        if (throws) throw error;
        done(error);
        for (const listener of listeners) listener(error);
      },
    };
  };
  const { stdout, stderr } = guardOutput({
    stdout: output("out"),
    stderr: output("err"),
    outlasts: () => outlasts,
    report: (error) => seen.reported.push(outputTrouble(error)),
    exit: (code) => seen.exits.push(code),
  });
  return { stdout, stderr, seen, fail: (name, code) => failing.set(name, Object.assign(new Error(code), { code })) };
}

describe("standard output that fails", () => {
  for (const throws of [false, true]) {
    const how = throws ? "at once" : "later";
    it(`ends a reading command with one line (told ${how})`, () => {
      const { stdout, seen, fail } = guarded(false, throws);
      fail("out", "ENOSPC");
      stdout.write("jobs\n");
      expect(seen.reported).to.deep.equal(["cannot write to standard output: no room is left (ENOSPC)"]);
      expect(seen.exits[0]).to.equal(1);
      expect(seen.err).to.equal("");
    });

    it(`has a signing command go on, and say its results on standard error (told ${how})`, () => {
      const { stdout, seen, fail } = guarded(true, throws);
      fail("out", "EIO");
      stdout.write("posted job 0x1\n");
      stdout.write("follow it\n");
      expect(seen.err).to.equal("posted job 0x1\nfollow it\n");
      expect(seen.reported).to.deep.equal(["cannot write to standard output: its device fails (EIO)"]);
      expect(seen.exits).to.deep.equal([]);
    });

    it(`is quiet where the reader went away (told ${how})`, () => {
      const reading = guarded(false, throws);
      reading.fail("out", "EPIPE");
      reading.stdout.write("jobs\n");
      expect(reading.seen).to.deep.include({ err: "", reported: [] });
      expect(reading.seen.exits[0]).to.equal(undefined);
      expect(reading.seen.exits.length).to.be.greaterThan(0);
      const signing = guarded(true, throws);
      signing.fail("out", "EPIPE");
      signing.stdout.write("posted job 0x1\n");
      expect(signing.seen).to.deep.equal({ out: "", err: "", reported: [], exits: [] });
    });
  }

  it("is no matter where it is standard error", () => {
    for (const code of ["EPIPE", "ENOSPC"] as const) {
      const { stdout, stderr, seen, fail } = guarded(false);
      fail("err", code);
      stderr.write("approve CU: about …\n");
      stdout.write("posted\n");
      expect(seen).to.deep.equal({ out: "posted\n", err: "", reported: [], exits: [] });
    }
  });
});
