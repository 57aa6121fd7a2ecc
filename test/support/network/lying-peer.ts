import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface LyingPeer {
  readonly url: string;
  /** Blocks that it has falsified. */
  lies: number;
  stop(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** An IPFS RPC that passes everything on to a real one, and flips a bit in every block that it delivers. */
export async function startLyingPeer(target: string): Promise<LyingPeer> {
  const peer = { lies: 0 };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    const headers = { "content-type": request.headers["content-type"] ?? "application/octet-stream" };
    const real = await fetch(`${target}${request.url ?? ""}`, { method: request.method ?? "POST", headers, body });
    const bytes = Buffer.from(await real.arrayBuffer());
    if (request.url?.includes("block/get") === true && bytes.length > 0) {
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      peer.lies++;
    }
    response.writeHead(real.status, { "content-type": real.headers.get("content-type") ?? "application/json" });
    response.end(bytes);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    get lies() {
      return peer.lies;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
