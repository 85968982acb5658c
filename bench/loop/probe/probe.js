const { readFileSync } = require("node:fs");

/** Nanoseconds that this thread has run on a processor; of a busy machine the clock tells less than this. */
function busy() {
  try {
    return Number(readFileSync("/proc/thread-self/schedstat", "latin1").split(" ", 1)[0]) / 1e6;
  } catch {
    return performance.now(); // not Linux
  }
}

let watch;

/** Looks at each turn of the event loop how long the one before it took. */
function start() {
  watch = { wall: 0, cpu: 0, clock: performance.now(), busy: busy(), timer: undefined };
  const look = () => {
    const [clock, cpu] = [performance.now(), busy()];
    watch.wall = Math.max(watch.wall, clock - watch.clock);
    watch.cpu = Math.max(watch.cpu, cpu - watch.busy);
    [watch.clock, watch.busy] = [clock, cpu];
    watch.timer = setTimeout(look, 1);
  };
  look();
}

/** The longest turn since `start`, in milliseconds: by the clock (less the timer's own), and of the processor. */
function stop() {
  clearTimeout(watch.timer);
  return { wall: Math.max(0, Math.max(watch.wall, performance.now() - watch.clock) - 1), cpu: watch.cpu };
}

const keys = (count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, i]));
/** Messages that are unlike what flows send. Their audio is a link, which goes to the server as it is. */
const STRANGE = {
  /** 220 KB of JSON, in many small objects. */
  large: (n) => {
    const text = `some text of about sixty characters, so that it adds up ${n}`;
    return { data: Array.from({ length: 2700 }, (_, i) => ({ i, text })) };
  },
  keys: () => ({ data: keys(1_000_000) }),
  options: () => ({ options: keys(1_000_000) }),
};

/** First and last node of the measured flow. The admin API starts and ends the watch, or has a message sent within one. */
module.exports = (RED) => {
  let arrived = () => {};
  let expected = 1;
  const inputs = {};
  RED.nodes.registerType("bench-loop", function BenchLoop(definition) {
    RED.nodes.createNode(this, definition);
    inputs[definition.name] = this;
    this.on("input", (msg, _send, done) => {
      done();
      if (--expected === 0) arrived(msg);
    });
  });
  if (process.env.BENCH_LOOP_START) RED.events.once("flows:started", start);
  RED.httpAdmin.post("/bench/loop/start", (_request, response) => {
    start();
    response.json({});
  });
  RED.httpAdmin.post("/bench/loop/stop", (_request, response) => response.json(stop()));
  RED.httpAdmin.post("/bench/loop/send", (request, response) => {
    const { from, audio, payload, strange, count = 1, ends = count } = request.body;
    expected = ends;
    arrived = (msg) => {
      // What holds the loop at the very end is seen in the next turn.
      setImmediate(() => setImmediate(() => response.json({ ...stop(), error: msg.error?.message })));
    };
    const one = () => ({ payload: audio ? readFileSync(audio) : payload });
    const messages = Array.from({ length: count }, (_, n) => ({ ...one(), ...STRANGE[strange]?.(n) }));
    setTimeout(() => {
      start();
      for (const message of messages) inputs[from].send(message);
    }, 100);
  });
};
