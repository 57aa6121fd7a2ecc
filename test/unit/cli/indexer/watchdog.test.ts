import { expect } from "chai";

import type { IndexStatus } from "../../../../cli/indexer/status.ts";
import { createWatchdog } from "../../../../cli/indexer/watchdog.ts";
import { recordingLogger } from "../../../support/network/in-process.ts";

const PATIENCE_MS = 60_000;
const INTERVAL_MS = 5_000;

/** What the watchdog sees, and when it started graph-node anew, in seconds. */
interface Scene {
  head: number | undefined;
  status: Partial<IndexStatus> | undefined;
}

/** Plays a while, in which `change` moves the scene on every five seconds. */
async function play(seconds: number, scene: Scene, change: (now: number) => void = () => undefined) {
  const abort = new AbortController();
  const log = recordingLogger();
  const restarts: number[] = [];
  let now = 0;
  await createWatchdog({
    log,
    clock: {
      now: () => now,
      sleep: (ms) => {
        now += ms;
        if (now >= seconds * 1_000) abort.abort();
        change(now / 1_000);
        return Promise.resolve();
      },
    },
    chainHead: () => Promise.resolve(scene.head),
    status: () =>
      Promise.resolve(
        scene.status && { block: undefined, chainHead: undefined, fatalError: undefined, ...scene.status },
      ),
    restart: () => {
      restarts.push(now / 1_000);
      return Promise.resolve();
    },
    patienceMs: PATIENCE_MS,
  }).run(abort.signal);
  return { restarts, lines: log.lines };
}

describe("the watchdog of an index", () => {
  it("starts graph-node anew when it stands behind a chain that has more blocks, and says it once", async () => {
    const scene: Scene = { head: 8, status: { block: 7 } };
    const { restarts, lines } = await play(100, scene, (now) => {
      if (now > 65) scene.status = { block: 8 };
    });
    expect(restarts).to.deep.equal([60]);
    expect(lines).to.have.length(1);
    expect(lines[0]?.message).to.equal(
      "the index has stood still for 60 s behind a chain that has more blocks: graph-node is started anew",
    );
    expect(lines[0]?.fields).to.deep.equal({ block: 7, chainHead: 8 });
  });

  it("does so when graph-node does not answer", async () => {
    expect((await play(70, { head: 8, status: undefined })).restarts).to.deep.equal([60]);
  });

  it("waits twice as long after each start that did not help", async () => {
    const { restarts } = await play(3_000, { head: 8, status: { block: 7 } });
    expect(restarts).to.deep.equal([60, 180, 420, 900, 1_860, 2_820]);
  });

  it("leaves an index alone that is at the chain's last block, however long the chain stands still", async () => {
    expect((await play(3_600, { head: 8, status: { block: 8 } })).restarts).to.deep.equal([]);
    expect((await play(3_600, { head: 8, status: { block: 9 } })).restarts).to.deep.equal([]);
  });

  it("leaves it alone as long as it moves", async () => {
    const scene: Scene = { head: 500, status: { block: 0 } };
    const { restarts } = await play(3_600, scene, (now) => {
      scene.status = { block: Math.floor(now / 50) };
    });
    expect(restarts).to.deep.equal([]);
  });

  it("counts from the block that it does not come to, not from the last one that it came to", async () => {
    const scene: Scene = { head: 7, status: { block: 7 } };
    const { restarts } = await play(1_050, scene, (now) => {
      if (now >= 1_000) scene.head = 8;
    });
    expect(restarts).to.deep.equal([]);
  });

  it("leaves it alone where the chain does not answer, or a fatal error stopped it", async () => {
    expect((await play(3_600, { head: undefined, status: { block: 7 } })).restarts).to.deep.equal([]);
    expect((await play(3_600, { head: 8, status: { block: 7, fatalError: "a trap" } })).restarts).to.deep.equal([]);
  });

  it("is patient far behind the chain, where graph-node is silent about blocks without events", async () => {
    expect((await play(599, { head: 9_000, status: { block: 7 } })).restarts).to.deep.equal([]);
    expect((await play(620, { head: 9_000, status: { block: 7 } })).restarts).to.deep.equal([10 * 60]);
  });

  it(`looks every ${INTERVAL_MS / 1_000} s`, async () => {
    let looks = 0;
    await play(60, { head: 8, status: { block: 8 } }, () => {
      looks++;
    });
    expect(looks).to.equal(12);
  });
});
