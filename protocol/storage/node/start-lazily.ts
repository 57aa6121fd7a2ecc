import type { IpfsNode, IpfsNodeOptions } from "./types.ts";

/**
 * Starts the embedded IPFS node: the Kubo RPC subset and a trustless gateway over blocks on disk. The server is loaded
 * only here, so that clients (and browsers) do not carry it.
 * @throws ConfigurationError when the options contradict each other, the port is taken or the folder is unusable
 */
export async function startIpfsNode(options: IpfsNodeOptions): Promise<IpfsNode> {
  const server = await import("./start-ipfs-node.ts");
  return server.startIpfsNode(options);
}
