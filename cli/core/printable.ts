/** Control and format characters (escape sequences, reversed text, line ends), lone surrogates, and runs of spaces. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\s]+/gu;

/** A stranger's text as one harmless line of at most `most` characters. */
export function printable(text: string, most = 200): string {
  // What is cut off needs no cleaning, however much it is.
  const clean = text
    .slice(0, 8 * most)
    .replace(UNPRINTABLE, " ")
    .trim();
  const characters = Array.from(clean);
  const isWhole = text.length <= 8 * most && characters.length <= most;
  return isWhole ? clean : `${characters.slice(0, most - 1).join("")}…`;
}

/** What a terminal might act on, save for line ends and tabs: controls, and characters that turn or hide text. */
const UNSAFE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text in which whatever a terminal might act on stands as JSON writes it. Lines stay lines. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, escaped);
}

function escaped(character: string): string {
  return character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}
