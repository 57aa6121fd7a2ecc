/** Claims whose inputs are fetched at the same time. */
const PLACES = 6;
/** Of these, for jobs whose inputs did not come when they were tried last. */
const PLACES_OF_SLOW = 2;

/**
 * Of which claims the next shard's inputs are fetched: the most urgent ones, one of a job at a time. A job whose inputs do not come loses its place to those that were not tried yet, so whoever
 * withholds inputs holds up others for one try of each of its jobs, in one of several places.
 */
export class LoadingTurns {
  readonly #underWay = new Set<string>();
  readonly #slow = new Set<string>();

  /**
   * Gives the free places away; each is held until `end`.
   * @param claims all that could be fetched for now, the most urgent first
   * @param most as many as are wanted
   */
  take<T extends { readonly jobId: string }>(claims: readonly T[], most: number): T[] {
    const taken: T[] = [];
    for (const claim of claims) {
      if (taken.length >= most) break;
      if (!this.#isFree(claim.jobId)) continue;
      this.#underWay.add(claim.jobId);
      taken.push(claim);
    }
    return taken;
  }

  /** Frees the place of a job. @param isHere whether the inputs came */
  end(jobId: string, isHere: boolean): void {
    this.#underWay.delete(jobId);
    if (isHere) this.#slow.delete(jobId);
    else this.#slow.add(jobId);
  }

  isSlow(jobId: string): boolean {
    return this.#slow.has(jobId);
  }

  /** Forgets all other jobs, except those that hold a place. */
  keepOnly(jobIds: ReadonlySet<string>): void {
    for (const jobId of this.#slow) if (!jobIds.has(jobId)) this.#slow.delete(jobId);
  }

  #isFree(jobId: string): boolean {
    if (this.#underWay.has(jobId)) return false;
    const slow = [...this.#underWay].filter((other) => this.#slow.has(other)).length;
    if (this.#slow.has(jobId)) return slow < PLACES_OF_SLOW;
    return this.#underWay.size - slow < PLACES - PLACES_OF_SLOW;
  }
}
