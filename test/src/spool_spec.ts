import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { Spool, sweep } from "../../src/audio/spool";

const MB = 1_000_000;
const temporary = async () =>
  (await readdir(tmpdir())).filter((name) => name.startsWith(`gladia-audio-${process.pid}-`));

describe("chunks that wait", () => {
  it("come out as they went in, from memory and from disk", async () => {
    const spool = new Spool();
    const chunks = Array.from({ length: 200 }, (_, i) => Buffer.alloc(100_000, i));
    for (const chunk of chunks.slice(0, 100)) spool.push(chunk);
    const got: Buffer[] = [];
    const reading = (async () => {
      for await (const chunk of spool) got.push(chunk);
    })();
    for (const chunk of chunks.slice(100)) {
      spool.push(chunk);
      await new Promise(setImmediate);
    }
    spool.end();
    await reading;
    await spool.close();
    should(Buffer.concat(got).equals(Buffer.concat(chunks))).be.true();
    if (process.platform !== "win32") should(await temporary()).be.empty();
  });

  it("leave no file with a name, which a dead process could leave behind", async function () {
    if (process.platform === "win32") this.skip();
    const spool = new Spool();
    for (let i = 0; i < 20; i++) spool.push(Buffer.alloc(MB, i));
    const chunks = spool[Symbol.asyncIterator]();
    for (let read = 0; read < 10 * MB; ) read += ((await chunks.next()).value as Buffer).length; // some of it from disk
    const left = await temporary();
    await spool.close();
    should(left).be.empty();
  });

  it("may have a thousand million bytes on disk, all together, and free them at their end", async function () {
    this.timeout(60_000);
    const most = 1000 * MB;
    const chunk = Buffer.alloc(50 * MB);
    const spools = [new Spool(), new Spool()];
    const failed = async (spool: Spool) => {
      const chunks = spool[Symbol.asyncIterator]();
      return (await chunks.next().catch((error: { code: string }) => error.code)) === "GLADIA_AUDIO";
    };
    const fill = (spool: Spool, bytes: number) => {
      for (let n = 0; n < bytes; n += chunk.length) spool.push(chunk);
    };
    fill(spools[0] as Spool, most / 2);
    fill(spools[1] as Spool, most / 2 + chunk.length);
    should(await failed(spools[1] as Spool)).be.true();
    should(await failed(spools[0] as Spool)).be.false();
    for (const spool of spools) await spool.close();
    const after = new Spool();
    fill(after, most / 2);
    should(await failed(after)).be.false();
    await after.close();
  });
});

describe("what a dead process left", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sweep-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("is swept; what belongs to a living one, to nobody we know, or to another program stays", async () => {
    const dead = spawn(process.execPath, ["-e", "0"]);
    await new Promise((resolve) => dead.once("exit", resolve));
    const living = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"]);
    const id = "0b5b7a0e-8a3e-4f43-9a5c-0d1b2c3d4e5f";
    const old = new Date(Date.now() - 2 * 24 * 3600 * 1000);
    const put = async (name: string, time?: Date) => {
      await writeFile(join(folder, name), "x");
      if (time) await utimes(join(folder, name), time, time);
    };
    await put(`gladia-audio-${dead.pid}-${id}`);
    await put(`gladia-audio-${living.pid}-${id}`, old);
    await put(`gladia-audio-${process.pid}-${id}`);
    await put(`gladia-audio-${process.pid}-${id.replace("0", "1")}`, old);
    await put("somebody-else");
    await mkdir(join(folder, "gladia-audio-aB3xY9"));
    await mkdir(join(folder, "gladia-audio-oldOne"));
    await put("gladia-audio-oldOne/chunks");
    await utimes(join(folder, "gladia-audio-oldOne"), old, old);
    await symlink(join(folder, "somebody-else"), join(folder, `gladia-audio-${dead.pid}-${id.replace("0", "2")}`));
    await sweep(folder);
    living.kill();
    should((await readdir(folder)).sort()).eql(
      [
        "gladia-audio-aB3xY9",
        `gladia-audio-${living.pid}-${id}`,
        `gladia-audio-${process.pid}-${id}`,
        `gladia-audio-${dead.pid}-${id.replace("0", "2")}`,
        "somebody-else",
      ].sort(),
    );
  });
});
