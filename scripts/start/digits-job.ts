import { buyAndPostJob, PROFILES, type BoughtJob, type Devnet, type SigningClient } from "@orion/cli";
import { assembleProgram } from "@orion/protocol/jobs";

import { loadDigits, type DigitsFiles } from "../../examples/digits/index.ts";

/** Two shards a claim: enough claims for three workers to share, half the gas of one each. */
const SHARDS_PER_CLAIM = 2;
/** The keeper gets this part of what the worker gets. */
const KEEPER_SHARE = 10n;

/** Buys the escrow of the digits example with the engineer's ORION and posts it, with the orchestrator as its keeper, by the same code as `orion job post --pay orion`. */
export async function postDigits(
  client: SigningClient,
  devnet: Devnet,
): Promise<{ posted: BoughtJob; digits: DigitsFiles }> {
  const digits = await loadDigits();
  const { work } = assembleProgram(digits.program, digits.constants, client.sha256).facts;
  const posted = await buyAndPostJob(client, {
    program: digits.program,
    constants: digits.constants,
    files: { inputs: [digits.test], shared: [] },
    profile: PROFILES.indexOf("fast"),
    shardsPerClaim: SHARDS_PER_CLAIM,
    keeper: devnet.wallets.orchestrator.address,
    keeperFee: work / KEEPER_SHARE,
  });
  return { posted, digits };
}
