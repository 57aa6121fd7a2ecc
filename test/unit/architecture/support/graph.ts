/** One file's view of another: who imports, as what it was written, and the file it means where that is one of ours. */
export interface Import {
  readonly from: string;
  readonly specifier: string;
  /** Path from the root; undefined for a package. */
  readonly to: string | undefined;
}

/** The import cycles among files, each once, as the files on it in order; empty where the imports form no cycle. */
export function findCycles(imports: readonly Import[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) if (to !== undefined) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const cycles: string[][] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(file);
    if (seenAt >= 0) cycles.push(trail.slice(seenAt));
    if (seenAt >= 0 || done.has(file)) return;
    for (const target of next.get(file) ?? []) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return cycles;
}

/** The longest of the areas (folders) that holds the file; undefined where none does. */
export function areaOf(file: string, areas: readonly string[]): string | undefined {
  return areas.filter((area) => file.startsWith(`${area}/`)).sort((a, b) => b.length - a.length)[0];
}

/**
 * The imports that go against the arrows, described for a reader. `arrows` lists for each area those that it may
 * import besides itself; an area that `arrows` does not know may not be imported by one that it does.
 */
export function againstArrows(
  imports: readonly Import[],
  arrows: Readonly<Record<string, readonly string[]>>,
): string[] {
  const areas = Object.keys(arrows);
  return imports.flatMap(({ from, to, specifier }) => {
    const source = areaOf(from, areas);
    if (source === undefined || to === undefined) return [];
    const target = areaOf(to, areas) ?? to;
    const isAllowed = target === source || (arrows[source] ?? []).includes(target);
    return isAllowed ? [] : [`${from} imports "${specifier}" (${source} → ${target})`];
  });
}
