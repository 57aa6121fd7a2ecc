import type { JobSession } from "./job-session.ts";

export interface SessionCacheOptions {
  /** Jobs that are kept open. */
  readonly most: number;
  /** Bytes of content that they may hold together, see `JobSession.heldBytes`. */
  readonly mostBytes: number;
  /** Jobs that are not closed to make room. */
  readonly isPinned?: (jobId: string) => boolean;
  /** Called for a job that was closed to make room. */
  readonly onClosed?: (jobId: string) => Promise<void>;
}

interface Entry {
  readonly session: Promise<JobSession>;
  /** Zero while it opens. */
  bytes: number;
}

/**
 * Open jobs, each opened once however many ask for it. Where they become too many or hold too much, those that were used least recently are closed; whoever needs one of them again opens it anew. So
 * whoever works with a job for long asks for its session each time instead of keeping it.
 */
export class SessionCache {
  readonly #options: SessionCacheOptions;
  /** Map order is age: what was used last is at the end. */
  readonly #open = new Map<string, Entry>();

  constructor(options: SessionCacheOptions) {
    this.#options = options;
  }

  get jobIds(): string[] {
    return [...this.#open.keys()];
  }

  /** Bytes of content that all of them hold. */
  get heldBytes(): number {
    let sum = 0;
    for (const { bytes } of this.#open.values()) sum += bytes;
    return sum;
  }

  /** The job's session, which `open` opens where it is not open. @throws what `open` throws */
  async of(jobId: string, open: () => Promise<JobSession>): Promise<JobSession> {
    const entry = this.#open.get(jobId) ?? { session: open(), bytes: 0 };
    this.#open.delete(jobId);
    this.#open.set(jobId, entry);
    let session: JobSession;
    try {
      session = await entry.session;
    } catch (error) {
      if (this.#open.get(jobId) === entry) this.#open.delete(jobId);
      throw error;
    }
    entry.bytes = session.heldBytes;
    await this.#makeRoom(jobId);
    return session;
  }

  /** Closes a job; what computes with it at this moment still ends. */
  async close(jobId: string): Promise<void> {
    const entry = this.#open.get(jobId);
    this.#open.delete(jobId);
    await entry?.session.then((session) => session.dispose()).catch(() => undefined);
  }

  dispose(): void {
    for (const jobId of this.jobIds) void this.close(jobId);
  }

  /** @param used is not closed for its own sake */
  async #makeRoom(used: string): Promise<void> {
    const { most, mostBytes, isPinned, onClosed } = this.#options;
    for (const jobId of this.jobIds) {
      if (this.#open.size <= most && this.heldBytes <= mostBytes) return;
      if (jobId === used || isPinned?.(jobId) === true) continue;
      await this.close(jobId);
      await onClosed?.(jobId);
    }
  }
}
