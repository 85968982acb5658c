// Sessions of one client in a process of its own: the bare ws library, undici's WebSocket, or the official SDK.
import { once } from "node:events";
import { GladiaClient } from "@gladiaio/sdk";
import { WebSocket as Undici } from "undici";
import { WebSocket } from "ws";
import speaking from "./speak.cjs";

const [kind, port, sessions, seconds, warmUp, clock] = process.argv.slice(2);
const apiUrl = `http://127.0.0.1:${port}`;

async function bare() {
  const answer = await fetch(`${apiUrl}/v2/live`, { method: "POST", body: "{}" });
  const { url } = await answer.json();
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on("message", (data) => JSON.parse(data));
  return {
    ready: once(socket, "open"),
    write: (chunk) => socket.send(chunk),
    end: () => socket.close(1000),
  };
}

async function undici() {
  const answer = await fetch(`${apiUrl}/v2/live`, { method: "POST", body: "{}" });
  const { url } = await answer.json();
  const socket = new Undici(url);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => JSON.parse(data);
  return {
    ready: new Promise((resolve) => socket.addEventListener("open", resolve)),
    write: (chunk) => socket.send(chunk),
    end: () => socket.close(1000),
  };
}

async function sdk() {
  const session = new GladiaClient({ apiKey: "bench", apiUrl }).liveV2().startSession({ sample_rate: 16_000 });
  return {
    ready: new Promise((resolve) => session.once("connected", resolve)),
    write: (chunk) => session.sendAudio(chunk),
    end: () => session.endSession(),
  };
}

const tell = (word) => new Promise((resolve) => process.send(word, resolve));
const figures = await speaking.speak(
  { sessions: Number(sessions), seconds: Number(seconds), warmUp: Number(warmUp), clock },
  { bare, undici, sdk }[kind],
  tell,
);
await tell(figures);
process.exit(0);
