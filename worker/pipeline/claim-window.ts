/** Claims at the start: enough to keep the machine busy during one block, few enough to lose little. */
const FIRST = 4;
const MOST = 64;

/**
 * How many claims may wait for their computation at the same time. It starts small and grows by one with each unit that was computed, so it
 * doubles each time that a whole window is done; it is halved when a claim is lost.
 */
export class ClaimWindow {
  #size = FIRST;

  /** Claims that may wait. */
  get size(): number {
    return this.#size;
  }

  grow(): void {
    this.#size = Math.min(MOST, this.#size + 1);
  }

  shrink(): void {
    this.#size = Math.max(1, Math.floor(this.#size / 2));
  }

  /**
   * How many further units may be claimed while so many claims wait; 0 where it is better to wait until there is room for more of them in one
   * transaction.
   */
  room(waiting: number): number {
    const room = this.#size - waiting;
    if (waiting > 0 && room < Math.ceil(this.#size / 4)) return 0;
    return Math.max(0, room);
  }
}
