import { patienceNow } from "../../scripts/testing/patience.ts";

/** So many milliseconds on a free machine; more where the run has found this one slow, or it is busy now. */
export const patient = (milliseconds: number): number => Math.ceil(milliseconds * patienceNow(process.env));
