/** How far two arrays of real numbers agree. */
export interface Agreement {
  readonly elements: number;
  readonly largestError: number;
  /** Signal to noise in dB; Infinity where nothing differs. */
  readonly sqnr: number;
  readonly cosine: number;
  /** Share of rows, along the last axis, whose largest element is at the same place. */
  readonly sameArgmax: number;
}

/** @param row elements along the last axis */
export function agreementOf(reference: ArrayLike<number>, values: ArrayLike<number>, row: number): Agreement {
  let [largestError, noise, signal, power, product] = [0, 0, 0, 0, 0];
  for (let i = 0; i < reference.length; i++) {
    const [a, b] = [reference[i]!, values[i]!];
    largestError = Math.max(largestError, Math.abs(a - b));
    noise += (a - b) ** 2;
    signal += a * a;
    power += b * b;
    product += a * b;
  }
  const rows = Math.floor(reference.length / row);
  let same = 0;
  for (let at = 0; at < rows; at++) {
    if (largestAt(reference, at * row, row) === largestAt(values, at * row, row)) same++;
  }
  return {
    elements: reference.length,
    largestError,
    sqnr: noise === 0 ? Infinity : 10 * Math.log10(signal / noise),
    cosine: signal === 0 && power === 0 ? 1 : product / Math.sqrt(signal * power),
    sameArgmax: rows === 0 ? 1 : same / rows,
  };
}

function largestAt(values: ArrayLike<number>, from: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[from + i]! > values[from + best]!) best = i;
  return best;
}
