import { expect } from "chai";

import { Secrets } from "../../../cli/core/secrets.ts";

const KEY = "0x0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

describe("Secrets", () => {
  const secrets = new Secrets();
  secrets.add(KEY);
  secrets.add('pass"word\\long');

  it("are blanked out with and without 0x, in any case", () => {
    for (const form of [KEY, KEY.slice(2), KEY.toUpperCase(), KEY.slice(2).toUpperCase()]) {
      expect(secrets.scrub(`before ${form} after`)).to.match(/^before (0x|0X)?\[secret\] after$/);
    }
  });

  it("are blanked out as JSON escapes them", () => {
    expect(secrets.scrub(JSON.stringify({ password: 'pass"word\\long' }))).to.equal('{"password":"[secret]"}');
  });

  it("leave other text alone", () => {
    expect(secrets.scrub("0x0123 and words")).to.equal("0x0123 and words");
  });

  it("do not blank out short words, which would garble everything", () => {
    const short = new Secrets();
    short.add("error");
    expect(short.scrub("error: none")).to.equal("error: none");
  });

  it("include what may be a key in the address of a service, and leave the rest of it", () => {
    const addresses = new Secrets();
    const scrubbed = (url: string): string => {
      addresses.addUrl(url);
      return addresses.scrub(`at ${url}`);
    };
    expect(scrubbed("https://rpc.test/v3/0123456789abcdef0123")).to.equal("at https://rpc.test/v3/[secret]");
    expect(scrubbed("https://rpc.test/?apikey=abcdefghijklmnopq")).to.equal("at https://rpc.test/?apikey=[secret]");
    expect(scrubbed("https://somebody:hunter22222@rpc.test/")).to.equal("at https://[secret]:[secret]@rpc.test/");
    const local = "http://127.0.0.1:8000/subgraphs/name/orion";
    expect(scrubbed(local)).to.equal(`at ${local}`);
    expect(scrubbed("no address")).to.equal("at no address");
  });
});
