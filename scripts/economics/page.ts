import { ASSUMED, type Economics } from "./derive.ts";

/** `docs/ECONOMICS.md`. */
export function economicsPage(e: Economics): string {
  const a = ASSUMED;
  const w = e.whole;
  const usd = (orion: number): string => dollars(orion * a.orionUsd);
  const [reference] = e.rows;
  const creditsPerHour = 1 / (reference?.hoursPerCredit ?? 1);
  const inFlight = a.escrowHours * creditsPerHour;
  const quota = w.seedCredits / 50;
  const fullFee = quota * 2 * e.price * 0.01125;
  return `# Economics: from hardware to parameters
Printed by \`node scripts/economics.ts\`; a test holds this page and \`deploy/parameters/mainnet.json5\` against what the script derives. Change an assumption there and run it.

**One CU is 10^18 units of work.** A unit of work is one int8 multiply-accumulate (other operations weigh as docs/PROTOCOL.md §1 says), so a CU is about an hour of a data-centre GPU, whoever computes it.

## What a CU costs to make
Rates are of prototypes or estimates, as the column says, not of this repository's workers; prices are of the day that is named.

| machine | GMAC/s | rate | one CU takes | $/h | price | $ per CU | earns at the expected price |
|---|---|---|---|---|---|---|---|
${e.rows
  .map(
    (row) =>
      `| ${row.name} | ${number(row.rate / 1e9)} | ${row.rateSource} | ${hours(row.hoursPerCredit)} | ${number(row.dollarsPerHour)} | ${row.priceSource} | ${dollars(row.dollarsPerCredit)} | ${dollars(row.earnsPerHour)}/h |`,
  )
  .join("\n")}

Who rents an H200 makes a CU for ${dollars(e.cost)}. Hardware differs by a factor of 10^6: a CU is worth what the cheapest efficient machine asks, so a CPU or a browser tab earns next to nothing by computing for pay. It can
still verify, train or serve a model of its own, and compute what is not worth a GPU's trip; jobs that cost more than their multiply-accumulates (memory, latency) offer more than par.

## What is assumed
| assumption | value | why |
|---|---|---|
| ORION | ${dollars(a.orionUsd)} | nobody trades it yet: a convention. Every amount of ORION below moves with it |
| margin over rent | ${percent(a.margin - 1)} | below it nobody rents a machine for this |
| large job | ${number(a.largeJob)} CU | a thousand GPU-hours, bought at once from the pool for at most ${percent(a.largeJobImpact, 1)} more |
| machines at the launch | ${number(a.machines)} H200 | their pay lies in escrow for ${a.escrowHours} h (claim and window of the standard profile) |
| deterrence | ${a.deterrence} times the pay | docs/TRUST.md |
| gas of a dispute | ${number(a.disputeGas)} at ${a.dearGwei} gwei | a whole withheld dispute on a dear day of a rollup, ether at ${dollars(a.etherUsd)} |

## What follows
The expected price is ${dollars(e.cost)} · ${a.margin} / ${dollars(a.orionUsd)} = ${e.exactPrice.toFixed(2)}, rounded **${number(e.price)} ORION per CU** (${usd(e.price)}); the collateral at that price is twice as much.

| parameter | mainnet | from |
|---|---|---|
| \`creditsFloor\` | ${number(w.creditsFloor)} ORION per CU | an eighth of the collateral at the expected price: ORION may rise ${a.floorHeadroom} times before the floor asks for more than the price does |
| \`seedCredits\` | ${number(w.seedCredits)} CU | the pool in which the large job costs at most ${percent(a.largeJobImpact, 1)} more: ${number(a.largeJob)} · (1 + 1/${a.largeJobImpact}) |
| \`seedOrion\` | ${number(w.seedOrion)} ORION (${usd(w.seedOrion)}) | those at the expected price |
| \`creditsMinDepth\` | ${number(w.creditsMinDepth)} ORION | a twelfth of the seed: an untouched pool is deep until the price has fallen ${a.depthHeadroom}² = ${a.depthHeadroom ** 2} times |
| \`creditsCap\` | ${number(w.creditsCap)} CU | ${number(a.machines)} machines · ${a.escrowHours} h · ${creditsPerHour.toFixed(2)} CU/h: what lies in escrow while they work |
| \`creditsBootstrapCap\` | ${number(w.creditsBootstrapCap)} CU | a fifth of it, while there is no price: the seed and a third more |
| \`lowestCollateral\` | ${number(w.lowestCollateral)} ORION per CU of work | ${a.deterrence} times the pay after ORION has risen ${a.rise} times |
| \`highestCollateral\` | ${number(w.highestCollateral)} ORION per CU of work | the same after it has fallen to a third |
| \`claimCollateral\` | ${number(w.claimCollateral)} ORION (${usd(w.claimCollateral)}) | ${a.disputes} whole disputes on a dear day; it dominates every claim of less than ${number(w.claimCollateral / (a.deterrence * e.price))} CU |

Caps may rise and the floor may fall fourfold a week in the first year, since these are estimates; everything else moves by a quarter.

## What that means
* **A provider with one H200** has ${inFlight.toFixed(0)} CU in flight under the standard profile and stakes ${number(Math.round(inFlight * a.deterrence * e.price))} ORION (${usd(inFlight * a.deterrence * e.price)}) at ${a.deterrence} times its pay.
* **The network** holds ${number(Math.floor(w.creditsCap / inFlight))} of them below the cap.
* **Minting** is limited to a fiftieth of the pool an hour: ${number(quota)} CU in the seeded one. Whoever fills the quota burns 1.125% of its locks, ${fullFee.toFixed(0)} ORION an hour, ${usd(fullFee * 24)} a day, and gets none of it back.
* **Minting into escrows** (\`orion job post --pay mint\`) has a quota of its own, a tenth of the pool a day: ${number(5 * quota)} CU in the seeded one, by which its fee rises from 0.25% to 2% in the same way. Nothing of it is free within 24 hours, so it adds a tenth of the pool a day to what a day's hourly quotas allow, never at once.
* **Holding the bootstrap's room** (${number(w.creditsBootstrapCap - w.seedCredits)} CU at the floor) burns ${number(((w.creditsBootstrapCap - w.seedCredits) * w.creditsFloor * 1.125) / 100)} ORION at once and ${number(((w.creditsBootstrapCap - w.seedCredits) * w.creditsFloor * 0.25) / 100)} a month.
* **A small job**, such as the digits example, costs about a nano-CU. Nothing stops it: its worker locks \`claimCollateral\`, and its gas costs more than its work.
`;
}

function number(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 6 });
}

/** Cents, and three significant digits below ten of them. */
function dollars(value: number): string {
  if (value >= 0.1) return `$${value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  return `$${value.toLocaleString("en-US", { maximumSignificantDigits: 3, maximumFractionDigits: 12 })}`;
}

function percent(part: number, digits = 0): string {
  return `${(part * 100).toFixed(digits)}%`;
}

function hours(value: number): string {
  if (value < 48) return `${value.toFixed(2)} h`;
  const years = value / 8_766;
  return years < 1 ? `${(value / 24).toFixed(0)} days` : `${years.toFixed(0)} years`;
}
