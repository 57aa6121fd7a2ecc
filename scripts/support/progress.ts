const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const REDRAW_MS = 100;
const HEARTBEAT_MS = 15_000;

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/**
 * Runs `work` and shows that it lives: on a terminal one line that turns and counts the seconds, elsewhere a line at
 * the start, one every 15 seconds, and one at the end. Rejects with whatever `work` rejects with.
 */
export async function withProgress<T>(label: string, work: () => Promise<T>): Promise<T> {
  const out = process.stderr;
  const started = performance.now();
  let frame = 0;
  const redraw = (): void => {
    out.write(`\r\x1b[2K${FRAMES[frame++ % FRAMES.length] ?? ""} ${label} (${seconds(started)})`);
  };
  const timer = out.isTTY
    ? setInterval(redraw, REDRAW_MS)
    : setInterval(() => out.write(`${label}: ${seconds(started)} so far\n`), HEARTBEAT_MS);
  if (!out.isTTY) out.write(`${label} …\n`);
  const finish = (mark: string, outcome: string): void => {
    clearInterval(timer);
    out.write(`${out.isTTY ? "\r\x1b[2K" : ""}${mark} ${label}: ${outcome} ${seconds(started)}\n`);
  };
  try {
    const result = await work();
    finish("✔", "done in");
    return result;
  } catch (error) {
    finish("✘", "failed after");
    throw error;
  }
}
