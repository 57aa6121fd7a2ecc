import { timeLimit } from "@orion/protocol/common";

/** What graph-node knows of one subgraph. */
export interface IndexStatus {
  /** Last block that is indexed; undefined before the first. */
  readonly block: number | undefined;
  /** Last block of the chain that it has seen. */
  readonly chainHead: number | undefined;
  readonly fatalError: string | undefined;
}

const QUERY = `query ($name: String!) {
  indexingStatusForCurrentVersion(subgraphName: $name) {
    fatalError { message }
    chains { chainHeadBlock { number } latestBlock { number } }
  }
}`;

interface Answer {
  readonly data?: {
    readonly indexingStatusForCurrentVersion: {
      readonly fatalError: { readonly message: string } | null;
      readonly chains: readonly { readonly chainHeadBlock: Block; readonly latestBlock: Block }[];
    } | null;
  };
}
type Block = { readonly number: string } | null;

/** graph-node answers within milliseconds, or hangs. */
const TIMEOUT_MS = 10_000;

/** Asks the index about itself; undefined where it does not answer or knows nothing of this subgraph yet. */
export async function askStatus(statusUrl: string, name: string, stop?: AbortSignal): Promise<IndexStatus | undefined> {
  const body = JSON.stringify({ query: QUERY, variables: { name } });
  const headers = { "content-type": "application/json" };
  const signal = timeLimit(TIMEOUT_MS, stop);
  const answer = await fetch(statusUrl, { method: "POST", headers, body, signal })
    .then(async (response) => (await response.json()) as Answer)
    .catch(() => undefined);
  const status = answer?.data?.indexingStatusForCurrentVersion;
  if (status === undefined || status === null) return undefined;
  const chain = status.chains[0];
  return {
    block: numberOf(chain?.latestBlock),
    chainHead: numberOf(chain?.chainHeadBlock),
    fatalError: status.fatalError?.message,
  };
}

function numberOf(block: Block | undefined): number | undefined {
  return block === undefined || block === null ? undefined : Number(block.number);
}
