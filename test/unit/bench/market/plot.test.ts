import { expect } from "chai";

import { renderChart, type Panel } from "../../../../bench/market/plot/chart.ts";
import { label, linearScale, logScale, positionOn, stepOf } from "../../../../bench/market/plot/scale.ts";

describe("a scale", () => {
  it("has round steps, no more than wanted", () => {
    expect(stepOf(10, 5)).to.equal(2);
    expect(stepOf(0.9, 5)).to.equal(0.2);
    expect(stepOf(1_234, 5)).to.equal(250);
  });

  it("holds all values between round ends", () => {
    const scale = linearScale([-3, 18]);
    expect(scale.low).to.be.at.most(-3);
    expect(scale.high).to.be.at.least(18);
    expect(scale.ticks).to.include(0);
    expect(positionOn(scale, scale.low)).to.equal(0);
    expect(positionOn(scale, scale.high)).to.equal(1);
  });

  it("of one value still has two ends", () => {
    const scale = linearScale([5]);
    expect(scale.high).to.be.greaterThan(scale.low);
    expect(linearScale([0]).high).to.be.greaterThan(0);
  });

  it("by logarithms puts equal factors at equal distances", () => {
    const scale = logScale([1, 100]);
    expect(scale.low).to.equal(1);
    expect(positionOn(scale, 10)).to.be.closeTo(0.5, 1e-12);
    expect(scale.ticks).to.include.members([1, 10, 100]);
  });

  it("labels large values by their unit", () => {
    expect([0, 0.25, 1_500, 2_000_000, -20_000].map(label)).to.deep.equal(["0", "0.25", "1.5k", "2M", "-20k"]);
  });
});

describe("a chart", () => {
  const panel: Panel = {
    title: "A & B",
    yLabel: "USD",
    xLabel: "day",
    series: [
      {
        name: "one",
        points: [
          [0, 1],
          [1, 2],
          [2, undefined],
          [3, 4],
          [4, 5],
        ],
      },
      {
        name: "two",
        points: [
          [0, 3],
          [4, 3],
        ],
        dashed: true,
        marked: true,
      },
    ],
    bands: [{ from: 1, to: 2, name: "shock" }],
  };

  it("has a line for every stretch between gaps, marks, legends, bands and both axes' names", () => {
    const svg = renderChart({ title: "Title", columns: 1, panels: [panel] });
    expect(svg.match(/<polyline/g)).to.have.length(3);
    expect(svg.match(/<circle/g)).to.have.length(2);
    for (const text of ["Title", "A &amp; B", "USD", "day", "one", "two", "shock"]) expect(svg).to.include(`>${text}<`);
    expect(svg).not.to.match(/NaN|undefined|Infinity/);
  });

  it("is well-formed: every element is closed", () => {
    const svg = renderChart({ title: "<T>", columns: 2, panels: [panel, panel, panel] });
    const opened = svg.match(/<(svg|text)\b/g)?.length;
    expect(svg.match(/<\/(svg|text)>/g)).to.have.length(opened ?? -1);
    expect(svg.match(/<(rect|line|polyline|circle)\b[^>]*[^/]>/g)).to.equal(null);
    expect(svg).to.include("&lt;T&gt;");
  });

  it("says that a panel without values has nothing", () => {
    const empty = { ...panel, series: [{ name: "none", points: [[0, undefined]] as const }] };
    expect(renderChart({ title: "T", columns: 1, panels: [empty] })).to.include("nothing");
  });
});
