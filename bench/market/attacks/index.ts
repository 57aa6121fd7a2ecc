import type { Attack } from "./attacker.ts";
import { corner } from "./corner.ts";
import { option, squat } from "./hold.ts";
import { jump, jumpAtOnce } from "./jump.ts";
import { selfSlash, washControl, washJobs } from "./own-jobs.ts";
import { recursiveDefault, recursiveUnwind } from "./recursive-minting.ts";
import { suppression } from "./suppression.ts";
import { thinOnce, thinWeek } from "./thin-pool.ts";

/** Every attack, in the order of the findings. */
export const ATTACKS: readonly Attack[] = [
  ...[
    recursiveDefault,
    recursiveUnwind,
    suppression,
    corner,
    thinOnce,
    thinWeek,
    jump,
    jumpAtOnce,
    option,
    squat,
    selfSlash,
    washJobs,
    washControl,
  ],
];
