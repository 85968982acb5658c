// A process with a lock, for tests: takes it, says so, and does what its input says.
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { FileLock } from "../../src/jobs/journal/lock";

const [folder = "", beat = "3000", rounds] = process.argv.slice(2);
const say = (word: string) => process.stdout.write(`${word}\n`);
const make = () =>
  new FileLock({ folder, name: "acc", beat: Number(beat), onHeld: (holder) => say(`waits ${holder?.pid ?? "?"}`) });
const never = new AbortController().signal;

/** Takes the lock and gives it back again and again; `busy` stands in the folder while somebody has it. */
async function contend(): Promise<void> {
  for (let n = 0; n < Number(rounds); n++) {
    const lock = make();
    await lock.acquire(never);
    const busy = join(folder, "busy");
    await open(busy, "wx").then(
      (handle) => handle.close(),
      () => say("two at once"),
    );
    if (!(await lock.isHeld())) say("not held");
    await sleep(2);
    await rm(busy, { force: true });
    await lock.release();
  }
  say("done");
}

async function hold(): Promise<void> {
  const lock = make();
  createInterface({ input: process.stdin }).on("line", (line) => {
    if (line === "release") void lock.release().then(() => process.exit());
    if (line === "held?") void lock.isHeld().then((held) => say(held ? "held" : "lost"));
  });
  await lock.acquire(never);
  say("has it");
}

void (rounds ? contend() : hold());
