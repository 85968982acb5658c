import { randomUUID } from "node:crypto";
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";

/** A process that holds a lock, as the lock names it. */
export interface Holder {
  pid: number;
  host: string;
  /** Another for each time a lock is taken. */
  token: string;
  /** When the process began, by the kernel's own count: its id may be another's by now. */
  started?: string | undefined;
  /** The run of the machine, the machine, and the room in which `pid` counts. Linux tells these. */
  boot?: string | undefined;
  machine?: string | undefined;
  space?: string | undefined;
}

const text = (path: string) =>
  readFile(path, "utf8").then(
    (content) => content.trim() || undefined,
    () => undefined, // not on this system
  );

async function startOf(pid: number | "self"): Promise<string | undefined> {
  const stat = await text(`/proc/${pid}/stat`);
  // The name in brackets may hold blanks and brackets; the 22nd field is the 20th after it.
  return stat
    ?.slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .at(19);
}

/** This process. */
export async function thisProcess(): Promise<Holder> {
  const [started, boot, machine, space] = await Promise.all([
    startOf("self"),
    text("/proc/sys/kernel/random/boot_id"),
    text("/etc/machine-id"),
    readlink("/proc/self/ns/pid").catch(() => undefined),
  ]);
  return { pid: process.pid, host: hostname(), token: randomUUID(), started, boot, machine, space };
}

/** A holder as a lock has it; undefined when it cannot be read. */
export function readHolder(content: string): Holder | undefined {
  try {
    const holder = JSON.parse(content) as Partial<Holder> | null;
    return typeof holder?.pid === "number" && typeof holder.host === "string" ? (holder as Holder) : undefined;
  } catch {
    return undefined; // half a lock says nothing
  }
}

/** Whether the process of a lock still runs, as far as this one (`we`) can see. */
export async function isAlive(holder: Holder, we: Holder): Promise<boolean | undefined> {
  if (holder.host !== we.host) return undefined;
  if (holder.boot !== we.boot) {
    // The same machine, in a later run: nobody of the earlier one is left.
    return holder.machine !== undefined && holder.machine === we.machine ? false : undefined;
  }
  if (holder.space !== we.space) return undefined;
  if (holder.started !== undefined && we.started !== undefined) return (await startOf(holder.pid)) === holder.started;
  try {
    process.kill(holder.pid, 0);
    return undefined; // the id may be another's by now
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH" ? false : undefined;
  }
}
