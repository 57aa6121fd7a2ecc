/** Random lengths out of a stream of chunks, as the CAR decoder asks for them. */
export interface ChunkReader {
  /** The next bytes, fewer at the end of the stream; the position stays. */
  upTo(length: number): Promise<Uint8Array>;
  /**
   * The next bytes.
   * @param seek moves the position behind them
   * @throws Error at the end of the stream
   */
  exactly(length: number, seek?: boolean): Promise<Uint8Array>;
  seek(length: number): void;
  readonly pos: number;
}

/**
 * Bytes that lie in one chunk are given as a view of it, others are copied once. (The library's own reader copies all
 * that it holds whenever it needs another chunk, which for blocks of many chunks is most of the work of an import.)
 */
export function chunkReader(source: AsyncIterable<Uint8Array>): ChunkReader {
  const input = source[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let have = 0;
  /** Bytes that were skipped before they arrived. */
  let owed = 0;
  let pos = 0;
  const fill = async (length: number): Promise<void> => {
    while (have < length) {
      const next = await input.next();
      if (next.done === true) return;
      const chunk = next.value.subarray(Math.min(owed, next.value.byteLength));
      owed -= next.value.byteLength - chunk.byteLength;
      if (chunk.byteLength === 0) continue;
      chunks.push(chunk);
      have += chunk.byteLength;
    }
  };
  const peek = (length: number): Uint8Array => {
    const [first] = chunks;
    if (first === undefined) return new Uint8Array();
    if (first.byteLength >= length) return first.subarray(0, length);
    const bytes = new Uint8Array(Math.min(length, have));
    let at = 0;
    for (const chunk of chunks) {
      const part = chunk.subarray(0, bytes.byteLength - at);
      bytes.set(part, at);
      at += part.byteLength;
      if (at === bytes.byteLength) break;
    }
    return bytes;
  };
  const seek = (length: number): void => {
    pos += length;
    let left = length;
    while (left > 0) {
      const [first] = chunks;
      if (first === undefined) break;
      if (first.byteLength > left) chunks[0] = first.subarray(left);
      else chunks.shift();
      const taken = Math.min(left, first.byteLength);
      have -= taken;
      left -= taken;
    }
    owed += left;
  };
  return {
    upTo: async (length) => {
      await fill(length);
      return peek(length);
    },
    exactly: async (length, move = false) => {
      await fill(length);
      if (have < length) throw new Error("Unexpected end of data");
      const bytes = peek(length);
      if (move) seek(length);
      return bytes;
    },
    seek,
    get pos() {
      return pos;
    },
  };
}
