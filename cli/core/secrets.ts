const REPLACEMENT = "[secret]";
/** Anything shorter would blank out innocent text as well; new passwords are at least this long. */
export const SHORTEST_SECRET = 8;
/** Parts of an address that are at least this long may be a key of its service. */
const SHORTEST_URL_KEY = 16;

/** Secrets that this process has read. Everything it prints passes through `scrub`: a second line of defence. */
export class Secrets {
  readonly #known = new Set<string>();

  add(secret: string): void {
    if (secret.length >= SHORTEST_SECRET) this.#known.add(secret);
    const bare = secret.replace(/^0x/i, "");
    if (bare.length >= SHORTEST_SECRET) this.#known.add(bare);
  }

  /** What may be a key in an address, as services of chains and indexes give them out: user, password, long parts of path and query. */
  addUrl(text: string): void {
    const url = URL.parse(text);
    if (url === null) return;
    const parts = [...url.pathname.split("/"), ...url.searchParams.values()];
    for (const key of [url.username, url.password, ...parts.filter(({ length }) => length >= SHORTEST_URL_KEY)]) {
      this.add(key);
    }
  }

  scrub(text: string): string {
    let clean = text;
    for (const secret of this.#known) {
      const json = JSON.stringify(secret).slice(1, -1);
      for (const form of [secret, json, secret.toLowerCase(), secret.toUpperCase()]) {
        clean = clean.replaceAll(form, REPLACEMENT);
      }
    }
    return clean;
  }
}
