import { BINARY_RULES } from "./binary.ts";
import { CONV_TRANSPOSE_RULES } from "./conv-transpose.ts";
import { CONV_RULES } from "./conv.ts";
import { LAYER_NORM_RULES } from "./layer-norm.ts";
import { LAYOUT_RULES } from "./layout.ts";
import { MATMUL_RULES } from "./matmul.ts";
import { POOL_RULES } from "./pool.ts";
import { QUANTIZED_RULES } from "./quantized.ts";
import { REDUCE_RULES } from "./reduce.ts";
import { RESIZE_RULES } from "./resize.ts";
import type { Rules } from "./rule.ts";
import { SOFTMAX_RULES } from "./softmax.ts";
import { UNARY_RULES } from "./unary.ts";
import { WHERE_RULES } from "./where.ts";

/** The rule of every operator that has one. */
export const RULES: Rules = {
  ...UNARY_RULES,
  ...BINARY_RULES,
  ...CONV_RULES,
  ...CONV_TRANSPOSE_RULES,
  ...MATMUL_RULES,
  ...POOL_RULES,
  ...REDUCE_RULES,
  ...SOFTMAX_RULES,
  ...LAYER_NORM_RULES,
  ...LAYOUT_RULES,
  ...RESIZE_RULES,
  ...WHERE_RULES,
  ...QUANTIZED_RULES,
};
