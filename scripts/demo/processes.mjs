import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

/** A port nobody listens on: `wanted` where it is free, else any. Loopback only. */
export async function freePort(wanted) {
  const listen = (port) =>
    new Promise((resolve, reject) => {
      const server = createServer()
        .once("error", reject)
        .listen(port, "127.0.0.1", () => {
          const { port: got } = server.address();
          server.close(() => resolve(got));
        });
    });
  return listen(wanted).catch(() => listen(0));
}

/**
 * Starts a Node program and waits until one of its lines matches `ready`.
 * @param name what it is called when it fails
 * @param onLine gets each line of its output
 * @returns the process, and the match
 * @throws when it ends first, with its last lines
 */
export async function startProgram(name, args, { env = {}, ready, onLine = () => {} }) {
  // A group of its own: Ctrl-C reaches this script alone, which ends both programs in order.
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: process.platform !== "win32",
  });
  const last = [];
  const match = await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        last.push(line);
        if (last.length > 20) last.shift();
        onLine(line);
        const found = ready.exec(line);
        if (found) resolve(found);
      });
    }
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${name} ended with code ${code}:\n${last.join("\n")}`)));
  });
  return { child, match };
}

/** Asks a program to end and waits for it; kills it after `patience` milliseconds. */
export async function stopProgram(child, patience = 10_000) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), patience);
  await ended;
  clearTimeout(timer);
}
