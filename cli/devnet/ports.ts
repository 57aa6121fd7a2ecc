import { createServer, type AddressInfo } from "node:net";

import { ConfigurationError } from "@orion/protocol/common";

export const LOOPBACK = "127.0.0.1";
export const EVERY_INTERFACE = "0.0.0.0";

/**
 * The port itself, or a free one for 0.
 * @param flag what the user can change, for the message
 * @param host the interface that is listened on
 * @throws ConfigurationError when it is taken
 */
export async function claimPort(port: number, flag: string, host: string = LOOPBACK): Promise<number> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port, host, exclusive: true }, resolve);
    });
    return (server.address() as AddressInfo).port;
  } catch (cause) {
    const isTaken = (cause as NodeJS.ErrnoException).code === "EADDRINUSE";
    throw new ConfigurationError(`port ${port} is ${isTaken ? "taken" : `not usable: ${(cause as Error).message}`}`, {
      cause,
      hint: `stop what listens there, or choose another with ${flag} (0 takes any)`,
    });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
