import { expect } from "chai";

import { bar } from "../../../cli/core/bar.ts";
import { Secrets } from "../../../cli/core/secrets.ts";
import { createTerminal, type Terminal } from "../../../cli/core/terminal.ts";
import { facts, table } from "../../../cli/core/table.ts";

interface Heard {
  readonly terminal: Terminal;
  readonly out: () => string;
  readonly err: () => string;
}

function listen(options: { json?: boolean; tty?: boolean; secrets?: Secrets }): Heard {
  let [out, err] = ["", ""];
  const terminal = createTerminal({
    json: options.json === true,
    stdout: { write: (text) => (out += text) },
    stderr: { isTTY: options.tty === true, columns: 20, write: (text) => (err += text) },
    secrets: options.secrets ?? new Secrets(),
  });
  return { terminal, out: () => out, err: () => err };
}

describe("the terminal", () => {
  it("prints lines for people and one object for machines", () => {
    const people = listen({});
    people.terminal.result({ amount: 1n }, ["one", "two"]);
    expect(people.out()).to.equal("one\ntwo\n");
    const machines = listen({ json: true });
    machines.terminal.result({ amount: 10n ** 30n }, ["one", "two"]);
    expect(machines.out()).to.equal('{"amount":"1000000000000000000000000000000"}\n');
  });

  it("keeps remarks and drawings away from machines", () => {
    const { terminal, out, err } = listen({ json: true, tty: true });
    terminal.note("remark");
    terminal.draw(["bar"]);
    expect(out() + err()).to.equal("");
  });

  it("draws only where a person watches", () => {
    const piped = listen({});
    piped.terminal.draw(["bar"]);
    expect(piped.err()).to.equal("");
  });

  it("redraws its lines under what is printed meanwhile, cut to the width", () => {
    const { terminal, err } = listen({ tty: true });
    terminal.draw(["a bar that is wider than the screen"]);
    terminal.note("remark");
    terminal.draw([]);
    const erase = "\x1b[1A\x1b[2K\r";
    expect(err()).to.equal(`a bar that is wider\n${erase}remark\na bar that is wider\n${erase}`);
  });

  it("lets nothing act on the screen that stands in what it prints", () => {
    const hostile = "\x1b[2Jwiped \u009b31mred \u202eturned \rover";
    const shown = "\\u001b[2Jwiped \\u009b31mred \\u202eturned \\u000dover";
    const { terminal, out, err } = listen({ tty: true });
    terminal.result({}, [hostile, `two\n\tlines`]);
    terminal.event({}, hostile);
    terminal.diagnostic(`error: ${hostile}`);
    expect(out()).to.equal(`${shown}\ntwo\n\tlines\n${shown}\n`);
    expect(err()).to.equal(`error: ${shown}\n`);
    terminal.draw([hostile.slice(0, 4)]);
    expect(err()).to.equal(`error: ${shown}\n\\u001b[2J\n`);
  });

  it("blanks secrets out wherever it prints", () => {
    const secrets = new Secrets();
    secrets.add("a-long-secret");
    const { terminal, out, err } = listen({ tty: true, secrets });
    terminal.result({}, ["a-long-secret"]);
    terminal.event({}, "a-long-secret");
    terminal.note("a-long-secret");
    terminal.diagnostic("a-long-secret");
    terminal.draw(["a-long-secret"]);
    expect(out() + err()).not.to.include("a-long-secret");
  });
});

describe("bars and tables", () => {
  it("fill a bar in proportion", () => {
    expect(bar(0, 10, 4)).to.equal("░░░░");
    expect(bar(5, 10, 4)).to.equal("██░░");
    expect(bar(10, 10, 4)).to.equal("████");
    expect(bar(99, 10, 4)).to.equal("████");
    expect(bar(1, 0, 4)).to.equal("░░░░");
  });

  it("align columns", () => {
    expect(table(["a", "b"], [["long", "x"]])).to.deep.equal(["a     b", "long  x"]);
    expect(
      facts([
        ["a", "1"],
        ["bcd", "2"],
      ]),
    ).to.deep.equal(["a    1", "bcd  2"]);
  });
});
