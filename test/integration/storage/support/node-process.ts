/** A node in a process of its own, to be killed: `node node-process.ts DATA_DIR` prints its address. */
import { startIpfsNode } from "@orion/protocol/storage";

const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error("usage: node-process.ts DATA_DIR");
const node = await startIpfsNode({ dataDir });
console.log(node.url);
process.once("SIGTERM", () => void node.stop());
