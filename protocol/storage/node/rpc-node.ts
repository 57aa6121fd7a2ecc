import type { FastifyInstance } from "fastify";
import type { NodeContext } from "./context.ts";

/** id, version, repo/stat. */
export function nodeCalls(rpc: FastifyInstance, { blocks, peerId, version }: NodeContext): void {
  const agent = `orion-ipfs/${version}`;

  rpc.post("/version", () => ({
    Version: version,
    Commit: "",
    Repo: "1",
    System: `${process.arch}/${process.platform}`,
    Golang: "",
  }));

  rpc.post("/id", () => ({ ID: peerId, PublicKey: "", Addresses: [], AgentVersion: agent, Protocols: [] }));

  rpc.post("/repo/stat", async () => {
    const { count, bytes } = await blocks.stats();
    return {
      NumObjects: count,
      RepoSize: bytes,
      StorageMax: Number.MAX_SAFE_INTEGER,
      RepoPath: "",
      Version: "orion@1",
    };
  });
}
