// The same work for each client: sessions that each hand over a chunk of 100 ms ten times a second, stamped with the time.
const v8 = require("node:v8");
const vm = require("node:vm");

v8.setFlagsFromString("--expose-gc");
const collect = vm.runInNewContext("gc");
/** Bytes of a chunk, and milliseconds that it lasts. */
const CHUNK = 3200;
const EVERY = 100;

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function memory() {
  for (let n = 0; n < 3; n++) {
    await sleep(200);
    collect();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { used: heapUsed + external, rss };
}

/**
 * @param warmUp seconds of speaking before it is measured, in which V8 compiles what runs: sessions last for minutes to hours
 * @param open gives what a session's chunks are handed to, and what ends it
 * @param clock `own`: each session speaks by its own, as microphones do; `shared`: those that were late together stay so,
 * and are worked on in one turn of the event loop
 * @param tell called before the sessions begin, when everything is under way, and when the measurement ends
 */
async function speak({ sessions, seconds, warmUp, clock }, open, tell) {
  // What is loaded once is not a session's.
  const warm = await open(-1);
  await warm.ready;
  warm.write(Buffer.alloc(CHUNK));
  await warm.end();
  // A process's first `fetch` has V8 throw away what it compiled for typed arrays: not while it is measured.
  await tell("ready");
  await sleep(500);
  const before = await memory();
  const idle = process.cpuUsage();
  await sleep(2000);
  const alone = process.cpuUsage(idle);
  const opened = [];
  for (let n = 0; n < sessions; n++) opened.push(await open(n));
  await Promise.all(opened.map(({ ready }) => ready));
  let isOver = false;
  const begun = performance.now();
  opened.forEach(({ write }, n) => {
    let due = begun + (n * EVERY) / sessions;
    const say = () => {
      if (isOver) return;
      const chunk = Buffer.alloc(CHUNK);
      chunk.writeBigInt64LE(process.hrtime.bigint());
      write(chunk);
      due += EVERY;
      setTimeout(say, clock === "shared" ? EVERY : due - performance.now());
    };
    setTimeout(say, due - performance.now());
  });
  await sleep(warmUp * 1000);
  await tell("begin");
  const start = process.cpuUsage();
  await sleep(seconds * 1000);
  const { user, system } = process.cpuUsage(start);
  await tell("end");
  isOver = true;
  const after = await memory();
  await Promise.all(opened.map(({ end }) => end()));
  return {
    cpu: (user + system) / 10_000 / seconds,
    added: (user + system) / 10_000 / seconds - (alone.user + alone.system) / 20_000,
    used: (after.used - before.used) / sessions / 1024,
    rss: (after.rss - before.rss) / sessions / 1024,
  };
}

module.exports = { speak };
