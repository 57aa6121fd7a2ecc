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

const folders: string[] = [];
const running = new Set<IpfsNode>();
/** A test that fails half way must not leave a server behind that keeps the runner alive. */
after(async () => {
  await Promise.all([...running].map((node) => node.stop()));
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

/** A real node on a free loopback port, its data in a folder of its own. */
export async function temporaryNode(options: Partial<IpfsNodeOptions> = {}): Promise<TemporaryNode> {
  const dataDir = options.dataDir ?? (await temporaryFolder());
  const node = await startIpfsNode({ ...options, dataDir });
  running.add(node);
  const remove = async (): Promise<void> => {
    await node.stop();
    running.delete(node);
    await rm(dataDir, { recursive: true, force: true });
  };
  return { ...node, dataDir, remove };
}

/** A new folder, removed when the tests end. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "orion-ipfs-"));
  folders.push(folder);
  return folder;
}
