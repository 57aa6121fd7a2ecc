/** Plays one seed. @throws where an honest party has lost something */
export type Attack = (seed: number) => Promise<Readonly<Record<string, unknown>>>;

/** What one kind of attack is played with. */
export interface Arena {
  readonly attack: Attack;
  close(): Promise<void>;
}
