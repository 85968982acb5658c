import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { type Holder, thisProcess } from "../../src/jobs/journal/holder";
import { FileLock } from "../../src/jobs/journal/lock";
import { until } from "../support/flow";

const ROOT = join(__dirname, "..", "..");
const SCRIPT = join(__dirname, "..", "support", "lock-process.ts");
/** A process that counts its processes by itself, under another host name, as a container does. */
const CONTAINER = [
  "unshare",
  "--pid",
  "--uts",
  "--fork",
  "--kill-child",
  "sh",
  "-c",
  'hostname container; exec "$@"',
  "sh",
];

class LockProcess {
  readonly said: string[] = [];
  #heard = 0;
  readonly child: ChildProcess;

  constructor(folder: string, options: { beat?: number; rounds?: number; container?: boolean } = {}) {
    const { beat = 3000, rounds, container } = options;
    const node = [
      process.execPath,
      "--require",
      "tsx/cjs",
      SCRIPT,
      folder,
      `${beat}`,
      ...(rounds ? [`${rounds}`] : []),
    ];
    const [command = "", ...args] = container ? [...CONTAINER, ...node] : node;
    this.child = spawn(command, args, { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] });
    let rest = "";
    this.child.stdout?.on("data", (data: Buffer) => {
      const lines = (rest + data).split("\n");
      rest = lines.pop() ?? "";
      this.said.push(...lines);
    });
  }

  /** Waits until it says a word, after the one that was waited for before. */
  async says(word: string): Promise<void> {
    await until(() => this.said.indexOf(word, this.#heard) >= 0, 20_000);
    this.#heard = this.said.indexOf(word, this.#heard) + 1;
  }

  tell(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await ended;
  }
}

describe("the lock of a folder", function () {
  this.timeout(60_000);
  let folder: string;
  const processes: LockProcess[] = [];
  const start = (options?: ConstructorParameters<typeof LockProcess>[1]) => {
    const made = new LockProcess(folder, options);
    processes.push(made);
    return made;
  };
  const lock = (onHeld: (holder: Holder | undefined) => void = () => {}, beat = 3000) =>
    new FileLock({ folder, name: "acc", onHeld, beat });
  const never = new AbortController().signal;
  const claim = async (more: Partial<Holder>, number = 4) => {
    await writeFile(join(folder, `acc.lock-${number}`), JSON.stringify({ ...(await thisProcess()), ...more }));
  };

  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), "gladia-lock-")), "deep");
    await mkdir(folder);
  });
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((made) => made.kill()));
    await rm(join(folder, ".."), { recursive: true, force: true });
  });

  it("is waited for while its process lives, told by its name, and taken over when that is killed", async () => {
    const first = start();
    await first.says("has it");
    const told: (Holder | undefined)[] = [];
    const second = lock((holder) => told.push(holder));
    let isOurs = false;
    const acquired = second.acquire(never).then(() => {
      isOurs = true;
    });
    await until(() => told.length > 0);
    should(told[0]?.pid).equal(first.child.pid);
    first.tell("held?");
    await first.says("held");
    should(isOurs).equal(false);
    await first.kill();
    await acquired;
    should(await second.isHeld()).equal(true);
    should(told).have.length(1);
    await second.release();
  });

  it("is given on when its process gives it back", async () => {
    const first = start();
    await first.says("has it");
    const second = start();
    await second.says(`waits ${first.child.pid}`);
    first.tell("release");
    await second.says("has it");
    should((await readdir(folder)).sort()).eql(["acc.lock-2"]);
  });

  it("is not believed to be held by another process that has the id by now, or by an earlier run of the machine", async () => {
    for (const more of [{ started: "1" }, { boot: "another" }, { pid: 4_194_304, started: "1" }]) {
      await claim(more);
      let held = false;
      const ours = lock(() => {
        held = true;
      });
      // Where the system tells neither of these, the holder is asked instead.
      if (process.platform === "linux" && (!("boot" in more) || (await thisProcess()).machine)) {
        await ours.acquire(never);
        should(held).equal(false);
        await ours.release();
      }
      await rm(folder, { recursive: true });
      await mkdir(folder);
    }
  });

  it("is taken over from a holder elsewhere that gives no answer, or that nobody can read", async () => {
    for (const content of [JSON.stringify({ pid: 1, host: "elsewhere", token: "t" }), "", "{half"]) {
      await writeFile(join(folder, "acc.lock-4"), content);
      const told: (Holder | undefined)[] = [];
      const ours = lock((holder) => told.push(holder), 40);
      await ours.acquire(never);
      should(told).have.length(1);
      await ours.release();
      await rm(folder, { recursive: true });
      await mkdir(folder);
    }
  });

  it("passes from account to account of one process, without a word, and lets a wait end", async () => {
    const told: unknown[] = [];
    const [first, second, third] = [lock((h) => told.push(h)), lock((h) => told.push(h)), lock((h) => told.push(h))];
    await first.acquire(never);
    const leave = new AbortController();
    const left = second.acquire(leave.signal);
    const waiting = third.acquire(never);
    leave.abort(new Error("redeployed"));
    await should(left).be.rejectedWith("redeployed");
    should(await second.isHeld()).equal(false);
    await first.release();
    await waiting;
    should(await third.isHeld()).equal(true);
    await third.release();
    should(told).be.empty();
  });

  it("is one's alone, however many want it at once, also after one that was killed", async () => {
    const first = start();
    await first.says("has it");
    const others = [1, 2, 3, 4].map(() => start({ rounds: 60, beat: 3 }));
    await Promise.all(others.map((other) => other.says(`waits ${first.child.pid}`)));
    await first.kill();
    await until(() => others.every(({ said }) => said.includes("done")), 50_000);
    should(others.flatMap(({ said }) => said).filter((word) => /two|not/.test(word))).be.empty();
  });

  it("is kept by a process in a container as long as it lives, and lost by one that stood still", async function () {
    if (spawnSync(CONTAINER[0] as string, [...CONTAINER.slice(1), "true"]).status !== 0) {
      console.log("      skipped: needs unshare and the rights for it");
      this.skip();
    }
    const beat = 100;
    const first = start({ container: true, beat });
    await first.says("has it");
    const third = start({ beat });
    await until(() => third.said.length > 0);
    let isOurs = false;
    const second = lock(() => {}, beat);
    const acquired = second.acquire(never).then(() => {
      isOurs = true;
    });
    for (let n = 0; n < 10; n++) {
      first.tell("held?");
      await first.says("held");
      await new Promise((resolve) => setTimeout(resolve, 2 * beat)); // far longer than an answer may take
      should(isOurs).equal(false);
      should(third.said).not.containEql("has it");
    }
    await third.kill();
    const inside = spawnSync("pgrep", ["-f", `${SCRIPT} ${folder}`])
      .stdout.toString()
      .trim()
      .split("\n")
      .map(Number);
    for (const pid of inside) process.kill(pid, "SIGSTOP");
    await acquired;
    for (const pid of inside) process.kill(pid, "SIGCONT");
    first.tell("held?");
    await first.says("lost");
    should(await second.isHeld()).equal(true);
    await second.release();
  });
});
