/** How many of a file's lines with code were run. */
export interface FileCoverage {
  readonly file: string;
  readonly hit: number;
  readonly found: number;
  /** Numbers of the lines that were not, rising. */
  readonly missed: readonly number[];
}

/** Reads a trace file of lcov (`SF`, `DA` and `end_of_record` lines), in the order of the files' names; files without a line of code are left out. */
export function coverageByFile(lcov: string): FileCoverage[] {
  const records = lcov.split("end_of_record").map((record) => {
    const file = /^SF:(.+)$/m.exec(record)?.[1];
    const lines = [...record.matchAll(/^DA:(\d+),(\d+)/gm)].map(
      ([, line, count]) => [Number(line), Number(count)] as const,
    );
    const missed = lines.filter(([, count]) => count === 0).map(([line]) => line);
    return file === undefined || lines.length === 0
      ? []
      : [{ file, hit: lines.length - missed.length, found: lines.length, missed: missed.sort((a, b) => a - b) }];
  });
  return records.flat().sort((a, b) => (a.file < b.file ? -1 : 1));
}
