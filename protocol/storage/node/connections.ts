import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Follows the connections of a server, so that it can end without waiting for clients that keep theirs open. (What
 * Node calls idle leaves out a connection that was opened and never used, as clients' pools do.)
 * @returns closes every connection that serves no request, now and as each one gets done
 */
export function trackConnections(server: Server): () => void {
  const open = new Set<Socket>();
  const busy = new Map<Socket, number>();
  let closing = false;
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  server.on("request", ({ socket }, response) => {
    busy.set(socket, (busy.get(socket) ?? 0) + 1);
    response.once("close", () => {
      const left = (busy.get(socket) ?? 1) - 1;
      if (left > 0) busy.set(socket, left);
      else busy.delete(socket);
      if (closing && left === 0) socket.destroySoon();
    });
  });
  return () => {
    closing = true;
    for (const socket of open) if (!busy.has(socket)) socket.destroy();
  };
}
