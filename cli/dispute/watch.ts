import { Argument } from "commander";

import { readDisputes } from "@orion/protocol/disputes";

import { withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { toJson } from "../core/json.ts";
import { networkOptions, type NetworkFlags } from "../core/options.ts";
import { findClaim, parseClaimKey, readClaims } from "./claim.ts";
import { proofFacts, proofLine, summariseDispute } from "./summary.ts";

const INTERVAL_MS = 1_000;

export const disputeWatch = command<NetworkFlags>({
  name: "watch",
  summary: "follow all disputes, or one, until stopped",
  details:
    "With --json one object a line, whenever something changed. One dispute is followed until its claim has fallen or is settled.",
  args: [new Argument("[claim]", "key of a claim, or its first digits (default: all)").argParser(parseClaimKey)],
  options: networkOptions,
  examples: ["orion dispute watch", "orion dispute watch 0x7ac01b --json"],
  async run(invocation) {
    const { args, terminal, interrupts } = invocation;
    const given = args[0] as string | undefined;
    await withClient(invocation, async (client) => {
      const { chain, clock } = client;
      // One that was mistyped would be waited for in vain.
      const wanted = given === undefined ? undefined : (await findClaim(client, given)).unit.key;
      if (wanted === undefined) terminal.note("following all disputes; Ctrl-C stops");
      const seen = new Map<string, string>();
      while (!interrupts.signal.aborted) {
        const state = await readDisputes(chain, wanted === undefined ? "all" : [wanted], chain.network.deployBlock);
        const keys = wanted === undefined ? [...state.claims.values()].map(({ key }) => key) : [wanted];
        const claims = await readClaims(client, { keys });
        for (const [key, claim] of claims) {
          const dispute = state.of(chain.network.addresses.market, key);
          const summary = summariseDispute(claim, dispute);
          const proof = proofFacts(dispute);
          const look = toJson(summary);
          if (seen.get(key) === look) continue;
          seen.set(key, look);
          const { verdict, answered, demands } = summary;
          const how = proof === undefined ? `${answered} of ${demands} demands answered` : proofLine(proof);
          terminal.event({ ...summary, proof: proof ?? null }, `${key} (${summary.claim}) ${verdict}: ${how}`);
          if (wanted !== undefined && (summary.claim === "fallen" || summary.claim === "settled")) return;
        }
        await clock.sleep(INTERVAL_MS, interrupts.signal);
      }
    });
  },
});
