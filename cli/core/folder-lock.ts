import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { createServer } from "node:net";

/**
 * Keeps a folder for this process alone: a name in the kernel, which no crash leaves behind and no two processes get. Gives what sets it free;
 * undefined where another process of this machine has it.
 */
export async function lockFolder(folder: string): Promise<(() => Promise<void>) | undefined> {
  const name = createHash("sha256")
    .update(await realpath(folder))
    .digest("hex");
  const server = createServer((socket) => socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      // Linux knows names of sockets that are no files: they begin with a zero.
      server.listen({ path: `\0orion-${name}` }, resolve);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
    throw error;
  }
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}
