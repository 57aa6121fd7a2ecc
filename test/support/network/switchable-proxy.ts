import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface SwitchableProxy {
  readonly url: string;
  /** What it does with a request: passes it on, answers 503, or drops the connection. */
  mode: "pass" | "refuse" | "drop";
  stop(): Promise<void>;
}

/** A way to a server that a test can cut and mend. */
export async function startProxy(target: string): Promise<SwitchableProxy> {
  const proxy = { mode: "pass" as SwitchableProxy["mode"] };
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const headers = { "content-type": request.headers["content-type"] ?? "application/json" };
    const method = request.method ?? "POST";
    const real = await fetch(`${target}${request.url ?? ""}`, { method, headers, body: Buffer.concat(parts) });
    response.writeHead(real.status, { "content-type": real.headers.get("content-type") ?? "application/json" });
    response.end(Buffer.from(await real.arrayBuffer()));
  };
  const server = createServer((request, response) => {
    if (proxy.mode === "drop") return void request.socket.destroy();
    if (proxy.mode === "refuse") return void response.writeHead(503).end("not now");
    pass(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    get mode() {
      return proxy.mode;
    },
    set mode(mode) {
      proxy.mode = mode;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
