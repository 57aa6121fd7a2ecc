import type { Blocks } from "./blocks.ts";
import type { Pins } from "./pins.ts";

/** What the calls of the node share. */
export interface NodeContext {
  blocks: Blocks;
  pins: Pins;
  peerId: string;
  version: string;
  maxUploadBytes: number;
  maxBlockBytes: number;
}
