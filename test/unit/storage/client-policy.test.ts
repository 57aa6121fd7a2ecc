import { AbortedError, ConfigurationError, IntegrityError, UnavailableError } from "@orion/protocol/common";
import type { Clock } from "@orion/protocol/common";
import { BlockNotFoundError, createContentStore, createGatewayStore, parseCid } from "@orion/protocol/storage";
import { expect } from "chai";
import { parseEndpoint } from "../../../protocol/storage/endpoint.ts";
import { fromStatus, fromTransport } from "../../../protocol/storage/http-failure.ts";
import { withRetries } from "../../../protocol/storage/retry.ts";
import { expectRejection } from "./support/rejection.ts";

const cid = parseCid("bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");

function recordingClock(): Clock & { pauses: number[] } {
  const pauses: number[] = [];
  return {
    pauses,
    now: () => 0,
    sleep: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
  };
}

describe("the address of an IPFS node", () => {
  it("may end with a slash or a path", () => {
    expect(parseEndpoint("http://127.0.0.1:5001/", "RPC").base).to.equal("http://127.0.0.1:5001");
    expect(parseEndpoint("https://ipfs.example/proxy/", "RPC").base).to.equal("https://ipfs.example/proxy");
  });

  for (const url of [
    "",
    "5001",
    "127.0.0.1:5001",
    "/ip4/127.0.0.1/tcp/5001",
    "ftp://x",
    "http://x/?token=1",
    "file:///x",
  ]) {
    it(`is refused as ${JSON.stringify(url)}, with an example of a good one`, () => {
      for (const create of [createContentStore, createGatewayStore]) {
        expect(() => create({ url }))
          .to.throw(ConfigurationError)
          .with.property("hint")
          .that.matches(/http:\/\/127/);
      }
    });
  }

  it("may not carry a password, and the message does not repeat it", () => {
    expect(() => createContentStore({ url: "http://me:hunter2@host:5001" }))
      .to.throw(ConfigurationError)
      .with.property("message")
      .that.does.not.match(/hunter2|me:/);
  });

  it("takes only a token that a header can carry", () => {
    for (const token of ["", "two words", "line\nbreak"]) {
      expect(() => createContentStore({ url: "http://host", token })).to.throw(ConfigurationError, /token/);
    }
  });
});

describe("retries", () => {
  it("pause ever longer and give the last error", async () => {
    const clock = recordingClock();
    let calls = 0;
    const failing = (): Promise<never> => Promise.reject(new UnavailableError(`down ${++calls}`));
    await expectRejection(withRetries({ retries: 3, clock }, undefined, failing), UnavailableError, /down 4/);
    expect(clock.pauses).to.deep.equal([100, 200, 400]);
  });

  it("end with the first success", async () => {
    const clock = recordingClock();
    let calls = 0;
    const call = (): Promise<number> =>
      ++calls < 3 ? Promise.reject(new UnavailableError("down")) : Promise.resolve(calls);
    expect(await withRetries({ retries: 5, clock }, undefined, call)).to.equal(3);
  });

  it("are not spent on an absent block or on wrong bytes", async () => {
    for (const error of [new BlockNotFoundError(cid, "node"), new IntegrityError("wrong")]) {
      const clock = recordingClock();
      const failing = withRetries({ retries: 3, clock }, undefined, () => Promise.reject(error));
      await expectRejection(failing, Error, /./);
      expect(clock.pauses).to.deep.equal([]);
    }
  });

  it("end when the caller stops", async () => {
    const stop = new AbortController();
    const sleep = (): Promise<void> => {
      stop.abort();
      return Promise.resolve();
    };
    const clock: Clock = { now: () => 0, sleep };
    const failing = withRetries({ retries: 9, clock }, stop.signal, () => Promise.reject(new UnavailableError("down")));
    await expectRejection(failing, AbortedError, /stopped/);
  });
});

describe("failures of an IPFS node", () => {
  const cases: [number, string, RegExp, string][] = [
    [401, "no token", /refused access/, "CONFIGURATION"],
    [403, "Forbidden", /refused access/, "CONFIGURATION"],
    [404, "", /does not have bafkrei/, "UNAVAILABLE"],
    [500, "block was not found locally (offline): ipld: could not find x", /does not have bafkrei/, "UNAVAILABLE"],
    [500, "no space left on device", /failed \(HTTP 500\): no space left/, "UNAVAILABLE"],
    [502, "<html>\n<b>Bad gateway</b>", /HTTP 502/, "UNAVAILABLE"],
    [413, "", /too large/, "INVALID_INPUT"],
    [400, "invalid", /refused the request/, "INVALID_INPUT"],
  ];
  for (const [status, message, expected, code] of cases) {
    it(`with HTTP ${status} ${JSON.stringify(message.slice(0, 20))} are named in one line`, () => {
      const error = fromStatus(status, message, "http://node:5001", cid);
      expect(error.message).to.match(expected).and.not.match(/\n/);
      expect(error.code).to.equal(code);
    });
  }

  it("keep escape sequences and endless texts of a node off the terminal", () => {
    const error = fromStatus(500, `\u001b[2J${"x".repeat(10_000)}`, "http://node", undefined);
    expect(error.message).to.match(/^[\x20-\x7e…]{1,300}$/);
  });

  it("name the address and what to do when nobody answers", () => {
    const cause = new TypeError("fetch failed", {
      cause: Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" }),
    });
    const error = fromTransport(cause, "http://127.0.0.1:1");
    expect(error.message).to.equal(
      "the IPFS node at http://127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1",
    );
    expect(error.hint).to.match(/start an IPFS node/);
    const broken = fromTransport(new TypeError("terminated", { cause: new Error("other side closed") }), "http://node");
    expect(broken.message).to.equal("the IPFS node at http://node broke off: other side closed");
  });
});
