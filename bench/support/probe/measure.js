const { readFileSync, writeFileSync } = require("node:fs");
const { monitorEventLoopDelay } = require("node:perf_hooks");
const { setTimeout: sleep } = require("node:timers/promises");

/** Milliseconds between the looks at the event loop. */
const RESOLUTION = 1;

/**
 * Milliseconds that the process is left alone first. About two seconds after a program has loaded, V8 marks its heap in
 * the background and holds some 25 MB for that; it would be taken for the upload's.
 */
const REST = 3000;

/** A line of Linux's /proc/self/status in bytes. */
function status(name) {
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(readFileSync("/proc/self/status", "latin1"))?.[1]) * 1024;
}

/** Watches the largest resident size from here on: the system's own mark where it can be reset, else by sampling. */
function watchPeak() {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
    const base = status("VmRSS");
    return { base, read: () => status("VmHWM") };
  } catch {
    const base = process.memoryUsage.rss();
    let peak = base;
    const sample = () => {
      peak = Math.max(peak, process.memoryUsage.rss());
    };
    const timer = setInterval(sample, 10);
    return {
      base,
      read: () => {
        clearInterval(timer);
        sample();
        return peak;
      },
    };
  }
}

/**
 * Measures this process while `work` runs.
 * @returns seconds, CPU seconds, peak memory and its growth in bytes, longest event-loop block in ms, and what `work` gave
 */
async function measure(work) {
  await sleep(REST);
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION });
  const memory = watchPeak();
  loop.enable();
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const result = await work();
  const wall = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await sleep(5); // a block at the very end is seen when the loop's timer runs again
  loop.disable();
  const peak = memory.read();
  const block = Math.max(0, loop.max / 1e6 - RESOLUTION);
  return { wall, cpu: (user + system) / 1e6, peak, growth: peak - memory.base, block, result };
}

module.exports = { measure };
