import type { IncomingMessage, ServerResponse } from "node:http";
import { randomBytes } from "node:crypto";
import { ConfigurationError, IntegrityError, InvalidInputError, UnavailableError } from "@orion/protocol/common";
import {
  ContentTooLargeError,
  DamagedBlockError,
  createContentStore,
  createGatewayStore,
} from "@orion/protocol/storage";
import type { ContentReader } from "@orion/protocol/storage";
import { expect } from "chai";
import type { CID } from "multiformats/cid";
import { cidOfBlock } from "../../../protocol/storage/block-hash.ts";
import { writeCar } from "../../../protocol/storage/car.ts";
import { importFileBlocks } from "../../../protocol/storage/unixfs-import.ts";
import { collect, expectRejection } from "../../unit/storage/support/rejection.ts";
import { lyingServer } from "./support/lying-server.ts";
import type { LyingServer } from "./support/lying-server.ts";

const content = randomBytes(50_000);
const MEGABYTE = Buffer.alloc(1024 * 1024);

describe("an IPFS node that lies", () => {
  let server: LyingServer | undefined;
  let cid: CID;
  before(async () => {
    cid = await cidOfBlock(0x55, content);
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  async function readers(
    answer: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<ContentReader[]> {
    server = await lyingServer(answer);
    const options = { url: server.url, retries: 0, timeoutMs: 200 };
    return [createContentStore(options), createGatewayStore(options)];
  }

  it("is caught when it turns one bit, and is not asked again", async () => {
    const bent = Buffer.from(content);
    bent[12_345] = (bent[12_345] ?? 0) ^ 0x10;
    for (const reader of await readers((_request, response) => response.end(bent))) {
      const before = server?.requests ?? 0;
      await expectRejection(reader.getBytes(cid, { maxBytes: 50_000 }), DamagedBlockError, /gave wrong bytes for bafk/);
      expect(server?.requests).to.equal(before + 1);
    }
  });

  it("is caught when it cuts the content short, politely or not", async () => {
    for (const reader of await readers((_request, response) => response.end(content.subarray(0, 49_999)))) {
      await expectRejection(reader.getBytes(cid, { maxBytes: 50_000 }), IntegrityError, /49999 bytes/);
    }
    await server?.close();
    const broken = await readers((_request, response) => {
      response.writeHead(200, { "content-length": content.byteLength });
      response.write(content.subarray(0, 1000), () => response.destroy());
    });
    for (const reader of broken) {
      await expectRejection(reader.getBytes(cid, { maxBytes: 50_000 }), UnavailableError, /broke off/);
    }
  });

  it("is cut off when it sends without end", async () => {
    let sent = 0;
    const endless = (_request: IncomingMessage, response: ServerResponse): void => {
      const more = (): void => {
        while (!response.destroyed && response.write(MEGABYTE)) sent++;
      };
      response.on("drain", more);
      more();
    };
    for (const reader of await readers(endless)) {
      await expectRejection(reader.getBytes(cid, { maxBytes: 50_000 }), ContentTooLargeError, /50000 bytes/);
    }
    expect(sent).to.be.lessThan(64);
  });

  it("is not listened to when it announces more than is allowed", async () => {
    const announce = (_request: IncomingMessage, response: ServerResponse): void => {
      response.writeHead(200, { "content-length": "9000000000000" });
      response.write(content);
    };
    for (const reader of await readers(announce)) {
      await expectRejection(reader.getBytes(cid, { maxBytes: 50_000 }), ContentTooLargeError, /50000 bytes/);
    }
  });

  it("is given up when it stays silent, at the start or in the middle", async () => {
    const silent = await readers(() => {});
    for (const reader of silent) {
      await expectRejection(
        reader.getBytes(cid, { maxBytes: 50_000 }),
        UnavailableError,
        /did not answer within 0.2 s/,
      );
    }
    await server?.close();
    for (const reader of await readers((_request, response) => response.write(content.subarray(0, 10)))) {
      await expectRejection(
        reader.getBytes(cid, { maxBytes: 50_000 }),
        UnavailableError,
        /sent only 10 bytes within 0.2 s/,
      );
    }
  });

  it("is given up when it sends a byte now and then", async () => {
    const dripping: ReturnType<typeof setInterval>[] = [];
    try {
      for (const reader of await readers((_request, response) => {
        let sent = 0;
        dripping.push(setInterval(() => response.write(content.subarray(sent, ++sent)), 20));
      })) {
        const started = performance.now();
        await expectRejection(
          reader.getBytes(cid, { maxBytes: 50_000 }),
          UnavailableError,
          /sent only \d+ bytes within 0.2 s/,
        );
        expect(performance.now() - started).to.be.lessThan(5_000);
      }
    } finally {
      dripping.forEach(clearInterval);
    }
  });

  it("cannot slip in another encoding of a value", async () => {
    const unsorted = Buffer.from("a261620161610a", "hex");
    const dag = await cidOfBlock(0x71, unsorted);
    for (const reader of await readers((_request, response) => response.end(unsorted))) {
      await expectRejection(reader.getDag(dag), InvalidInputError, /dag-cbor/);
    }
  });

  it("cannot claim to have stored something else", async () => {
    const [store] = await readers((_request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ Key: "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e", Size: 1 }));
    });
    const put = (store as ReturnType<typeof createContentStore>).putBytes(content);
    await expectRejection(put, UnavailableError, /stored bafkreifzj.* instead of/);
  });

  it("is asked again where it once names something else as stored", async () => {
    const other = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";
    for (const [bytes, line] of [
      [content, (name: string) => ({ Key: name, Size: 1 })],
      [Buffer.concat([MEGABYTE, content]), (name: string) => ({ Root: { Cid: { "/": name }, PinErrorMsg: "" } })],
    ] as const) {
      const right = (bytes === content ? cid : (await importFileBlocks(bytes)).root).toString();
      let requests = 0;
      server = await lyingServer((request, response) => {
        request.resume();
        request.once("end", () => {
          response.setHeader("content-type", "application/json");
          response.end(JSON.stringify(line(++requests === 1 ? other : right)));
        });
      });
      const store = createContentStore({ url: server.url, retries: 1, timeoutMs: 5_000 });
      expect((await store.putBytes(bytes)).toString()).to.equal(right);
      expect(requests).to.equal(2);
      await server.close();
    }
  });

  it("cannot add foreign blocks to a CAR, nor leave some out", async () => {
    const stranger = await cidOfBlock(0x55, MEGABYTE);
    for (const [blocks, expected] of [
      [
        [
          { cid, bytes: content },
          { cid: stranger, bytes: MEGABYTE },
        ],
        /does not belong/,
      ],
      [[{ cid: stranger, bytes: MEGABYTE }], /does not belong/],
      [[], /incomplete/],
      [[{ cid, bytes: MEGABYTE }], /wrong bytes/],
    ] as const) {
      const car = await collect(writeCar([cid], blocks));
      const [store] = await readers((_request, response) => response.end(car));
      await expectRejection(collect((store as ReturnType<typeof createContentStore>).exportCar(cid)), Error, expected);
      await server?.close();
    }
  });

  it("is told apart from something that is no IPFS node", async () => {
    for (const body of ["<html>It works!</html>", "{}", "[1]", '{"Version":7}']) {
      const [store] = await readers((_request, response) => response.end(body));
      const version = (store as ReturnType<typeof createContentStore>).version();
      await expectRejection(version, UnavailableError, /no IPFS node/);
      await server?.close();
    }
  });

  it("is asked again while it is only overloaded", async () => {
    server = await lyingServer((_request, response) => {
      if ((server?.requests ?? 0) < 3) response.writeHead(503).end("busy");
      else response.end(content);
    });
    const pauses: number[] = [];
    const clock = { now: () => 0, sleep: (ms: number) => Promise.resolve(void pauses.push(ms)) };
    const store = createContentStore({ url: server.url, retries: 2, clock });
    expect(await store.getBytes(cid, { maxBytes: 50_000 })).to.deep.equal(new Uint8Array(content));
    expect(pauses).to.deep.equal([100, 200]);
  });
});

