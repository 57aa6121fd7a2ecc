import type { Trial } from "./attacks/sweep.ts";
import { returns } from "./figures.ts";
import { CLASSES, type Class, type Sample } from "./metrics.ts";
import { OUTSIDE, TIMELINE } from "./parameters.ts";
import type { Band, Chart, Panel, Series } from "./plot/chart.ts";

const DAYS = "day";
const CRASH: Band = { from: TIMELINE.crash, to: TIMELINE.crash + 1, name: "crash" };
const MINING: Band = { from: TIMELINE.mining[0], to: TIMELINE.mining[1], name: "mining" };
const [BOOM, SLUMP] = OUTSIDE.shocks;
const SHOCKS: readonly Band[] = [
  { from: BOOM?.from ?? 0, to: BOOM?.to ?? 0, name: `demand × ${BOOM?.factor ?? 1}` },
  { from: SLUMP?.from ?? 0, to: SLUMP?.to ?? 0, name: `demand × ${SLUMP?.factor ?? 1}` },
];

/** Every chart of a run by the name of its file. */
export function charts(samples: readonly Sample[], trials: readonly Trial[]): Readonly<Record<string, Chart>> {
  return {
    price: priceChart(samples),
    crash: crashChart(samples),
    liquidity: liquidityChart(samples),
    ...(trials.length === 0 ? {} : { attacks: attackChart(trials) }),
  };
}

const over = (
  samples: readonly Sample[],
  name: string,
  of: (sample: Sample) => number | undefined,
  dashed = false,
): Series => ({ name, dashed, points: samples.map((sample) => [sample.day, of(sample)]) });

function priceChart(samples: readonly Sample[]): Chart {
  const bands = [...SHOCKS, CRASH];
  return {
    title: "Price, cost and demand",
    columns: 1,
    panels: [
      {
        ...{ title: "A CU in US dollars, and what computing it costs", yLabel: "USD per CU", xLabel: DAYS, bands },
        fromZero: true,
        series: [
          over(samples, "price on DePinDex", ({ priceUsd }) => priceUsd),
          over(samples, "marginal cost of those who took work", ({ marginalCostUsd }) => marginalCostUsd, true),
        ],
      },
      {
        ...{ title: "Demand, met and unmet", yLabel: "CU a day", xLabel: DAYS, bands },
        fromZero: true,
        series: [
          over(samples, "wanted", ({ wantedCu }) => wantedCu, true),
          over(samples, "bought and posted", ({ postedCu }) => postedCu),
        ],
      },
      {
        ...{ title: "The same price in ORION, and ORION itself", yLabel: "logarithmic", xLabel: DAYS, bands },
        log: { y: true },
        series: [
          over(samples, "ORION per CU", ({ price }) => price),
          over(samples, "USD per ORION", ({ orionUsd }) => orionUsd, true),
          over(samples, "ORION locked for a CU minted now", ({ collateral }) => collateral),
        ],
      },
    ],
  };
}

const CLASS_NAMES: Readonly<Record<Class, string>> = {
  engineers: "engineers",
  providers: "providers",
  liquidityProviders: "liquidity providers",
  speculators: "speculators",
};

function crashChart(samples: readonly Sample[]): Chart {
  const near = samples.filter(({ day }) => day >= TIMELINE.crash - 30 && day <= TIMELINE.crash + 90);
  const before = near.find(({ day }) => day === TIMELINE.crash);
  const gain = (kind: Class): Series =>
    over(near, CLASS_NAMES[kind], ({ wealth }) => wealth[kind] - (before?.wealth[kind] ?? 0));
  const bands = [CRASH];
  return {
    title: "ORION loses nine tenths of its value in a day",
    columns: 1,
    panels: [
      {
        ...{ title: "Value of all locks over the market value of all CU", yLabel: "ratio", xLabel: DAYS, bands },
        fromZero: true,
        series: [
          over(samples, "all positions", ({ coverage }) => coverage),
          over(samples, "without the treasury's", ({ coverageOfAgents }) => coverageOfAgents, true),
        ],
      },
      {
        ...{ title: "CU by what stands behind them", yLabel: "CU", xLabel: DAYS, bands },
        fromZero: true,
        series: [
          over(samples, "supply", ({ supplyCu }) => supplyCu),
          over(samples, "lock worth less than the CU", ({ thinCu }) => thinCu),
          over(samples, "past their term", ({ endedCu }) => endedCu, true),
        ],
      },
      {
        ...{ title: "Gains and losses by class since the day before the crash", yLabel: "USD", xLabel: DAYS, bands },
        series: CLASSES.map(gain),
      },
    ],
  };
}

function liquidityChart(samples: readonly Sample[]): Chart {
  const first = samples[0];
  const part = (of: (parts: ReturnType<typeof returns>) => number) => (sample: Sample) =>
    first === undefined ? undefined : 100 * of(returns(first, sample));
  const bands = [MINING, CRASH];
  return {
    title: "Liquidity",
    columns: 1,
    panels: [
      {
        ...{ title: "Depth of the pool", yLabel: "USD", xLabel: DAYS, bands },
        fromZero: true,
        series: [over(samples, "both reserves", ({ depthUsd }) => depthUsd)],
      },
      {
        ...{ title: "What a share earned since the first day, against holding", yLabel: "%", xLabel: DAYS, bands },
        series: [
          over(
            samples,
            "fees",
            part(({ fees }) => fees),
          ),
          over(
            samples,
            "divergence of the price",
            part(({ loss }) => loss),
          ),
          over(
            samples,
            "mining, if staked",
            part(({ mined }) => mined),
          ),
          over(
            samples,
            "in all",
            part(({ fees, loss, mined }) => fees + loss + mined),
            true,
          ),
        ],
      },
      {
        ...{ title: "Liquidity providers in the pool", yLabel: "agents", xLabel: DAYS, bands },
        fromZero: true,
        series: [over(samples, "inside", ({ providersInPool }) => providersInPool)],
      },
    ],
  };
}

/** Profit of each attack over the attacker's capital; a capital that did not suffice is a gap. */
function attackChart(trials: readonly Trial[]): Chart {
  const attacks = [...new Set(trials.map(({ attack }) => attack))].filter((attack) => attack !== "wash-control");
  const markets = [...new Set(trials.map(({ market }) => market))];
  const panel = (attack: string): Panel => {
    const own = trials.filter((trial) => trial.attack === attack);
    const points = (market: string): Series["points"] =>
      own
        .filter((trial) => trial.market === market)
        .map(({ capital, profit, done }) => [capital, done ? profit : undefined]);
    return {
      ...{ title: own[0]?.title ?? attack, yLabel: "profit, ORION", xLabel: "capital, ORION" },
      log: { x: true },
      fromZero: true,
      series: markets
        .map((market) => ({ name: market, points: points(market), marked: true }))
        .filter((s) => s.points.length > 0),
    };
  };
  return { title: "What attacks earn", columns: 2, panels: attacks.map(panel) };
}
