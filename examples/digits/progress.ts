const BAR_WIDTH = 30;

/** Reports long work: a bar that redraws itself on a terminal, one line per finished step elsewhere. */
export interface Progress {
  /** A finished step, kept on the screen. */
  line(text: string): void;
  /** How far the current step is, 0 to 1; shown on a terminal only. */
  bar(label: string, fraction: number, note: string): void;
}

export function createProgress(stream: NodeJS.WriteStream): Progress {
  const clear = stream.isTTY ? "\r\x1b[2K" : "";
  return {
    line: (text) => void stream.write(`${clear}${text}\n`),
    bar(label, fraction, note) {
      if (!stream.isTTY) return;
      const filled = Math.round(fraction * BAR_WIDTH);
      const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
      stream.write(`${clear}${label} ${bar} ${Math.floor(fraction * 100)}% ${note}`);
    },
  };
}

export const silentProgress: Progress = { line: () => undefined, bar: () => undefined };
