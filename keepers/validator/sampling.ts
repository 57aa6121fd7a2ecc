import { concat, getBytes, keccak256 } from "ethers";

/** Whether a claim is among the share that is recomputed: fixed by the secret, so that a restart chooses the same ones and nobody foresees which. */
export function isSampled(secret: string, key: string, rate: number): boolean {
  const [high = 0, low = 0] = getBytes(keccak256(concat([secret, key])));
  return (high * 256 + low) / 65_536 < rate;
}
