/** Runs of a property: the base count times FUZZ_RUNS. */
export function runs(base: number): number {
  return Math.ceil(base * Number(process.env.FUZZ_RUNS ?? "1"));
}
