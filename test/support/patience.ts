import { patienceOf } from "../../scripts/testing/patience.ts";

/** So many milliseconds on a free machine; more where the run has found this one slow or busy. */
export const patient = (milliseconds: number): number => Math.ceil(milliseconds * patienceOf(process.env));
