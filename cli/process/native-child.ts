import { spawn, type ChildProcess } from "node:child_process";

import { listenTo, type Child, type ChildOptions } from "./child.ts";

/** Another user of the system, to run as; only root can. */
export interface ProcessOwner {
  readonly uid: number;
  readonly gid: number;
}

export interface NativeChildOptions extends Pick<ChildOptions, "name" | "args" | "env" | "onLine"> {
  readonly program: string;
  readonly cwd: string;
  readonly owner?: ProcessOwner | undefined;
}

/** How long a program may take to stop by itself before it is killed. */
const GRACE_SECONDS = 10;

/**
 * The program takes this shell's place. What stays beside it waits for the end of a pipe that only the parent holds open, so it
 * comes however the parent ends, and then stops the program: gently, and after a while for certain.
 */
const GUARD = `
( cat <&3; kill -INT $$; n=0
  while [ $n -lt ${GRACE_SECONDS} ] && kill -0 $$; do sleep 1; n=$((n+1)); done
  kill -0 $$ && kill -KILL $$ ) >/dev/null 2>&1 </dev/null &
exec "$@" 3<&-`;

/** Starts a program that is no Node script. It ends when the parent is gone, and has a process group of its own as a script has. */
export function startNative({ name, program, args, cwd, env, owner, onLine }: NativeChildOptions): Child {
  const child = spawn("/bin/sh", ["-c", GUARD, name, program, ...args], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    detached: true,
    cwd,
    env: { ...process.env, ...env },
    ...owner,
  });
  // Whoever waits by the pipe is of the program's group; its number is taken by nobody else while one of them lives.
  child.once("exit", () => killGroup(child));
  return listenTo(child, { name, ...(onLine === undefined ? {} : { onLine }) }, async (ended) => {
    child.stdio[3]?.destroy();
    await ended;
  });
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
