import { AbortedError } from "@orion/protocol/common";

import type { Child } from "./child.ts";

/** A child in whose place another can be started; it has ended when the one of the moment has ended by itself, or none could be started. */
export interface ReplaceableChild extends Child {
  /** Stops the one of the moment and starts another. @throws AbortedError */
  replace(start: () => Promise<Child>): Promise<void>;
}

export function replaceableChild(first: Child): ReplaceableChild {
  let current: Child | undefined;
  let last = first;
  let end: (how: string) => void;
  const ended = new Promise<string>((resolve) => (end = resolve));
  const follow = (child: Child): void => {
    current = last = child;
    void child.ended.then((how) => {
      if (current === child) end(how);
    });
  };
  follow(first);
  return {
    name: first.name,
    get pid() {
      return last.pid;
    },
    ended,
    tail: () => last.tail(),
    stop: () => last.stop(),
    async replace(start) {
      current = undefined;
      await last.stop();
      try {
        follow(await start());
      } catch (error) {
        if (error instanceof AbortedError) throw error;
        end(error instanceof Error ? error.message : String(error));
      }
    },
  };
}
