import { AssertionError, expect } from "chai";

/** Awaits a failure and checks its class and that its message is one line that matches. */
export async function expectRejection<E extends Error>(
  pending: Promise<unknown>,
  type: abstract new (...args: never[]) => E,
  message: RegExp,
): Promise<E> {
  try {
    await pending;
  } catch (error) {
    expect(error).to.be.instanceOf(type);
    const failure = error as E;
    expect(failure.message).to.match(message);
    expect(failure.message).not.to.match(/[\n\r]/);
    return failure;
  }
  throw new AssertionError(`expected a ${type.name}, but it succeeded`);
}

/** Drains a stream. */
export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
