import { contractInterface, reading, type Chain } from "../chain/index.ts";
import { fromHex } from "../common/hex.ts";
import { FORMAT } from "../tensor/index.ts";

/**
 * What was ever published under a hash, in answer to a demand on whatever claim: the judge refuses a demand for it. The judge knows when that was, so one look at the blocks
 * of that second finds it. Undefined if the judge knows no answer.
 * @param span levels of children, 0 for a chunk
 */
export async function findAnswer(chain: Chain, hash: string, span: number): Promise<Uint8Array | undefined> {
  return reading(chain, async () => {
    const time = Number(await chain.contracts.disputes.answeredAt(hash, span));
    if (time === 0) return undefined;
    const fromBlock = await firstBlockAt(chain, time);
    const after = await firstBlockAt(chain, time + 1);
    return answerBetween(chain, hash, span, fromBlock, Math.max(fromBlock, after - 1));
  });
}

/** The first block whose time is at least this one; one past the newest where none is. */
async function firstBlockAt(chain: Chain, time: number): Promise<number> {
  let low = chain.network.deployBlock;
  let high = (await chain.provider.getBlockNumber()) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const block = await chain.provider.getBlock(middle);
    if (block === null || block.timestamp >= time) high = middle;
    else low = middle + 1;
  }
  return low;
}

async function answerBetween(
  chain: Chain,
  hash: string,
  span: number,
  fromBlock: number,
  toBlock: number,
): Promise<Uint8Array | undefined> {
  const abi = contractInterface("DisputeManager");
  const { disputes: address } = chain.network.addresses;
  const signatures = ["Answered", "TraceAnswered"].map((name) => abi.getEvent(name)?.topicHash ?? "");
  const bytes = span === 0 ? FORMAT.leafBytes : 32 * 2 ** span;
  const filter = { address, topics: [signatures, null, null, hash], fromBlock, toBlock };
  for (const log of await chain.provider.getLogs(filter)) {
    const data = abi.parseLog(log)?.args.data as string | undefined;
    if (data?.length === 2 + 2 * bytes) return fromHex(data);
  }
  return undefined;
}
