import { label, linearScale, logScale, positionOn, type Scale } from "./scale.ts";

export interface Series {
  readonly name: string;
  /** Pairs of x and y; a gap where y is undefined. */
  readonly points: readonly (readonly [number, number | undefined])[];
  readonly dashed?: boolean;
  /** Marks every point, for few of them. */
  readonly marked?: boolean;
}

/** A stretch of x that something happened in. */
export interface Band {
  readonly from: number;
  readonly to: number;
  readonly name: string;
}

export interface Panel {
  readonly title: string;
  readonly yLabel: string;
  readonly xLabel: string;
  readonly series: readonly Series[];
  readonly bands?: readonly Band[];
  readonly log?: { readonly x?: boolean; readonly y?: boolean };
  /** Makes zero part of the y axis. */
  readonly fromZero?: boolean;
}

export interface Chart {
  readonly title: string;
  readonly columns: number;
  readonly panels: readonly Panel[];
}

/** Told apart by lightness too. */
const COLOURS = ["#1b5e9b", "#d1622b", "#3a8f4d", "#8a4fa3", "#9a8412", "#5c5c5c"];
const WIDTH = 900;
const PANEL_HEIGHT = 250;
const MARGIN = { top: 46, right: 16, bottom: 42, left: 66 };
const HEAD = 34;
const FONT = 'font-family="Helvetica, Arial, sans-serif"';

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A chart as a complete SVG document. */
export function renderChart({ title, columns, panels }: Chart): string {
  const rows = Math.ceil(panels.length / columns);
  const height = HEAD + rows * PANEL_HEIGHT;
  const width = WIDTH / columns;
  const body = panels.map((panel, i) => {
    const [column, row] = [i % columns, Math.floor(i / columns)];
    const box = {
      x: column * width + MARGIN.left,
      y: HEAD + row * PANEL_HEIGHT + MARGIN.top,
      width: width - MARGIN.left - MARGIN.right,
      height: PANEL_HEIGHT - MARGIN.top - MARGIN.bottom,
    };
    return renderPanel(panel, box);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" ${FONT}>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(WIDTH / 2, 22, title, 'font-size="16" text-anchor="middle" font-weight="bold"'),
    ...body.flat(),
    "</svg>",
    "",
  ].join("\n");
}

function renderPanel(panel: Panel, box: Box): string[] {
  const points = panel.series.flatMap((series) => series.points.filter(([, y]) => y !== undefined));
  if (points.length === 0) return [text(box.x, box.y - 20, `${panel.title}: nothing`, 'font-size="13"')];
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y ?? 0);
  const xScale = panel.log?.x === true ? logScale(xs) : { ...linearScale(xs, 10), ...ends(xs) };
  const yScale = panel.log?.y === true ? logScale(ys) : linearScale(panel.fromZero === true ? [0, ...ys] : ys);
  const toX = (x: number): number => box.x + positionOn(xScale, x) * box.width;
  const toY = (y: number): number => box.y + (1 - positionOn(yScale, y)) * box.height;
  return [
    text(box.x, box.y - 24, panel.title, 'font-size="13" font-weight="bold"'),
    ...renderBands(panel.bands ?? [], box, toX, xScale),
    ...renderAxes(panel, box, xScale, yScale, toX, toY),
    ...panel.series.flatMap((series, i) => renderSeries(series, colour(i), toX, toY)),
    ...(panel.series.length > 1 ? renderLegend(panel.series, box) : []),
  ];
}

/** An x axis ends where its values end. */
function ends(values: readonly number[]): Pick<Scale, "low" | "high"> {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return { low, high: high > low ? high : low + 1 };
}

function renderBands(bands: readonly Band[], box: Box, toX: (x: number) => number, { low, high }: Scale): string[] {
  return bands
    .filter(({ from, to }) => to > low && from < high)
    .flatMap(({ from, to, name }) => {
      const [left, right] = [toX(Math.max(from, low)), toX(Math.min(to, high))];
      const size = `width="${fixed(Math.max(1, right - left))}" height="${fixed(box.height)}"`;
      return [
        `<rect x="${fixed(left)}" y="${fixed(box.y)}" ${size} fill="#000000" fill-opacity="0.07"/>`,
        text((left + right) / 2, box.y + 11, name, 'font-size="10" text-anchor="middle" fill="#555555"'),
      ];
    });
}

