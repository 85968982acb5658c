import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "gladia-bench-c-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const built = new Map();

/** Compiles one C program of this folder; undefined where there is no compiler or the system is another. */
function compile(name) {
  if (!built.has(name)) {
    const program = join(folder, name);
    try {
      execFileSync("cc", ["-O2", "-o", program, join(import.meta.dirname, `${name}.c`)], { stdio: "ignore" });
      built.set(name, program);
    } catch {
      built.set(name, undefined);
    }
  }
  return built.get(name);
}

/** Which server the figures were taken against, for the output's first line. */
export function serverKind() {
  return compile("drain") ? "C, epoll" : "Node (no C compiler found: it costs more, so ratios come out milder)";
}

/**
 * Starts the server that answers as Gladia does and throws bodies away, in a process of its own.
 * @param rate bytes a second that it takes from each connection; 0: as fast as it goes
 */
export async function startServer(rate = 0) {
  const program = compile("drain");
  const [command, ...before] = program ? [program] : [process.execPath, join(import.meta.dirname, "drain.mjs")];
  const child = spawn(command, [...before, String(rate)], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const port = await new Promise((resolve, reject) => {
    child.stdout.once("data", (data) => resolve(Number(data)));
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`The server ended with ${code}`)));
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    /** How many connections carried a request, and how many requests there were. */
    stats: async () => (await fetch(`${url}/stats`, { headers: { connection: "close" } })).json(),
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

/**
 * Runs a program to its end.
 * @returns its output, seconds, CPU seconds, and peak memory in bytes (undefined without a C compiler)
 */
export async function runMeasured(command, parameters) {
  const wrapper = compile("usage");
  // Without the wrapper, the shell's own accounting serves: milliseconds, and no memory.
  const [program, ...before] = wrapper
    ? [wrapper]
    : ["bash", "-c", `TIMEFORMAT='{"wall":%3R,"user":%3U,"sys":%3S}'; time "$@"`, "bash"];
  const child = spawn(program, [...before, command, ...parameters], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  child.stdout.on("data", (data) => {
    output += data;
  });
  child.stderr.on("data", (data) => {
    errors += data;
  });
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${errors}`);
  const { wall, cpu, user, sys, peak } = JSON.parse(errors.trim().split("\n").at(-1));
  return { output, wall, cpu: cpu ?? user + sys, peak };
}
