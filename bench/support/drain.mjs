// What bench/support/drain.c does, for machines without a C compiler: dearer, so the ratios come out milder.
import { createServer } from "node:net";

const rate = Number(process.argv[2] ?? 0);
const id = "45463597-20b7-4af7-b3b3-f5fb778203ab";
const UPLOAD = { audio_url: `http://127.0.0.1/file/${id}`, audio_metadata: { id, filename: "audio.wav", size: 1 } };
const CREATED = { id, result_url: `http://127.0.0.1/v2/pre-recorded/${id}` };
const JOB = { id, request_id: "G-45463597", version: 2, status: "processing", kind: "pre-recorded", result: null };
let connections = 0;
let requests = 0;

function answer(socket, status, value) {
  const text = JSON.stringify(value);
  socket.write(`HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
}

/** What one connection is at: its unfinished head, the bytes its body still has, and how to answer it. */
function connection() {
  return { head: "", left: 0, chunked: false, counted: false, end: "", reply: () => {} };
}

/** Takes a complete head apart; gives where the body begins in `bytes`, or -1 while the head goes on. */
function readHead(state, socket, bytes) {
  const before = state.head.length;
  state.head += bytes.toString("latin1");
  const end = state.head.indexOf("\r\n\r\n");
  if (end < 0) return -1;
  const head = state.head.slice(0, end);
  state.head = "";
  const [method, path] = head.split(" ");
  if (path === "/stats") {
    state.reply = () => answer(socket, "200 OK", { connections, requests });
  } else {
    requests++;
    if (!state.counted) connections++;
    state.counted = true;
    const upload = path.startsWith("/v2/upload");
    const status = method === "POST" && !upload ? "201 Created" : "200 OK";
    state.reply = () => answer(socket, status, method === "GET" ? JOB : upload ? UPLOAD : CREATED);
  }
  state.left = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  state.chunked = /\r\ntransfer-encoding: *chunked/i.test(head);
  state.end = "";
  if (/\r\nexpect: *100-continue/i.test(head)) socket.write("HTTP/1.1 100 Continue\r\n\r\n");
  return end + 4 - before;
}

/** Counts a piece of the body down; true when it was the last. */
function readBody(state, bytes) {
  if (state.chunked) {
    state.end = (state.end + bytes.toString("latin1", Math.max(0, bytes.length - 5))).slice(-5);
    return state.end === "0\r\n\r\n";
  }
  state.left -= bytes.length;
  return state.left <= 0;
}

const server = createServer((socket) => {
  const state = connection();
  let inBody = false;
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes) => {
    let rest = bytes;
    if (!inBody) {
      const start = readHead(state, socket, bytes);
      if (start < 0) return;
      inBody = state.chunked || state.left > 0;
      rest = bytes.subarray(start);
    }
    if (!inBody || (rest.length > 0 && readBody(state, rest))) {
      inBody = false;
      state.reply();
    }
    if (rate > 0 && inBody) {
      socket.pause();
      setTimeout(() => socket.resume(), (bytes.length / rate) * 1000);
    }
  });
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
process.stdin.on("end", () => process.exit()).resume();
