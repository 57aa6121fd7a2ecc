import { mkdir } from "node:fs/promises";
import path from "node:path";

import { writeWhole } from "../core/write-file.ts";

/** The smallest valid WebAssembly module: no code. */
const EMPTY_MODULE = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
const EVENT = JSON.stringify([{ type: "event", name: "Nothing", inputs: [], anonymous: false }]);
const SCHEMA = "type Nothing @entity(immutable: true) {\n  id: Bytes!\n}\n";

const manifest = (network: string, block: number): string => `specVersion: 1.2.0
schema: { file: schema.graphql }
dataSources:
  - kind: ethereum/contract
    name: Nothing
    network: ${JSON.stringify(network)}
    source: { address: "0x0000000000000000000000000000000000000001", abi: Nothing, startBlock: ${block}, endBlock: ${block} }
    mapping:
      kind: ethereum/events
      apiVersion: 0.0.9
      language: wasm/assemblyscript
      file: nothing.wasm
      entities: [Nothing]
      abis: [{ name: Nothing, file: Nothing.json }]
      eventHandlers: [{ event: Nothing(), handler: handleNothing }]
`;

/**
 * Writes a subgraph that follows nothing and ends with one block; returns its manifest. graph-node's command
 * wants one to start with, and forgets what it knew of that one. So it is given this one, and keeps what it knows of the real one, which is
 * deployed to it.
 */
export async function writeIdleSubgraph(folder: string, network: string, block: number): Promise<string> {
  const build = path.join(folder, "build");
  await mkdir(build, { recursive: true });
  for (const at of [folder, build]) await writeWhole(path.join(at, "subgraph.yaml"), manifest(network, block));
  await writeWhole(path.join(build, "schema.graphql"), SCHEMA);
  await writeWhole(path.join(build, "Nothing.json"), EVENT);
  await writeWhole(path.join(build, "nothing.wasm"), EMPTY_MODULE);
  return path.join(folder, "subgraph.yaml");
}
