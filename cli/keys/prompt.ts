import { AbortedError } from "@orion/protocol/common";

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const BACKSPACE = new Set(["\u007f", "\b"]);

/** Asks on the terminal without showing what is typed. The caller has checked that stdin is a terminal. */
export function promptHidden(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.resume();
  return new Promise((resolve, reject) => {
    let typed = "";
    const finish = (settle: () => void): void => {
      stdin.off("data", read);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
      settle();
    };
    const read = (chunk: string): void => {
      for (const character of chunk) {
        if (character === "\r" || character === "\n") return finish(() => resolve(typed));
        if (character === CTRL_C || character === CTRL_D) {
          return finish(() => reject(new AbortedError("stopped at the prompt")));
        }
        typed = BACKSPACE.has(character) ? typed.slice(0, -1) : typed + character;
      }
    };
    stdin.on("data", read);
  });
}

/** Everything that is piped into this process, at most `maxBytes` of it. */
export async function readPiped(maxBytes: number): Promise<string> {
  let text = "";
  process.stdin.setEncoding("utf8");
  for await (const chunk of process.stdin as AsyncIterable<string>) {
    text += chunk;
    if (text.length > maxBytes) break;
  }
  return text.slice(0, maxBytes);
}
