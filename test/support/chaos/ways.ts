import { startProxy, type Fault, type Request } from "../network/http-proxy.ts";
import { answerCalls, callsOf } from "../network/troubled-rpc.ts";
import { TroubledNode } from "../network/troubled-node.ts";
import type { PartPlan } from "./plan.ts";
import { breakJson, faultOf, flipBits, troubleOf, type Weather } from "./weather.ts";

/** What one service reaches chain and store by; each request's trouble follows from the seed, the way's name and the request's number. */
export interface Ways {
  readonly rpcUrls: readonly string[];
  readonly ipfsUrl: string;
  /** Requests that were answered with 429. */
  readonly throttled: number;
  /** JSON-RPC calls that were made, refused ones included. */
  readonly calls: number;
  /** From now on everything comes through as it is. */
  calm(): void;
  /** Nothing comes through any more, what is under way included, until `mend`. */
  sever(): void;
  mend(): void;
  /** From now on the chain stands still at this block, at all nodes; undefined lets it go on. */
  freeze(block: number | undefined): void;
  /** Holds every request up for so many milliseconds from now. */
  hold(ms: number): void;
  stop(): Promise<void>;
}

/** Where the ways lead to. */
export interface Targets {
  readonly rpcUrl: string;
  readonly ipfsUrl: string;
}

function contentFault(weather: Weather, seed: number, name: string, { number, path }: Request): Fault {
  // A block is checked by its address; other answers are JSON.
  return faultOf(weather, seed, name, number, path.includes("block/get") ? flipBits : breakJson);
}

export async function startWays(plan: PartPlan, targets: Targets, seed: number): Promise<Ways> {
  let isCalm = false;
  let heldUntil = 0;
  let throttled = 0;
  let calls = 0;
  let frozenAt: number | undefined;
  const held = (fault: Fault): Fault => {
    if (typeof fault.before === "object" && fault.before.status === 429) throttled++;
    const left = heldUntil - performance.now();
    return left > 0 ? { ...fault, delayMs: left } : fault;
  };
  const node = new TroubledNode(targets.rpcUrl);
  const rpc = await Promise.all(
    plan.rpc.map((weather, i) => {
      const name = `${plan.name}/rpc-${String(i)}`;
      return startProxy({
        target: targets.rpcUrl,
        fault: (request) => {
          calls += callsOf(request).length;
          return held(isCalm ? {} : faultOf(weather, seed, name, request.number, breakJson));
        },
        answer: (request) => {
          const { number } = request;
          const trouble = isCalm ? {} : troubleOf(weather, seed, name, number);
          return answerCalls(node, request, frozenAt === undefined ? trouble : { ...trouble, freeze: frozenAt });
        },
      });
    }),
  );
  const store = await startProxy({
    target: targets.ipfsUrl,
    fault: (request) => held(isCalm ? {} : contentFault(plan.store, seed, `${plan.name}/store`, request)),
  });
  const all = [...rpc, store];
  return {
    rpcUrls: rpc.map(({ url }) => url),
    ipfsUrl: store.url,
    get throttled() {
      return throttled;
    },
    get calls() {
      return calls;
    },
    calm: () => {
      isCalm = true;
    },
    sever: () => all.forEach((proxy) => proxy.sever()),
    mend: () =>
      all.forEach((proxy) => {
        proxy.mode = "pass";
      }),
    freeze: (block) => {
      frozenAt = block;
    },
    hold: (ms) => {
      heldUntil = performance.now() + ms;
    },
    stop: async () => {
      await Promise.all(all.map((proxy) => proxy.stop()));
    },
  };
}
