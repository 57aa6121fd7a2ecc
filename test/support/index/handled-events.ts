import { readFile } from "node:fs/promises";
import path from "node:path";

import { ROOT } from "../network/chain-process.ts";

/** An event that the manifest hands to a handler. */
export interface HandledEvent {
  /** The contract, and the name of its address in the network file. */
  readonly contract: string;
  readonly address: string;
  readonly event: string;
  /** The whole signature, as the manifest writes it. */
  readonly signature: string;
  readonly handler: string;
}

/** What the manifest's template says of events and handlers, in its order. */
export async function handledEvents(): Promise<HandledEvent[]> {
  const template = await readFile(path.join(ROOT, "subgraph/subgraph.template.yaml"), "utf8");
  return template
    .split("  - kind: ethereum/contract\n")
    .slice(1)
    .flatMap((source) => {
      const contract = /name: (\w+)/.exec(source)?.[1] ?? "";
      const address = /\$\{addresses\.(\w+)\}/.exec(source)?.[1] ?? "";
      const handlers = source.matchAll(/- event: ((\w+)\(.*\))\n\s+handler: (\w+)/g);
      return Array.from(handlers, ([, signature = "", event = "", handler = ""]) => ({
        ...{ contract, address, event, signature, handler },
      }));
    });
}
