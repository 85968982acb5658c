import { execFileSync, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Where a program is; undefined where it is not installed. */
export function installed(...names: string[]): string | undefined {
  for (const name of names) {
    try {
      return execFileSync("which", [name], { stdio: ["ignore", "pipe", "ignore"] })
        .toString()
        .trim();
    } catch {
      // the next name
    }
  }
  return undefined;
}

/** Where systems take no ports for connections from: what is free there stays so until it is listened on. */
const PORTS = { from: 10_000, to: 32_000 };

/** A port of loopback on which nobody listens. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** Waits until a program listens on the port. */
export async function listens(port: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      socket.on("connect", () => socket.end());
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on ${port}`);
}

/** An MQTT broker; undefined where Mosquitto is not installed. */
export async function startBroker(): Promise<{ port: number; stop: () => Promise<void> } | undefined> {
  const program = installed("mosquitto", "/usr/sbin/mosquitto");
  if (!program) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "gladia-broker-"));
  const port = await freePort();
  await writeFile(join(folder, "mosquitto.conf"), `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
  const broker = spawn(program, ["-c", join(folder, "mosquitto.conf")], { stdio: "ignore" });
  const ended = new Promise((resolve) => broker.once("exit", resolve));
  await listens(port);
  const stop = async () => {
    broker.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  return { port, stop };
}
