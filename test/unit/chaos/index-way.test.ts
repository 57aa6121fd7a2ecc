import { expect } from "chai";

import { OrionError } from "@orion/protocol/common";
import { createQueryClient } from "@orion/protocol/query";

import { rollsOf } from "../../support/chaos/rolls.ts";
import { breakJson, faultOf, weatherOf } from "../../support/chaos/weather.ts";
import { startProxy, type Fault, type HttpProxy } from "../../support/network/http-proxy.ts";

const RIGHT = { jobs: [{ id: "0x01", shards: 3, price: "123456789012345678901234567890" }] };
const TARGET = "http://127.0.0.1:9";

/** An index that answers one question, on a way with faults. */
function indexOn(fault: (number: number) => Fault): Promise<HttpProxy> {
  const answer = (): Promise<Buffer> => Promise.resolve(Buffer.from(JSON.stringify({ data: RIGHT })));
  return startProxy({ target: TARGET, fault: ({ number }) => fault(number), answer });
}

describe("the index on a way with faults", () => {
  it("is answered rightly or not at all, with an error that can be tried again", async () => {
    const outcomes = { right: 0, failed: 0 };
    for (let seed = 0; seed < 10; seed++) {
      const weather = { ...weatherOf(rollsOf(seed, "weather")), dropAfter: 0.1, damage: 0.1, cut: 0.1, delayMs: 3 };
      const proxy = await indexOn((number) => faultOf(weather, seed, "index", number, breakJson));
      const client = createQueryClient({ url: proxy.url });
      for (let i = 0; i < 40; i++) {
        const answer = await client.askRaw("{ jobs { id } }").catch((error: unknown) => error);
        if (answer instanceof OrionError) {
          expect(answer.retryable, answer.message).to.equal(true);
          outcomes.failed++;
        } else {
          expect(answer).to.deep.equal(RIGHT);
          outcomes.right++;
        }
      }
      await proxy.stop();
    }
    expect(outcomes.right).to.be.greaterThan(100);
    expect(outcomes.failed).to.be.greaterThan(40);
  });
});

describe("startProxy", () => {
  const get = async (proxy: HttpProxy): Promise<string> => (await fetch(proxy.url, { method: "POST" })).text();
  const failing = async (fault: Fault): Promise<string> => {
    const proxy = await indexOn(() => fault);
    const text = await get(proxy).catch(() => "broken");
    await proxy.stop();
    return text;
  };
  const right = JSON.stringify({ data: RIGHT });

  it("breaks connections before and after the server, and in the midst of an answer", async () => {
    expect(await failing({ before: "drop" })).to.equal("broken");
    expect(await failing({ after: "drop" })).to.equal("broken");
    expect(await failing({ cutAt: 0.5 })).to.equal("broken");
  });

  it("answers in the server's place, changes bytes, and delivers in pieces", async () => {
    expect(await failing({ after: { status: 502, body: "gateway" } })).to.equal("gateway");
    expect(await failing({ damage: (body) => body.subarray(0, 4) })).to.equal(right.slice(0, 4));
    expect(await failing({ drip: { pieces: 7, pauseMs: 1 } })).to.equal(right);
  });

  it("lets nothing through any more once it is severed, and everything when it is mended", async () => {
    const proxy = await indexOn(() => ({ delayMs: 50 }));
    const underWay = get(proxy).catch(() => "broken");
    await new Promise((resolve) => setTimeout(resolve, 20));
    proxy.sever();
    expect([await underWay, await get(proxy).catch(() => "broken")]).to.deep.equal(["broken", "broken"]);
    proxy.mode = "pass";
    expect(await get(proxy)).to.equal(right);
    await proxy.stop();
  });
});
