import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import should from "should";
import { lockFolder } from "../src/lock";
import { afterwards, closeAll, folder } from "./support/engine";

/** Processes that each try to get a folder when told to; gives what they say: `got` or why not. */
async function rivals(count: number): Promise<ChildProcess[]> {
  const children = Array.from({ length: count }, () => {
    const child = fork(join(__dirname, "support", "locker.ts"), {
      execArgv: ["--require", require.resolve("tsx/cjs")],
    });
    afterwards(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    });
    return child;
  });
  await Promise.all(children.map((child) => once(child, "message")));
  return children;
}

async function tell(child: ChildProcess, what: object): Promise<string> {
  const answered = once(child, "message");
  child.send(what);
  return String((await answered)[0]);
}

describe("the lock of a folder", () => {
  afterEach(closeAll);

  it("is one process's alone, of several that come at once after one that died, thirty times over", async () => {
    const children = await rivals(4);
    const data = await folder();
    await mkdir(join(data, "locks"));
    for (let round = 0; round < 30; round++) {
      // A process that is gone: ids go up to four millions.
      for (const holds of ["", ".holds"]) await writeFile(join(data, "locks", `4999999.${round}.ab${holds}`), "");
      const said = await Promise.all(children.map((child) => tell(child, { lock: data })));
      said.filter((text) => text === "got").should.have.length(1, `round ${round}: ${said.join("; ")}`);
      for (const text of said) text.should.match(/^got$|is in use by another engine \(process \d+; see /);
      await Promise.all(children.map((child) => tell(child, { release: true })));
      (await readdir(join(data, "locks"))).should.eql([]);
    }
  });

  it("passes from one that is killed to the next, and never while it lives", async () => {
    const [holder, other] = (await rivals(2)) as [ChildProcess, ChildProcess];
    const data = await folder();
    (await tell(holder, { lock: data })).should.equal("got");
    (await tell(other, { lock: data })).should.match(
      new RegExp(`is in use by another engine \\(process ${holder.pid};`),
    );
    await lockFolder(data).should.be.rejectedWith(new RegExp(`process ${holder.pid}`));
    holder.kill("SIGKILL");
    await once(holder, "exit");
    (await tell(other, { lock: data })).should.equal("got");
  });

  it("is not held by another process that got a dead one's id", async function () {
    // Where the kernel does not tell when a process began, an id is all there is.
    if (process.platform !== "linux") this.skip();
    const data = await folder();
    await mkdir(join(data, "locks"));
    for (const holds of ["", ".holds"]) await writeFile(join(data, "locks", `${process.ppid}.1.ab${holds}`), "");
    const release = await lockFolder(data);
    should(await readdir(join(data, "locks"))).have.length(2);
    // Twice in one process is twice.
    await lockFolder(data).should.be.rejectedWith(new RegExp(`process ${process.pid}`));
    await release();
    await (await lockFolder(data))();
  });
});
