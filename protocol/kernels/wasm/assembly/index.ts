export { channelwise, spreadGroups } from "./channelwise";
export { gemm } from "./gemm";
export { requantizeRows, requantizeWideRows } from "./requantize-rows";
export { fillBand } from "./slab";
export { wideGemm, widenSums } from "./wide";
