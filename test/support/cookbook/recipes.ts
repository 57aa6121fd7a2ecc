/** A question of the cookbook and the answer that stands below it. */
export interface Recipe {
  readonly title: string;
  readonly question: string;
  readonly answer: string;
}

const RECIPE = /^## (.+)$(?:(?!^## )[\s\S])*?^```graphql\n([\s\S]*?)^```\n+^```json\n([\s\S]*?)^```$/gm;

export function recipesOf(markdown: string): Recipe[] {
  return [...markdown.matchAll(RECIPE)].map(([, title = "", question = "", answer = ""]) => ({
    title,
    question,
    answer,
  }));
}

/** The text with other answers. */
export function withAnswers(markdown: string, answers: readonly unknown[]): string {
  let next = 0;
  return markdown.replace(/^```json\n[\s\S]*?^```$/gm, () => {
    return `\`\`\`json\n${JSON.stringify(answers[next++], null, 2)}\n\`\`\``;
  });
}

/** Addresses, hashes and ids; chain time in seconds or microseconds. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/^0x([0-9a-f]{24}|[0-9a-f]{40}|[0-9a-f]{64})$/i, "hex"],
  [/^1[789]\d{8}(000000)?$/, "time"],
];

/** An answer without what differs from one run to the next: identities, times, the numbers of blocks. */
export function masked(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => masked(item));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, masked(part, name)]));
  }
  if (typeof value === "number" && key === "number") return "block";
  if (typeof value !== "string" && typeof value !== "number") return value;
  return MASKS.find(([pattern]) => pattern.test(String(value)))?.[1] ?? value;
}
