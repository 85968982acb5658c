import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/**
 * A line to a server that breaks or goes dead when it is told to. When it breaks both ends see the connection reset or end, whatever is on its way is lost;
 * a dead one carries nothing any more, and neither end is told.
 */
export async function breakingLine(target: string) {
  const { hostname, port } = new URL(target);
  const open = new Set<{ near: Socket; far: Socket; carried: number; isDead: boolean }>();
  /** Bytes from the client after which a WebSocket's connection breaks, in order; those of plain requests stay whole. */
  const breaks: number[] = [];
  let broken = 0;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const line = { near, far, carried: 0, isDead: false };
    let at: number | undefined;
    open.add(line);
    near.on("data", (chunk: Buffer) => {
      if (line.isDead) return;
      if (line.carried === 0 && /upgrade: *websocket/i.test(chunk.toString("latin1"))) at = breaks.shift();
      line.carried += chunk.length;
      if (at !== undefined && line.carried >= at) {
        broken++;
        near.destroy();
        far.destroy();
        return;
      }
      far.write(chunk);
    });
    far.on("data", (chunk: Buffer) => line.isDead || near.write(chunk));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => {
        other.destroy();
        open.delete(line);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    breaks,
    get broken() {
      return broken;
    },
    /** Connections that are open. */
    get open() {
      return open.size;
    },
    /** Breaks all connections now. */
    cut() {
      for (const { near, far } of open) {
        near.destroy();
        far.destroy();
      }
    },
    /** All connections that are open go dead; further ones live. */
    die() {
      for (const line of open) line.isDead = true;
    },
    async close() {
      for (const { near, far } of open) {
        near.destroy();
        far.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
