import type { CID } from "multiformats/cid";

import type { JobRecord, ManifestRecord } from "../chain/index.ts";
import { AbortedError, IntegrityError, OrionError } from "../common/index.ts";
import type { Program, ProgramFacts } from "../tensor/index.ts";
import { openManifest, type Manifest } from "./manifest.ts";
import { loadProgram, type LoadedProgram } from "./program-package.ts";
import type { ContentContext } from "./service-context.ts";

/** Manifests that are looked at for one read: strangers may publish as many as they like. */
const MAX_TRIES = 16;

export interface ContentOptions {
  readonly maxMemoryBytes: bigint;
  readonly signal: AbortSignal;
  /** The manifests that are published now. */
  readonly manifests: () => readonly ManifestRecord[];
  /** Judges a program before its weights are fetched; throws what it is refused with. */
  readonly judge?: (facts: ProgramFacts, program: Program) => void;
}

/**
 * The content of one job, from whichever of its manifests delivers. Anybody may publish manifests; even one with the right roots may list
 * links that lead nowhere. So each read goes on to the next manifest until one gives what hashes right.
 */
export class JobContent {
  readonly #context: ContentContext;
  readonly #job: Pick<JobRecord, "jobId" | "terms">;
  readonly #options: ContentOptions;
  readonly #opened = new Map<string, Manifest>();
  /** Digests of manifests that can never become right. */
  readonly #wrong = new Set<string>();
  #program: LoadedProgram | undefined;
  /** The same in every manifest that is right, so strangers' manifests add nothing to what is held. */
  #slotRoots: Uint8Array | undefined;

  constructor(context: ContentContext, job: Pick<JobRecord, "jobId" | "terms">, options: ContentOptions) {
    this.#context = context;
    this.#job = job;
    this.#options = options;
  }

  /** The job's program with its weights. @throws as `read` */
  async program(): Promise<LoadedProgram> {
    return this.#program ?? this.read(() => Promise.resolve(this.#program as LoadedProgram));
  }

  /**
   * Does `action` with one manifest after the other until it succeeds.
   * @param signal ends this read only
   * @throws UnavailableError when content is missing for now, IntegrityError when no manifest that is published so far is right
   */
  async read<T>(action: (manifest: Manifest) => Promise<T>, signal?: AbortSignal): Promise<T> {
    let failure: OrionError = new IntegrityError("the job has no manifest");
    for (const digest of this.#candidates()) {
      if (this.#options.signal.aborted || signal?.aborted === true) {
        throw new AbortedError("stopped while reading the content of a job");
      }
      try {
        return await action(await this.#open(digest, signal));
      } catch (error) {
        if (!(error instanceof OrionError) || error.code === "ABORTED") throw error;
        this.#context.log.debug({ jobId: this.#job.jobId, manifest: digest }, error.message);
        // What is missing now may come; what is wrong never mends.
        if (!error.retryable && !this.#opened.has(digest)) this.#wrong.add(digest);
        if (!failure.retryable) failure = error;
      }
    }
    throw failure;
  }

  /** Opened ones first, then those of the keeper and the poster, then those of strangers, newest first. */
  #candidates(): string[] {
    const { keeper, poster } = this.#job.terms;
    const rank = ({ digest, earnsFee, publisher }: ManifestRecord): number =>
      this.#opened.has(digest) ? 0 : earnsFee ? 1 : publisher === keeper || publisher === poster ? 2 : 3;
    const sorted = this.#options
      .manifests()
      .toReversed()
      .sort((a, b) => rank(a) - rank(b));
    return [...new Set(sorted.map(({ digest }) => digest))]
      .filter((digest) => !this.#wrong.has(digest))
      .slice(0, MAX_TRIES);
  }

  async #open(digest: string, opening?: AbortSignal): Promise<Manifest> {
    const opened = this.#opened.get(digest);
    if (opened !== undefined) return opened;
    const { sha256, store } = this.#context;
    const known = this.#slotRoots === undefined ? {} : { slotRoots: this.#slotRoots };
    const io = { sha256, signal: this.#options.signal, ...(opening === undefined ? {} : { opening }), ...known };
    const { manifest } = await openManifest(store, digest, this.#job, (cid) => this.#load(cid), io);
    this.#opened.set(digest, manifest);
    this.#slotRoots ??= manifest.slotRoots;
    return manifest;
  }

  async #load(cid: CID): Promise<LoadedProgram> {
    const { sha256, store } = this.#context;
    this.#program ??= await loadProgram(store, cid, {
      sha256,
      signal: this.#options.signal,
      maxBytes: this.#options.maxMemoryBytes,
      expectedRoot: this.#job.terms.programRoot,
      ...(this.#options.judge === undefined ? {} : { judge: this.#options.judge }),
    });
    return this.#program;
  }
}
