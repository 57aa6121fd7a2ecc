/** What Ctrl-C and a service manager's signals do to a command. */
export interface Interrupts {
  /** Aborts when the command is to stop. */
  readonly signal: AbortSignal;
  /** Has the first Ctrl-C do this instead; the second one stops. */
  onFirst(gently: () => void): void;
  /** Has the command go on to its end although nobody reads any more what it prints: it signs, and half of what it does may be worse than all of it. */
  outlastReaders(): void;
  readonly outlastsReaders: boolean;
  dispose(): void;
}

const STOP_SIGNALS = ["SIGTERM", "SIGHUP"] as const;

/** Takes over this process's signals until `dispose`. */
export function takeInterrupts(): Interrupts {
  const controller = new AbortController();
  let gentle: (() => void) | undefined;
  let outlasts = false;
  const stop = (): void => {
    // Whoever insists gets out at once, whatever is still going on.
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  const interrupt = (): void => {
    if (gentle === undefined) return stop();
    const run = gentle;
    gentle = undefined;
    run();
  };
  process.on("SIGINT", interrupt);
  for (const name of STOP_SIGNALS) process.on(name, stop);
  return {
    signal: controller.signal,
    onFirst: (gently) => {
      gentle = gently;
    },
    outlastReaders: () => {
      outlasts = true;
    },
    get outlastsReaders() {
      return outlasts;
    },
    dispose: () => {
      process.off("SIGINT", interrupt);
      for (const name of STOP_SIGNALS) process.off(name, stop);
    },
  };
}
