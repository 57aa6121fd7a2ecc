import type { Backend } from "@orion/protocol/kernels";

import { createInsideHost } from "./inside-host.ts";
import { createProcessHost } from "./process-host.ts";
import type { Arena } from "./run-seed.ts";
import type { Site } from "./site.ts";

/** Services as processes of their own. */
export function processArena(site: Site, backend: Backend): Arena {
  return {
    site,
    backend,
    intervalMs: 100,
    faultsMs: 6_000,
    settleMs: 60_000,
    createHost: (dir) => createProcessHost(dir),
  };
}

/** All services in this process, whose pauses pass faster. */
export function insideArena(site: Site, backend: Backend): Arena {
  const pace = 5;
  return {
    site,
    backend,
    intervalMs: 250,
    faultsMs: 1_500,
    settleMs: 40_000,
    createHost: (_dir, waysOf) => createInsideHost({ pace, waysOf, backend }),
  };
}
