import { expect } from "chai";

import { big, low, type Page } from "./page.ts";

const STATE = { canceled: 2n, queued: 5n, executed: 7n } as const;

/** Proposals, votes and parameters equal what governor and contracts say. */
export async function compareGovernance(page: Page): Promise<void> {
  const { governor, market, credits, timelock } = page.world.contracts;
  const { at } = page;
  const fields = "number state againstVotes forVotes abstainVotes voteStart voteEnd eta proposer { id }";
  for (const row of (await page.all("proposals", fields)).values()) {
    const number = big(row, "number");
    const votes = await governor.proposalVotes(number, at);
    expect([row.againstVotes, row.forVotes, row.abstainVotes].map(String)).to.deep.equal([...votes].map(String));
    expect(big(row, "voteStart")).to.equal(await governor.proposalSnapshot(number, at));
    expect(big(row, "voteEnd")).to.equal(await governor.proposalDeadline(number, at));
    expect(big(row, "eta")).to.equal(await governor.proposalEta(number, at));
    const state = await governor.state(number, at);
    expect(row.state === "EXECUTED").to.equal(state === STATE.executed);
    expect(row.state === "CANCELED").to.equal(state === STATE.canceled);
    expect(row.state === "QUEUED").to.equal(state === STATE.queued);
  }
  const parameters = [...(await page.all("parameters", "contract name value")).values()];
  const value = async (contract: { getAddress(): Promise<string> }, name: string): Promise<bigint> => {
    const address = low(await contract.getAddress());
    return big(
      parameters.find((row) => row.contract === address && row.name === name),
      "value",
    );
  };
  const bounds = await market.collateralBounds(at);
  const names = ["lowestCollateral", "highestCollateral", "claimCollateral"];
  expect(await Promise.all(names.map((name) => value(market, name)))).to.deep.equal([...bounds]);
  const four = await credits.parameters(at);
  const credited = ["floor", "cap", "bootstrapCap", "minDepth"];
  expect(await Promise.all(credited.map((name) => value(credits, name)))).to.deep.equal([...four]);
  expect(await value(governor, "votingDelay")).to.equal(await governor.votingDelay(at));
  expect(await value(timelock, "minDelay")).to.equal(await timelock.getMinDelay(at));
}
