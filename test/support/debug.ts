import { WebSocket } from "undici";

interface DebugMessage {
  name: string;
  value: string;
}

/** Listens to what the debug nodes of a running Node-RED send to the editor's sidebar. */
export class DebugSidebar {
  private readonly seen: DebugMessage[] = [];
  private readonly waiting = new Set<() => void>();

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener("message", ({ data }) => {
      for (const { topic, data: message } of JSON.parse(String(data))) {
        if (topic === "debug") this.seen.push({ name: message.name, value: String(message.msg) });
      }
      for (const look of this.waiting) look();
    });
  }

  static async open(url: string): Promise<DebugSidebar> {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}comms`);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", reject, { once: true });
    });
    socket.send(JSON.stringify({ subscribe: "debug" }));
    return new DebugSidebar(socket);
  }

  /** The next message of the debug node of that name. */
  next(name: string): Promise<string> {
    return new Promise((resolve) => {
      const look = () => {
        const index = this.seen.findIndex((message) => message.name === name);
        const [found] = index < 0 ? [] : this.seen.splice(index, 1);
        if (!found) return;
        this.waiting.delete(look);
        resolve(found.value);
      };
      this.waiting.add(look);
      look();
    });
  }

  close(): void {
    this.socket.close();
  }
}
