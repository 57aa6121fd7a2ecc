/** What a worker reports while it works; for logs and progress bars. */
export interface WorkerProgress {
  readonly kind: "download" | "claim" | "compute" | "upload" | "commit" | "settled";
  readonly jobId: string;
  readonly unit: number;
  /** Shards done of this unit. */
  readonly done: number;
  readonly total: number;
  readonly key?: string;
}
