import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startIpfsNode } from "@orion/protocol/storage";
import type { IpfsNode, IpfsNodeOptions } from "@orion/protocol/storage";

export interface TemporaryNode extends IpfsNode {
  dataDir: string;
  /** Stops the node and removes its folder. */
  remove(): Promise<void>;
}

/** A real node on a free loopback port, its data in a folder of its own. */
export async function temporaryNode(options: Partial<IpfsNodeOptions> = {}): Promise<TemporaryNode> {
  const dataDir = options.dataDir ?? (await temporaryFolder());
  const node = await startIpfsNode({ ...options, dataDir });
  const remove = async (): Promise<void> => {
    await node.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { ...node, dataDir, remove };
}

export function temporaryFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), "orion-ipfs-"));
}
