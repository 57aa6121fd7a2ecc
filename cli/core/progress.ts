import type { OnBlocks } from "@orion/protocol/chain";

import { bar } from "./bar.ts";
import type { Terminal } from "./terminal.ts";

export interface Progress {
  /** Names the step under way and how far it is. */
  update(label: string, done?: number, total?: number): void;
  end(): void;
}

const BAR_WIDTH = 28;

/** One bar on a terminal; elsewhere one line for each new step; nothing with `--json`. */
export function createProgress(terminal: Terminal): Progress {
  let last = "";
  return {
    update(label, done, total) {
      if (terminal.interactive) {
        const measure =
          done === undefined || total === undefined ? "" : `${bar(done, total, BAR_WIDTH)} ${done}/${total}  `;
        terminal.draw([`${measure}${label}`]);
      } else if (label !== last) {
        terminal.note(`${label} …`);
      }
      last = label;
    },
    end: () => terminal.draw([]),
  };
}

/** Shows how far a look through the chain's history is, where that takes more than one part of it. */
export async function whileScanning<T>(
  terminal: Terminal,
  label: string,
  scan: (onBlocks: OnBlocks) => Promise<T>,
): Promise<T> {
  const progress = createProgress(terminal);
  try {
    return await scan((done, total) => progress.update(label, done, total));
  } finally {
    progress.end();
  }
}
