import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** An answer of the proxy's own, as a gateway in trouble gives it. */
export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What goes wrong with one request, in the order in which it goes wrong. */
export interface Fault {
  /** Milliseconds before anything happens. */
  readonly delayMs?: number;
  /** In place of passing it on: the connection breaks, or the proxy answers. */
  readonly before?: "drop" | Refusal;
  /** It is passed on twice, and the second answer counts. */
  readonly twice?: boolean;
  /** In place of the answer, when the server has taken the request. */
  readonly after?: "drop" | Refusal;
  /** The answer's bytes are changed on their way. */
  readonly damage?: (body: Buffer) => Buffer;
  /** The connection breaks after this part of the announced bytes, from 0 to below 1. */
  readonly cutAt?: number;
  /** The answer comes in so many pieces, with a pause between two. */
  readonly drip?: { readonly pieces: number; readonly pauseMs: number };
}

export interface Request {
  /** Counts the proxy's requests, from 0. */
  readonly number: number;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

export interface ProxyOptions {
  /** Address that requests are passed on to. */
  readonly target: string;
  /** What goes wrong with a request; nothing unless given. */
  readonly fault?: (request: Request) => Fault;
  /** Answers what is not refused, in place of the target. */
  readonly answer?: (request: Request) => Promise<Buffer>;
}

export interface HttpProxy {
  readonly url: string;
  /** Requests so far. */
  readonly requests: number;
  /** What it does with every request: passes it on, answers 503, or drops the connection. */
  mode: "pass" | "refuse" | "drop";
  /** Breaks all connections now, and drops every later one: nothing of what is under way comes through any more. */
  sever(): void;
  stop(): Promise<void>;
}

/** A way to a server on which things go wrong as a test says. */
export async function startProxy(options: ProxyOptions): Promise<HttpProxy> {
  const proxy = new Proxy(options);
  await proxy.listen();
  return proxy;
}

class Proxy implements HttpProxy {
  readonly #options: ProxyOptions;
  readonly #server: Server;
  mode: HttpProxy["mode"] = "pass";
  requests = 0;

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  sever(): void {
    this.mode = "drop";
    this.#server.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const number = this.requests++;
    const { socket } = incoming;
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    if (this.#isCut(socket, undefined)) return;
    if (this.mode === "refuse") {
      refuse(response, { status: 503, body: "not now" });
      return;
    }
    const request = {
      number,
      method: incoming.method ?? "POST",
      path: incoming.url ?? "",
      body: Buffer.concat(parts),
    };
    const fault = this.#options.fault?.(request) ?? {};
    if (fault.delayMs !== undefined) await delay(fault.delayMs);
    if (this.#isCut(socket, fault.before)) return;
    if (fault.before !== undefined && fault.before !== "drop") {
      refuse(response, fault.before);
      return;
    }
    if (fault.twice === true) await this.#answer(request, incoming.headers);
    const answer = await this.#answer(request, incoming.headers);
    if (this.#isCut(socket, fault.after)) return;
    if (fault.after !== undefined && fault.after !== "drop") {
      refuse(response, fault.after);
      return;
    }
    await deliver(
      socket,
      response,
      fault.damage === undefined ? answer : { ...answer, body: fault.damage(answer.body) },
      fault,
    );
  }

  /** Breaks the connection where the fault says so, or where the way was severed since. */
  #isCut(socket: Socket, fault: Fault["before"]): boolean {
    if (fault !== "drop" && this.mode !== "drop") return false;
    socket.destroy();
    return true;
  }

  async #answer(request: Request, headers: IncomingHttpHeaders): Promise<Answer> {
    const { target, answer } = this.#options;
    if (answer !== undefined) return { status: 200, type: "application/json", body: await answer(request) };
    const type = headers["content-type"] ?? "application/json";
    const real = await fetch(`${target}${request.path}`, {
      method: request.method,
      headers: { "content-type": type },
      ...(request.method === "GET" || request.method === "HEAD" ? {} : { body: request.body }),
    });
    const body = Buffer.from(await real.arrayBuffer());
    return { status: real.status, type: real.headers.get("content-type") ?? "application/json", body };
  }
}

function refuse(response: ServerResponse, { status, headers, body = "{}" }: Refusal): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
}

async function deliver(
  socket: Socket,
  response: ServerResponse,
  { status, type, body }: Answer,
  fault: Fault,
): Promise<void> {
  response.writeHead(status, { "content-type": type, "content-length": String(body.length) });
  const { pieces, pauseMs } = fault.drip ?? { pieces: 1, pauseMs: 0 };
  const end = fault.cutAt === undefined ? body.length : Math.floor(body.length * fault.cutAt);
  const size = Math.max(1, Math.ceil(end / pieces));
  for (let from = 0; from < end; from += size) {
    if (from > 0 && pauseMs > 0) await delay(pauseMs);
    response.write(body.subarray(from, Math.min(end, from + size)));
  }
  if (fault.cutAt === undefined) response.end();
  else socket.destroy();
}
