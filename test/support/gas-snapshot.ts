import { expect } from "chai";

/** Gas of user actions by name. */
export type Gas = Readonly<Record<string, number>>;

export interface GasSuite {
  readonly measure: () => Promise<Gas>;
  readonly snapshot: () => Promise<Gas>;
  /** Most gas of an action. */
  readonly bounds: Gas;
  /** What must stay below its bound, not only within it. */
  readonly strictly?: true;
  /** Part by which a figure may move before somebody has to look at it. */
  readonly tolerance: number;
  /** The bench that writes a new snapshot. */
  readonly bench: string;
  /** What the bounds are. */
  readonly within: string;
}

/** Declares what holds for every family of measured actions; resolves each figure, `NaN` for none, once they are measured. */
export function itKeepsItsGas(suite: GasSuite): (name: string) => number {
  const { measure, snapshot, bounds, tolerance, bench, within, strictly = false } = suite;
  let gas: Gas = {};

  before(async () => {
    gas = await measure();
  });

  it(`is what the snapshot says (\`${bench}\` of the benches writes a new one)`, async () => {
    const kept = await snapshot();
    expect(Object.keys(gas)).to.have.members(Object.keys(kept));
    const moved = Object.entries(gas).filter(([name, now]) => {
      const then = kept[name] ?? 0;
      return Math.abs(now - then) > then * tolerance;
    });
    expect(moved).to.deep.equal([]);
  });

  it(within, () => {
    const above = Object.entries(bounds).filter(([name, most]) => {
      const now = gas[name] ?? Infinity;
      return strictly ? now >= most : now > most;
    });
    expect(above).to.deep.equal([]);
  });

  return (name) => gas[name] ?? NaN;
}
