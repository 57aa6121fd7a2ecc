/**
 * One look at the chain for all who ask while it is under way.
 * @param look brings what is known up to the head
 */
export class SharedLook {
  readonly #look: () => Promise<void>;
  #running: Promise<void> | undefined;

  constructor(look: () => Promise<void>) {
    this.#look = look;
  }

  /** Looks, and once more where the look was under way already, which may have begun before what is wanted, and has not shown it. */
  async until(isReached: () => boolean): Promise<void> {
    const shared = this.#running !== undefined;
    await this.#once();
    if (shared && !isReached()) await this.#once();
  }

  #once(): Promise<void> {
    this.#running ??= this.#look().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }
}
