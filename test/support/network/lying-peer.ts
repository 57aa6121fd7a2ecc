import { startProxy, type HttpProxy } from "./http-proxy.ts";

export interface LyingPeer extends Pick<HttpProxy, "url" | "stop"> {
  /** Blocks that it has falsified. */
  readonly lies: number;
}

/** An IPFS RPC that passes everything on to a real one, and flips a bit in every block that it delivers. */
export async function startLyingPeer(target: string): Promise<LyingPeer> {
  let lies = 0;
  const damage = (body: Buffer): Buffer => {
    if (body.length === 0) return body;
    lies++;
    body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
    return body;
  };
  const proxy = await startProxy({ target, fault: ({ path }) => (path.includes("block/get") ? { damage } : {}) });
  return {
    url: proxy.url,
    get lies() {
      return lies;
    },
    stop: () => proxy.stop(),
  };
}
