import { chainError, contractInterface, type Chain } from "../chain/index.ts";
import { fromHex } from "../common/hex.ts";
import { FORMAT } from "../tensor/index.ts";

/** Largest block range asked for at once; providers limit it. */
const MAX_RANGE = 5_000;

/**
 * What was ever published under a hash, in answer to a demand on whatever claim: the judge refuses a demand for it. Newest blocks are looked at
 * first. Undefined if the judge knows no answer.
 * @param span levels of children, 0 for a chunk
 */
export async function findAnswer(chain: Chain, hash: string, span: number): Promise<Uint8Array | undefined> {
  try {
    if (!(await chain.contracts.disputes.isAnswered(hash, span))) return undefined;
    const head = await chain.provider.getBlockNumber();
    for (let to = head; to >= chain.network.deployBlock; to -= MAX_RANGE) {
      const found = await answerBetween(chain, hash, span, Math.max(chain.network.deployBlock, to - MAX_RANGE + 1), to);
      if (found !== undefined) return found;
    }
    return undefined;
  } catch (error) {
    throw chainError(error, chain.network.rpcUrl);
  }
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
  const topics = [abi.getEvent("Answered")?.topicHash ?? "", null, null, hash];
  const bytes = span === 0 ? FORMAT.leafBytes : 32 * 2 ** span;
  for (const log of await chain.provider.getLogs({ address, topics, fromBlock, toBlock })) {
    const args = abi.parseLog(log)?.args;
    const data = args?.data as string | undefined;
    if (args?.hash === hash && data?.length === 2 + 2 * bytes) return fromHex(data);
  }
  return undefined;
}
