import { readResults, type JobRecord, type ResultRecord } from "@orion/protocol/chain";
import { IntegrityError } from "@orion/protocol/common";

import type { Client } from "../core/client.ts";

type Reader = Pick<Client, "chain"> & { readonly follower: Pick<Client["follower"], "state"> };

/** All results that were announced of a job, the oldest first. @throws UnavailableError when the node does not answer */
export async function announcedResults({ chain, follower }: Reader, job: JobRecord): Promise<readonly ResultRecord[]> {
  // The follower sees every announcement; a job that was read alone may lack the later ones.
  return follower.state.jobs.get(job.jobId) === job ? job.results : readResults(chain, job);
}

/**
 * The announced result that has this root, undefined where nobody has announced any. Anyone may announce, wrong ones too, and before the right one.
 * @throws IntegrityError when only others were announced, UnavailableError when the node does not answer
 */
export async function announcedAs(client: Reader, job: JobRecord, root: string): Promise<ResultRecord | undefined> {
  const right = (results: readonly ResultRecord[]): ResultRecord | undefined =>
    results.find((result) => result.root === root);
  const known = right(job.results);
  if (known !== undefined) return known;
  const all = await announcedResults(client, job);
  const found = right(all);
  const last = all.at(-1);
  if (found !== undefined || last === undefined) return found;
  throw new IntegrityError(
    `the published result root ${last.root} does not follow from the settled claims, which give ${root}`,
    {
      hint: "do not use that result; an honest aggregator can publish the right one (`orion keeper start aggregator`)",
    },
  );
}
