/** A machine that could work for the network. Rates of int8 multiply-accumulates, the work of weight 1. */
export interface Hardware {
  readonly name: string;
  /** Multiply-accumulates a second. */
  readonly rate: number;
  /** Where the rate comes from. */
  readonly rateSource: string;
  readonly dollarsPerHour: number;
  /** What the dollars pay for, and who asks them. */
  readonly priceSource: string;
}

const GIGA = 1e9;
const TERA = 1e12;
/** Dollars per kWh for those who compute at home. */
const ELECTRICITY = 0.15;
const watts = (value: number): number => (value / 1_000) * ELECTRICITY;
/** One multiply-accumulate is two of a data sheet's operations; a good int8 kernel keeps about so much of its peak. */
const KEPT = 0.35;
const ofPeak = (tops: number): number => (tops * TERA * KEPT) / 2;

export const HARDWARE: readonly Hardware[] = [
  {
    name: "H200",
    rate: ofPeak(2_000),
    rateSource: "35% of the data sheet's 2,000 dense int8 TOPS; an estimate",
    dollarsPerHour: 4.45,
    priceSource: "rent, Akash's list price of 2026-09-20",
  },
  {
    name: "RTX 4090",
    rate: ofPeak(660),
    rateSource: "35% of the data sheet's 660 dense int8 TOPS; an estimate",
    dollarsPerHour: watts(450),
    priceSource: "electricity alone, 450 W at $0.15/kWh",
  },
  {
    name: "8-core CPU",
    rate: 8 * 20 * GIGA,
    rateSource:
      "8 threads of a WASM SIMD prototype (20 GMAC/s a thread at 1024³, mean); that many threads were not measured",
    dollarsPerHour: watts(65),
    priceSource: "electricity alone, 65 W at $0.15/kWh",
  },
  {
    name: "browser tab",
    rate: 10 * GIGA,
    rateSource: "one thread of the same prototype on convolutions with requantisation, mean",
    dollarsPerHour: watts(15),
    priceSource: "electricity alone, 15 W at $0.15/kWh",
  },
  {
    name: "gpu.js, in WebAssembly",
    rate: 0.2 * GIGA,
    rateSource: "measured, 256³",
    dollarsPerHour: watts(65),
    priceSource: "electricity alone, 65 W at $0.15/kWh",
  },
];
