import { CLASSES, type Sample } from "./metrics.ts";
import { OUTSIDE, TIMELINE } from "./parameters.ts";
import { correlation, divergence, mean, quantile, round } from "./statistics.ts";

/** Named numbers of one question. */
export type Figures = Readonly<Record<string, number>>;

const between = (samples: readonly Sample[], from: number, to: number): readonly Sample[] =>
  samples.filter(({ day }) => day >= from && day <= to);

const average = (samples: readonly Sample[], of: (sample: Sample) => number): number => mean(samples.map(of));

/** Does the price follow demand and the marginal cost of providers? */
export function priceFigures(samples: readonly Sample[]): Figures {
  const [boom, slump] = OUTSIDE.shocks;
  const windows = {
    quiet: between(samples, 20, boom?.from ?? 0),
    boom: between(samples, (boom?.from ?? 0) + 5, boom?.to ?? 0),
    slump: between(samples, (slump?.from ?? 0) + 5, slump?.to ?? 0),
    beforeCrash: between(samples, TIMELINE.mining[1], TIMELINE.crash),
    afterCrash: between(samples, TIMELINE.fallen, TIMELINE.fallen + 90),
  };
  const figures: Record<string, number> = {};
  for (const [name, window] of Object.entries(windows)) {
    if (window.length === 0) continue;
    figures[`${name}: price, USD`] = average(window, ({ priceUsd }) => priceUsd);
    figures[`${name}: marginal cost, USD`] = average(window, ({ marginalCostUsd }) => marginalCostUsd ?? 0);
    figures[`${name}: CU wanted a day`] = average(window, ({ wantedCu }) => wantedCu);
    figures[`${name}: CU bought a day`] = average(window, ({ postedCu }) => postedCu);
  }
  const worked = samples.filter(({ day, marginalCostUsd }) => day > 20 && marginalCostUsd !== undefined);
  const prices = worked.map(({ priceUsd }) => priceUsd);
  figures["correlation of price and marginal cost"] = correlation(
    prices,
    worked.map(({ marginalCostUsd }) => marginalCostUsd ?? 0),
  );
  figures["correlation of price and demand"] = correlation(
    prices,
    worked.map(({ demand }) => demand),
  );
  figures["correlation of CU bought and demand"] = correlation(
    worked.map(({ postedCu }) => postedCu),
    worked.map(({ demand }) => demand),
  );
  figures["price over marginal cost, median"] =
    quantile(
      worked.map((s) => s.priceUsd / (s.marginalCostUsd ?? 1)),
      0.5,
    ) ?? 0;
  return rounded(figures);
}

/** Do credits stay backed through the crash, and who loses? */
export function crashFigures(samples: readonly Sample[]): Figures {
  const figures: Record<string, number> = {};
  const at = (day: number): Sample | undefined => samples.find((sample) => sample.day === day);
  for (const after of [0, 1, 2, 7, 14, 30, 60]) {
    const found = at(TIMELINE.crash + after);
    if (found === undefined) continue;
    const name = `day ${after} after its beginning`;
    figures[`${name}: ORION, USD`] = found.orionUsd;
    figures[`${name}: price, USD`] = found.priceUsd;
    figures[`${name}: price, ORION`] = found.price;
    figures[`${name}: value of locks over value of CU`] = found.coverage;
    figures[`${name}: the same without the treasury's position`] = found.coverageOfAgents;
    figures[`${name}: part of the CU that locks less than it is worth`] = found.thinCu / found.supplyCu;
    figures[`${name}: part of the CU past its term`] = found.endedCu / found.supplyCu;
  }
  const [before, after] = [at(TIMELINE.crash), at(TIMELINE.crash + 14)];
  if (before !== undefined && after !== undefined) {
    for (const kind of CLASSES) figures[`${kind}: gain in 14 days, USD`] = after.wealth[kind] - before.wealth[kind];
  }
  const month = between(samples, TIMELINE.crash + 1, TIMELINE.crash + 30);
  figures["CU delivered in the 30 days before"] =
    average(between(samples, TIMELINE.crash - 29, TIMELINE.crash), (s) => s.deliveredCu) * 30;
  figures["CU delivered in the 30 days after"] = average(month, (s) => s.deliveredCu) * month.length;
  figures["lowest value of locks over value of CU"] = Math.min(...samples.map(({ coverage }) => coverage));
  return rounded(figures);
}

/** What do liquidity providers earn, and what does mining do to the depth? */
export function liquidityFigures(samples: readonly Sample[]): Figures {
  const figures: Record<string, number> = {};
  const [from, to] = TIMELINE.mining;
  const windows = {
    "before mining": [30, from],
    mining: [from, to],
    "after mining": [to, TIMELINE.crash],
    crash: [TIMELINE.crash, TIMELINE.crash + 3],
    "after the crash": [TIMELINE.crash + 3, Infinity],
    all: [0, Infinity],
  } as const;
  for (const [name, [first, last]] of Object.entries(windows)) {
    const window = between(samples, first, last);
    const [start, end] = [window[0], window.at(-1)];
    if (start === undefined || end === undefined || start === end) continue;
    const { fees, loss, mined, days } = returns(start, end);
    figures[`${name}: days`] = days;
    figures[`${name}: fees, % of the share`] = 100 * fees;
    figures[`${name}: loss against holding, %`] = 100 * loss;
    figures[`${name}: mining, % of the share`] = 100 * mined;
    figures[`${name}: in all against holding, % a year`] = ((100 * 365) / days) * (fees + loss + mined);
    figures[`${name}: depth in the middle, USD`] =
      quantile(
        window.map(({ depthUsd }) => depthUsd),
        0.5,
      ) ?? 0;
    figures[`${name}: providers in the pool`] = average(window, ({ providersInPool }) => providersInPool);
  }
  return rounded(figures);
}

/** Parts of a share's return between two days: growth of √(ORION · CU), divergence of the price, and mined ORION at the last price. */
export function returns(start: Sample, end: Sample): { fees: number; loss: number; mined: number; days: number } {
  const root = (s: Sample): number => Math.sqrt(s.shareOrion * s.shareCu);
  return {
    fees: root(end) / root(start) - 1,
    loss: divergence(end.price / start.price),
    mined: (end.shareMined - start.shareMined) / (2 * start.shareOrion),
    days: end.day - start.day,
  };
}

function rounded(figures: Record<string, number>): Figures {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, round(value, 4)]));
}
