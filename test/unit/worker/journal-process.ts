/** Holds or writes a journal until it is killed; the parent listens to its messages. */
import { Journal, type JournalEntry } from "@orion/worker";

interface Task {
  readonly dir: string;
  readonly entry?: JournalEntry;
}

const { dir, entry } = JSON.parse(process.env.ORION_TEST_JOURNAL ?? "{}") as Task;
try {
  const journal = await Journal.open(dir);
  if (entry !== undefined) await journal.record(entry);
  process.send?.("ready");
  setInterval(() => undefined, 1_000);
} catch (error) {
  process.send?.(String(error));
  process.exit(1);
}
