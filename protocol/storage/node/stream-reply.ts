import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";

/**
 * Answers with a stream. Its first piece is made before the status goes out, so that a missing root is a proper
 * error; a later failure cuts the connection, which no client takes for the end.
 */
export async function streamReply(
  reply: FastifyReply,
  contentType: string,
  source: AsyncGenerator<Uint8Array | string, void, undefined>,
): Promise<FastifyReply> {
  const first = await source.next();
  const rest = async function* (): AsyncGenerator<Uint8Array | string, void, undefined> {
    try {
      if (first.done !== true) yield first.value;
      yield* source;
    } finally {
      await source.return();
    }
  };
  return reply.type(contentType).send(Readable.from(rest(), { objectMode: false }));
}

/** A stream of JSON objects, one a line, as Kubo answers. */
export async function streamJson(
  reply: FastifyReply,
  source: AsyncGenerator<object, void, undefined>,
): Promise<FastifyReply> {
  const lines = async function* (): AsyncGenerator<string, void, undefined> {
    for await (const item of source) yield `${JSON.stringify(item)}\n`;
  };
  reply.header("X-Chunked-Output", "1");
  return streamReply(reply, "application/json", lines());
}
