import { formatEther } from "ethers";

import { Schedule } from "../../test/support/demands/schedule.ts";
import { deployDisputes, smallClaim } from "../../test/support/dispute-fixture.ts";
import type { Arena } from "./arena.ts";

/** Random demands on the judge alone. */
export async function openSchedules(): Promise<Arena> {
  const f = await deployDisputes();
  const fixtures = [smallClaim(), smallClaim({ outputs: 2 })];
  return {
    async attack(seed) {
      const { prepaid, earned, demandGas, answerGas, ...counts } = await Schedule.play(f, fixtures, seed);
      const gas = { demandGas: Number(demandGas), answerGas: Number(answerGas) };
      return { ...counts, prepaidEth: formatEther(prepaid), earnedEth: formatEther(earned), ...gas };
    },
    close: () => Promise.resolve(),
  };
}