function renderAxes(
  panel: Panel,
  box: Box,
  xScale: Scale,
  yScale: Scale,
  toX: (x: number) => number,
  toY: (y: number) => number,
): string[] {
  const bottom = box.y + box.height;
  const horizontal = yScale.ticks.flatMap((tick) => [
    line(box.x, toY(tick), box.x + box.width, toY(tick), tick === 0 ? "#888888" : "#dddddd"),
    text(box.x - 6, toY(tick) + 4, label(tick), 'font-size="11" text-anchor="end"'),
  ]);
  const vertical = xScale.ticks
    .filter((tick) => tick >= xScale.low && tick <= xScale.high)
    .flatMap((tick) => [
      line(toX(tick), bottom, toX(tick), bottom + 4, "#333333"),
      text(toX(tick), bottom + 16, label(tick), 'font-size="11" text-anchor="middle"'),
    ]);
  const middle = box.y + box.height / 2;
  const turned = `font-size="11" text-anchor="middle" transform="rotate(-90 ${fixed(box.x - 48)} ${fixed(middle)})"`;
  return [
    ...horizontal,
    ...vertical,
    line(box.x, bottom, box.x + box.width, bottom, "#333333"),
    line(box.x, box.y, box.x, bottom, "#333333"),
    text(box.x + box.width / 2, bottom + 32, panel.xLabel, 'font-size="11" text-anchor="middle"'),
    text(box.x - 48, middle, panel.yLabel, turned),
  ];
}

function renderSeries(
  { points, dashed, marked }: Series,
  stroke: string,
  toX: (x: number) => number,
  toY: (y: number) => number,
): string[] {
  const dash = dashed === true ? ' stroke-dasharray="5 3"' : "";
  const place = (x: number, y: number): string => `${fixed(toX(x))},${fixed(toY(y))}`;
  const lines = runs(points)
    .filter((run) => run.length > 1)
    .map((run) => run.map(([x, y]) => place(x, y)).join(" "))
    .map((path) => `<polyline points="${path}" fill="none" stroke="${stroke}" stroke-width="1.6"${dash}/>`);
  if (marked !== true) return lines;
  const marks = points.flatMap(([x, y]) =>
    y === undefined ? [] : [`<circle cx="${fixed(toX(x))}" cy="${fixed(toY(y))}" r="3" fill="${stroke}"/>`],
  );
  return [...lines, ...marks];
}

/** The stretches between gaps. */
function runs(points: Series["points"]): [number, number][][] {
  const found: [number, number][][] = [[]];
  for (const [x, y] of points) {
    if (y === undefined) found.push([]);
    else found.at(-1)?.push([x, y]);
  }
  return found;
}

function renderLegend(series: readonly Series[], box: Box): string[] {
  let x = box.x;
  return series.flatMap(({ name, dashed }, i) => {
    const dash = dashed === true ? ' stroke-dasharray="5 3"' : "";
    const [from, y] = [x, box.y - 10];
    x += 34 + name.length * 5.8;
    const stroke = `stroke="${colour(i)}" stroke-width="2.5"${dash}`;
    return [
      `<line x1="${fixed(from)}" y1="${fixed(y)}" x2="${fixed(from + 18)}" y2="${fixed(y)}" ${stroke}/>`,
      text(from + 22, y + 4, name, 'font-size="11"'),
    ];
  });
}

const colour = (index: number): string => COLOURS[index % COLOURS.length]!;

const fixed = (value: number): string => String(Number(value.toFixed(1)));

const line = (x1: number, y1: number, x2: number, y2: number, stroke: string): string =>
  `<line x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}" stroke="${stroke}"/>`;

const text = (x: number, y: number, content: string, attributes: string): string =>
  `<text x="${fixed(x)}" y="${fixed(y)}" ${attributes}>${escape(content)}</text>`;

const escape = (content: string): string =>
  content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
