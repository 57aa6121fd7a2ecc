/** Why a rule cannot lower a node; the compiler collects them into one UnsupportedNodesError. */
export class Refusal extends Error {
  /** What the owner of the model could do. */
  readonly remedy: string | undefined;

  constructor(reason: string, remedy?: string) {
    super(reason);
    this.remedy = remedy;
  }
}
