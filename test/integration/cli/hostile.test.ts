import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { toBeHex, Wallet } from "ethers";

import { encodeNpy, tensor } from "@orion/protocol/tensor";

import { LIGHT_SCRYPT, saveKey } from "../../../cli/keys/keystore.ts";
import { orion, ROOT, type Ran } from "./orion.ts";

const CHAIN_ID = 424_242;
const DEAD = "http://127.0.0.1:9";
const PASSWORD = "a password for tests";
const PROGRAM = path.join(ROOT, "examples/digits/model/program.ortp");
const WEIGHTS = path.join(ROOT, "examples/digits/model/weights");

const address = (last: number): string => toBeHex(last, 20);
const NETWORK = {
  name: "test",
  chainId: CHAIN_ID,
  rpcUrl: DEAD,
  ipfsUrl: DEAD,
  deployBlock: 1,
  addresses: {
    orion: address(1),
    registry: address(2),
    credits: address(3),
    disputes: address(4),
    market: address(5),
    upkeep: address(6),
    dex: address(7),
    mining: address(8),
    buyAndPost: address(9),
    governor: address(10),
    timelock: address(11),
    guardian: address(12),
    reserves: address(13),
  },
};

describe("orion, given something it can't use", function () {
  this.timeout(60_000);
  let folder: string;
  const wallet = new Wallet(Wallet.createRandom().privateKey);
  const env = { ORION_PRIVATE_KEY: wallet.privateKey };
  const run = (args: readonly string[], more: Record<string, string> = env): Promise<Ran> =>
    orion(args, { cwd: folder, env: more });

  /** Each failure is one line that says what, and at most one that says what to do; it shows no secret and no stack. */
  const refused = (ran: Ran, code: number, message: string | RegExp, hint?: string): void => {
    const [first = "", second, ...rest] = ran.stderr.trimEnd().split("\n");
    expect(first)
      .to.match(/^error: /)
      .and.to.match(message instanceof RegExp ? message : new RegExp(escaped(message)));
    if (second !== undefined) expect(second).to.match(/^hint: /);
    if (hint !== undefined) expect(second).to.include(hint);
    expect(rest).to.deep.equal([]);
    expect(ran).to.include({ code, stdout: "" });
    for (const secret of [wallet.privateKey.slice(2), PASSWORD]) expect(ran.stderr).not.to.include(secret);
  };

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "orion-cli-"));
    await writeFile(path.join(folder, "network.json"), JSON.stringify(NETWORK));
    await saveKey(path.join(folder, "home", "keys"), "mine", wallet, PASSWORD, LIGHT_SCRYPT);
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  describe("as words", () => {
    const cases: readonly (readonly [args: string[], message: string])[] = [
      [["fly"], "unknown command 'fly'"],
      [["job", "fly"], "unknown command 'fly'"],
      [["job", "status", "--frob"], "unknown option '--frob'"],
      [["job", "post", "--input", "x.npy"], "missing required argument 'program'"],
      [["job", "post", "x.ortp"], "--input"],
      [["provider", "stake", "-5"], "Give an amount of ORION"],
      [["provider", "stake", "1e9"], "Give an amount of ORION"],
      [["job", "status", "latest"], "Give a job's id"],
      [["keeper", "start", "gardener"], "Roles: orchestrator, aggregator, upkeep, observer, all"],
      [["worker", "start", "--mode", "quantum"], "Allowed choices"],
      [["devnet", "--port", "70000"], "whole number from 0 to 65535"],
    ];
    for (const [args, message] of cases) {
      it(`\`orion ${args.join(" ")}\``, async () => refused(await run(args), 2, message));
    }
  });

  it("a group without a command shows the group's help", async () => {
    const ran = await run(["job"]);
    expect(ran).to.include({ code: 2, stdout: "" });
    expect(ran.stderr)
      .to.match(/^Usage: orion job /)
      .and.not.include("error:");
  });

  describe("as a network", () => {
    const written = async (text: string): Promise<string> => {
      await writeFile(path.join(folder, "changed.json"), text);
      return "changed.json";
    };

    it("no file", async () => {
      refused(await run(["job", "status"]), 2, "cannot read the network file .orion/network.json", "orion devnet");
    });

    it("a file that is not JSON", async () => {
      refused(await run(["job", "status", "--network", await written("{")]), 2, "is not JSON");
    });

    it("a file with a wrong field", async () => {
      const file = await written(JSON.stringify({ ...NETWORK, addresses: { ...NETWORK.addresses, market: "0x12" } }));
      refused(await run(["job", "status", "--network", file]), 2, /changed\.json: addresses\.market/);
    });

    it("a dead chain", async () => {
      refused(await run(["job", "status", "--network", "network.json"]), 1, `the chain at ${DEAD} does not answer`);
    });

    it("a dead chain whose address holds a key, which nobody else needs to see", async () => {
      const dead = ["job", "status", "--network", "network.json", "--rpc", `${DEAD}/v3/0123456789abcdef0123`];
      refused(await run(dead), 1, `the chain at ${DEAD}/v3/[secret] does not answer`);
    });

    it("an address that is not one", async () => {
      refused(
        await run(["job", "status", "--network", "network.json", "--rpc", "localhost"]),
        2,
        "Give an address such as",
      );
    });

    describe("that answers wrongly", () => {
      let server: Server;
      let answer: string;
      let url: string;

      before(async () => {
        server = createServer((_, response) => response.end(answer));
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      });
      after(async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      });

      it("with another chain's id", async () => {
        answer = JSON.stringify({ jsonrpc: "2.0", id: 1, result: "0x1" });
        refused(
          await run(["job", "status", "--network", "network.json", "--rpc", url]),
          2,
          "has id 1, the network file says 424242",
        );
      });

      it("with a web page", async () => {
        answer = "<html>It works!</html>";
        refused(await run(["job", "status", "--network", "network.json", "--rpc", url]), 1, new RegExp(escaped(url)));
      });
    });
  });

  describe("as a key", () => {
    const withKey = (more: Record<string, string>, ...flags: string[]): Promise<Ran> =>
      run(["provider", "stake", "1", "--network", "network.json", ...flags], { ORION_HOME: "home", ...more });

    it("none at all", async () => {
      await mkdir(path.join(folder, "empty"), { recursive: true });
      refused(await withKey({ ORION_HOME: "empty" }), 2, "there is no key in", "ORION_PRIVATE_KEY");
    });

    it("a malformed one in the environment, which is not shown", async () => {
      const ran = await withKey({ ORION_PRIVATE_KEY: "0xdeadbeefdeadbeef" });
      refused(ran, 2, "ORION_PRIVATE_KEY is not a private key");
      expect(ran.stderr).not.to.include("deadbeef");
    });

    it("zero, which is on no curve", async () => {
      refused(await withKey({ ORION_PRIVATE_KEY: "0".repeat(64) }), 2, "is not a private key");
    });

    it("a bare key as an account, which is not shown", async () => {
      refused(await withKey({}, "--account", wallet.privateKey), 2, "never a key");
    });

    it("an unknown name", async () => {
      refused(await withKey({}, "--account", "yours"), 2, 'there is no key "yours"', "orion keys list");
    });

    it("a name that is a path", async () => {
      refused(await withKey({}, "--account", ".."), 2, "can't name a key");
    });

    it("no password, and nobody to ask", async () => {
      refused(await withKey({}), 2, "the key needs its password", "ORION_PASSWORD");
    });

    it("a wrong password, which is not shown", async () => {
      const ran = await withKey({ ORION_PASSWORD: "not the password" });
      refused(ran, 2, "the password does not open the key file");
      expect(ran.stderr).not.to.include("not the password");
    });

    it("a password file that is not there", async () => {
      refused(await withKey({}, "--password-file", "nowhere"), 2, "cannot read the password file nowhere");
    });

    it("the right password: the network is what is missing", async () => {
      refused(await withKey({ ORION_PASSWORD: PASSWORD }), 1, `the chain at ${DEAD} does not answer`);
    });

    it("a malformed key file", async () => {
      await writeFile(path.join(folder, "bad.json"), JSON.stringify({ version: 3 }));
      refused(await withKey({}, "--account", "./bad.json"), 2, /the key file \.\/bad\.json is malformed/);
    });
  });

  describe("as a job", () => {
    const images = encodeNpy(tensor("u8", [64, 28, 28, 1], new Uint8Array(64 * 28 * 28)));
    const post = (program: string, input: string, weights = WEIGHTS): Promise<Ran> =>
      run(["job", "post", program, "--weights", weights, "--input", input, "--network", "network.json"]);
    const file = async (name: string, content: Uint8Array | string): Promise<string> => {
      await writeFile(path.join(folder, name), content);
      return name;
    };

    it("a program that is not there", async () => {
      refused(await post("nowhere.ortp", "x.npy"), 2, "cannot read the program nowhere.ortp: there is no such file");
    });

    it("a folder as program", async () => {
      refused(await post("home", "x.npy"), 2, /home is not the folder of an imported model/);
    });

    it("a program that is cut off, or was changed", async () => {
      const whole = new Uint8Array(await readFile(PROGRAM));
      refused(await post(await file("cut.ortp", whole.subarray(0, 2_000)), "x.npy"), 2, /the program cut\.ortp: /);
      // Behind the magic, the header and one node.
      const changed = Uint8Array.from(whole, (byte, at) => (at === 4 + 78 + 416 ? 0xff : byte));
      refused(await post(await file("changed.ortp", changed), "x.npy"), 2, /the program changed\.ortp: .*node 1/);
      refused(await post(await file("text.ortp", "hello"), "x.npy"), 2, /the program text\.ortp: /);
    });

    it("a truncated .npy", async () => {
      const input = await file("cut.npy", images.subarray(0, 1_000));
      refused(await post(PROGRAM, input), 2, /the input cut\.npy: .*its shape needs/);
    });

    it("a .npy that is a text", async () => {
      refused(
        await post(PROGRAM, await file("text.npy", "hello")),
        2,
        /the input text\.npy: .*does not begin like one/,
      );
    });

    it("weights that are cut off", async () => {
      const whole = new Uint8Array(await readFile(path.join(WEIGHTS, "constant-1.npy")).catch(() => images));
      refused(
        await post(PROGRAM, await file("ok.npy", images), await file("w.npy", whole.subarray(0, 90))),
        2,
        /weights w\.npy/,
      );
    });

    it("reports errors as JSON too", async () => {
      const ran = await run(["job", "post", "nowhere.ortp", "--input", "x.npy", "--json"]);
      expect(ran).to.include({ code: 2, stdout: "" });
      const { error } = JSON.parse(ran.stderr) as { error: Record<string, string> };
      expect(error).to.include.keys("code", "message", "hint").and.to.include({ code: "INVALID_INPUT" });
    });
  });

  describe("as a place to keep keys", () => {
    it("a key on the command line of `keys import` is refused unseen", async () => {
      const ran = await run(["keys", "import", "mine", wallet.privateKey], {});
      expect(ran.code).to.equal(2);
      expect(ran.stderr).not.to.include(wallet.privateKey.slice(2));
    });

    it("a key as an invented option is refused unseen", async () => {
      for (const words of [
        [`--key=${wallet.privateKey}`],
        ["--key", wallet.privateKey],
        [`--json${wallet.privateKey}`],
      ]) {
        const ran = await run(["job", "status", ...words], {});
        expect(ran.code).to.equal(2);
        expect(ran.stderr).not.to.include(wallet.privateKey.slice(2));
      }
    });

    it("an imported key signs for its address and is shown nowhere", async () => {
      const home = { ORION_HOME: "fresh", ORION_PASSWORD: PASSWORD };
      const made = await orion(["keys", "import", "mine", "--json"], {
        cwd: folder,
        env: home,
        input: `${wallet.privateKey}\n`,
      });
      expect(made).to.include({ code: 0, stderr: "" });
      expect(JSON.parse(made.stdout)).to.include({ name: "mine", address: wallet.address });
      const asked = await run(["keys", "address"], home);
      expect(asked.stdout).to.equal(`${wallet.address}\n`);
      for (const text of [made.stdout, asked.stdout]) expect(text).not.to.include(wallet.privateKey.slice(2));
    });

    it("a folder that can't be written", async () => {
      await writeFile(path.join(folder, "taken"), "");
      const home = { ORION_HOME: "taken", ORION_PASSWORD: PASSWORD };
      const made = await run(["keys", "new", "mine"], home);
      refused(made, 2, /cannot use taken\/keys: it lies in something that is no folder/, "ORION_HOME");
      refused(await run(["devnet", "--data-dir", "taken"], {}), 2, /cannot use the folder \S+taken: /, "--data-dir");
      if (process.platform !== "linux") return;
      // Where even root may make no folder.
      const foreign = await run(["keys", "new", "mine"], { ORION_HOME: "/sys/kernel/orion", ORION_PASSWORD: PASSWORD });
      refused(foreign, 2, /cannot use \/sys\/kernel\/orion\S*: it may not be changed by this user/, "ORION_HOME");
    });

    it("a short password, and a name that is taken", async () => {
      const short = await run(["keys", "new", "other"], { ORION_HOME: "fresh", ORION_PASSWORD: "short" });
      refused(short, 2, "at least 8 characters");
      refused(
        await run(["keys", "new", "mine"], { ORION_HOME: "fresh", ORION_PASSWORD: PASSWORD }),
        2,
        "exists already",
      );
    });
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
