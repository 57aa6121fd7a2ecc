import { chmod, lstat, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { Client } from "pg";

import { postgresFolder } from "../../../cli/indexer/binaries.ts";
import { startPostgres, type Postgres } from "../../../cli/indexer/postgres.ts";
import { freePort } from "../../support/network/chain-process.ts";

describe("the PostgreSQL of an index", function () {
  this.timeout(120_000);
  let folder: string;
  const servers: Postgres[] = [];
  const start = async (name: string): Promise<Postgres> => {
    const dataDir = path.join(folder, name);
    const server = await startPostgres({ native: postgresFolder(), dataDir, port: await freePort() });
    servers.push(server);
    return server;
  };
  const ask = async (url: string, question: string): Promise<unknown> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(question)).rows;
    } finally {
      await client.end();
    }
  };

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "orion-postgres-"));
    // Root's processes leave PostgreSQL to another user, who must reach it.
    await chmod(folder, 0o755);
  });
  after(async () => {
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("shows its data and its password to nobody else", async () => {
    const { url } = await start("first");
    expect((await stat(path.join(folder, "first/data"))).mode & 0o077).to.equal(0);
    expect((await lstat(path.join(folder, "first/password"))).mode & 0o077).to.equal(0);
    const stranger = url.replace(/:[^:@]+@/, ":wrong@");
    const refusal = await ask(stranger, "SELECT 1").catch((error: unknown) => String(error));
    expect(refusal).to.include("password authentication failed");
  });

  it("starts where a file of a killed one names a process that is another one's by now", async () => {
    const first = servers[0]!;
    const second = await start("second");
    await ask(second.url, "CREATE TABLE kept AS SELECT 7 AS seven");
    await second.stop();
    // As after a restart of a container, in which the same few numbers come again.
    const stale = (await readFile(path.join(folder, "first/data/postmaster.pid"), "utf8")).split("\n")[0];
    expect(stale).to.equal(String(first.child.pid));
    await writeFile(path.join(folder, "second/data/postmaster.pid"), `${stale}\n${path.join(folder, "second/data")}\n`);
    const again = await start("second");
    expect(await ask(again.url, "SELECT seven FROM kept")).to.deep.equal([{ seven: 7 }]);
    await again.stop();
  });

  it("waits for one that is about to end, and goes on with what that has written", async () => {
    const third = await start("third");
    await ask(third.url, "CREATE TABLE kept AS SELECT 8 AS eight");
    const ending = third.stop();
    const again = await start("third");
    await ending;
    expect(await ask(again.url, "SELECT eight FROM kept")).to.deep.equal([{ eight: 8 }]);
    await again.stop();
  });
});
