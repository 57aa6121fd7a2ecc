export { arithmetic, wideArithmetic } from "./arithmetic";
export { channelwise, spreadGroups } from "./channelwise";
export { clamp, divide, extremum, lookup, squareRoot } from "./elements";
export { gemm } from "./gemm";
export { averagePool, maxPool } from "./pool";
export { reduce } from "./reduce";
export { requantizeRows, requantizeWideRows } from "./requantize-rows";
export { fillBand } from "./slab";
export { wideGemm, widenSums } from "./wide";
