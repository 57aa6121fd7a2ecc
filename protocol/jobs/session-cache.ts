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

/** Opens a job, unless the signal aborts first. */
export type OpenSession = (signal: AbortSignal) => Promise<JobSession>;

interface Entry {
  readonly session: Promise<JobSession>;
  /** Ends the opening. */
  readonly stop: AbortController;
  /** Once it is open. */
  opened?: JobSession;
}

/**
 * Open jobs, each opened once however many ask for it. Where they become too many or hold too much, those that were used least recently are closed; whoever needs one of them again opens it anew. So
 * whoever works with a job for long asks for its session each time instead of keeping it. Jobs that are still opening count for nothing and are waited for by nobody but those who asked for them.
 */
export class SessionCache {
  readonly #options: SessionCacheOptions;
  /** Map order is age: what was used last is at the end. */
  readonly #entries = new Map<string, Entry>();

  constructor(options: SessionCacheOptions) {
    this.#options = options;
  }

  get jobIds(): string[] {
    return [...this.#entries.keys()];
  }

  /** Bytes of content that all of them hold. */
  get heldBytes(): number {
    return this.#opened().reduce((sum, { opened }) => sum + opened.heldBytes, 0);
  }

  /** The job's session, which `open` opens where it is not open. @throws what `open` throws */
  async of(jobId: string, open: OpenSession): Promise<JobSession> {
    const entry = this.#entries.get(jobId) ?? begin(open);
    this.#entries.delete(jobId);
    this.#entries.set(jobId, entry);
    let session: JobSession;
    try {
      session = await entry.session;
    } catch (error) {
      if (this.#entries.get(jobId) === entry) this.#entries.delete(jobId);
      throw error;
    }
    if (entry.opened === undefined) {
      entry.opened = session;
      await this.#makeRoom(jobId);
    }
    return session;
  }

  isOpen(jobId: string): boolean {
    return this.#entries.get(jobId)?.opened !== undefined;
  }

  /** Ends the opening of a job that takes too long; an open one stays open. */
  giveUp(jobId: string): void {
    const entry = this.#entries.get(jobId);
    if (entry === undefined || entry.opened !== undefined) return;
    this.#entries.delete(jobId);
    end(entry);
  }

  /** Closes a job, or ends its opening; what computes with it at this moment still ends. */
  close(jobId: string): void {
    const entry = this.#entries.get(jobId);
    this.#entries.delete(jobId);
    if (entry !== undefined) end(entry);
  }

  dispose(): void {
    for (const jobId of this.jobIds) this.close(jobId);
  }

  #opened(): { readonly jobId: string; readonly opened: JobSession }[] {
    return [...this.#entries].flatMap(([jobId, { opened }]) => (opened === undefined ? [] : [{ jobId, opened }]));
  }

  /** @param used is not closed for its own sake */
  async #makeRoom(used: string): Promise<void> {
    const { most, mostBytes, isPinned, onClosed } = this.#options;
    for (const { jobId } of this.#opened()) {
      if (this.#opened().length <= most && this.heldBytes <= mostBytes) return;
      if (jobId === used || isPinned?.(jobId) === true) continue;
      this.close(jobId);
      await onClosed?.(jobId);
    }
  }
}

function begin(open: OpenSession): Entry {
  const stop = new AbortController();
  return { stop, session: open(stop.signal) };
}

function end({ session, stop, opened }: Entry): void {
  // Of an open job the signal would also end what computes with it.
  if (opened !== undefined) return opened.dispose();
  stop.abort();
  session.then((open) => open.dispose()).catch(() => undefined);
}