describe("an IPFS node that is not there", () => {
  it("is named with its address and a remedy, by every call", async () => {
    const server = await lyingServer(() => {});
    await server.close();
    const store = createContentStore({ url: server.url, retries: 0 });
    const cid = await cidOfBlock(0x55, content);
    const large = Buffer.alloc(2 * MEGABYTE.length);
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield* writeCar([cid], [{ cid, bytes: content }]);
    };
    for (const call of [
      () => store.version(),
      () => store.putBytes(content),
      () => store.putBytes(large),
      () => store.putDag({}),
      () => store.has(cid),
      () => store.getBytes(cid, { maxBytes: 50_000 }),
      () => collect(store.exportCar(cid)),
      () => store.importCar(source()),
    ]) {
      const error = await expectRejection(
        call(),
        UnavailableError,
        /IPFS node at http:\/\/127\.0\.0\.1:\d+ cannot be reached: .*REFUSED/,
      );
      expect(error.hint).to.match(/start an IPFS node/);
    }
  });

  it("is found unreachable by name as well", async () => {
    const store = createContentStore({ url: "http://no-such-host.invalid:5001", retries: 0 });
    const error = await expectRejection(store.version(), UnavailableError, /no-such-host/);
    expect(error).not.to.be.instanceOf(ConfigurationError);
  });
});
