import { connect } from "node:net";
import { randomBytes } from "node:crypto";
import { request } from "node:http";
import type { OutgoingHttpHeaders } from "node:http";
import { ConfigurationError } from "@orion/protocol/common";
import { createContentStore, createGatewayStore, startIpfsNode } from "@orion/protocol/storage";
import { expect } from "chai";
import { expectRejection } from "../../unit/storage/support/rejection.ts";
import { temporaryFolder, temporaryNode } from "./support/temporary-node.ts";
import type { TemporaryNode } from "./support/temporary-node.ts";

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

/** fetch cannot send Origin or Referer, which is what this is about. */
function send(url: string, method: string, headers: OutgoingHttpHeaders): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    outgoing.on("error", reject).end();
  });
}

describe("who may use the node", () => {
  const TOKEN = "s3cret-t0ken-of-the-operator";
  const PAGE = "http://localhost:3000";
  let open: TemporaryNode;
  let guarded: TemporaryNode;
  const logged: string[] = [];
  before(async () => {
    const note = (fields: object, message: string): void => void logged.push(`${message} ${JSON.stringify(fields)}`);
    open = await temporaryNode({ allowedOrigins: [PAGE] });
    guarded = await temporaryNode({ token: TOKEN, log: { info: note, warn: note, error: note } });
  });
  after(async () => {
    await open.remove();
    await guarded.remove();
  });
  const version = (node: TemporaryNode, headers: OutgoingHttpHeaders, method = "POST"): Promise<Answer> =>
    send(`${node.url}/api/v0/version`, method, headers);

  const strangers: [string, OutgoingHttpHeaders][] = [
    ["a foreign page", { origin: "https://evil.example" }],
    ["a page without an origin", { origin: "null" }],
    ["a page on the node's own address", { origin: "SELF" }],
    ["a page with the allowed host on another port", { origin: "http://localhost:3001" }],
    ["a foreign page that hides its origin", { referer: "https://evil.example/page" }],
    ["a page with a broken referer", { referer: "%%%" }],
    ["a browser that tells neither", { "user-agent": "Mozilla/5.0 (X11; Linux x86_64)" }],
  ];
  for (const [who, headers] of strangers) {
    it(`is not ${who}`, async () => {
      const given = headers.origin === "SELF" ? { origin: open.url } : headers;
      const answer = await version(open, given);
      expect(answer.status).to.equal(403);
      expect(answer.headers["access-control-allow-origin"]).to.equal(undefined);
      expect((JSON.parse(answer.body) as { Type: string }).Type).to.equal("error");
      const preflight = await version(open, given, "OPTIONS");
      expect(preflight.status).to.equal(403);
    });
  }

  it("is a program, and a page that was allowed", async () => {
    expect((await version(open, {})).status).to.equal(200);
    const answer = await version(open, { origin: PAGE, "user-agent": "Mozilla/5.0" });
    expect(answer.status).to.equal(200);
    expect(answer.headers["access-control-allow-origin"]).to.equal(PAGE);
    expect((await version(open, { origin: PAGE }, "OPTIONS")).status).to.equal(204);
    expect((await version(open, { referer: `${PAGE}/jobs` })).status).to.equal(200);
  });

  it("is who has the token, exactly", async () => {
    for (const authorization of [
      undefined,
      "",
      TOKEN,
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.slice(1)}`,
      `Basic ${TOKEN}`,
    ]) {
      const answer = await version(guarded, authorization === undefined ? {} : { authorization });
      expect(answer.status).to.equal(401);
      expect(answer.headers["www-authenticate"]).to.equal("Bearer");
    }
    expect((await version(guarded, { authorization: `Bearer ${TOKEN}` })).status).to.equal(200);
  });

  it("is told by the content store what is wrong, without the token in any message or log", async () => {
    for (const token of [undefined, "wrong"]) {
      const options = token === undefined ? {} : { token };
      const store = createContentStore({ url: guarded.url, ...options });
      const error = await expectRejection(
        store.putBytes(randomBytes(5)),
        ConfigurationError,
        /refused access \(HTTP 401\)/,
      );
      expect(error.hint).to.match(/token/);
    }
    const store = createContentStore({ url: guarded.url, token: TOKEN });
    const bytes = randomBytes(2_000_000);
    const cid = await store.putBytes(bytes);
    expect(Buffer.compare(await store.getBytes(cid, { maxBytes: 2_000_000 }), bytes)).to.equal(0);
    expect(logged.join("\n")).not.to.include(TOKEN);
  });

  it("is everybody, when it comes to reading through the gateway", async () => {
    const cid = await createContentStore({ url: guarded.url, token: TOKEN }).putBytes(Buffer.from("public"));
    const gateway = createGatewayStore({ url: guarded.gatewayUrl });
    expect(Buffer.from(await gateway.getBytes(cid, { maxBytes: 10 })).toString()).to.equal("public");
  });

  it("is nobody beyond this machine, unless there is a token", async () => {
    const dataDir = await temporaryFolder();
    for (const host of ["0.0.0.0", "::", "192.168.1.5"]) {
      const error = await expectRejection(startIpfsNode({ dataDir, host }), ConfigurationError, /anybody who reaches/);
      expect(error.hint).to.match(/token/);
    }
    const node = await startIpfsNode({ dataDir, host: "0.0.0.0", token: TOKEN });
    expect((await send(`${node.url}/api/v0/version`, "POST", { authorization: `Bearer ${TOKEN}` })).status).to.equal(
      200,
    );
    await node.stop();
  });
});

describe("starting and stopping the node", () => {
  it("says that a port is taken, and what to do", async () => {
    const first = await temporaryNode();
    const port = Number(new URL(first.url).port);
    const dataDir = await temporaryFolder();
    const error = await expectRejection(
      startIpfsNode({ dataDir, port }),
      ConfigurationError,
      /port \d+ .*already in use/,
    );
    expect(error.hint).to.match(/another port/);
    await first.remove();
  });

  it("says that a folder cannot be used", async () => {
    const error = await expectRejection(
      startIpfsNode({ dataDir: "/dev/null/x" }),
      ConfigurationError,
      /\/dev\/null\/x/,
    );
    expect(error.hint).to.match(/folder/);
  });

  it("does not wait for clients that hold connections, used or never used", async () => {
    const node = await temporaryNode();
    const port = Number(new URL(node.url).port);
    await createContentStore({ url: node.url }).version(); // leaves a keep-alive connection behind
    const unused = connect(port, "127.0.0.1");
    const half = connect(port, "127.0.0.1", () => half.write("POST /api/v0/add HTTP/1.1\r\nHost: x\r\n"));
    for (const socket of [unused, half]) socket.on("error", () => {});
    await new Promise((resolve) => unused.once("connect", resolve));
    const before = performance.now();
    await Promise.all([node.stop(), node.stop()]);
    expect(performance.now() - before).to.be.lessThan(1000);
    await node.remove();
  });

  it("lets a request that is under way finish", async () => {
    const node = await temporaryNode();
    const store = createContentStore({ url: node.url });
    const bytes = randomBytes(3_000_000);
    const putting = store.putBytes(bytes);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const [outcome] = await Promise.all([putting.then(String, (error: unknown) => error), node.stop()]);
    expect(outcome).to.satisfy((value: unknown) => typeof value === "string" || value instanceof Error);
    const again = await temporaryNode({ dataDir: node.dataDir });
    if (typeof outcome === "string") {
      const cid = await createContentStore({ url: again.url }).putBytes(bytes);
      expect(cid.toString()).to.equal(outcome);
    }
    await again.remove();
  });
});
