// A process that speaks to a Wyoming server as Home Assistant's `wyoming` integration does: `describe` on a connection of its
// own with a second to answer, then for each utterance a new connection, 16 kHz 16 bit mono in chunks of 2 KB, sent and
// read at the same time; it takes the first transcript and hangs up. Written from Home Assistant's source, with a framing of its own.
import { readFileSync } from "node:fs";
import { connect } from "node:net";

const [port, language, pace, ...files] = process.argv.slice(2);

function frame(type, data, payload = Buffer.alloc(0)) {
  const header = { type, version: "1.5.4" };
  const bytes = data ? Buffer.from(JSON.stringify(data), "utf8") : Buffer.alloc(0);
  if (data) header.data_length = bytes.length;
  if (payload.length > 0) header.payload_length = payload.length;
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), bytes, payload]);
}

/** Connects, and gives events as they come; what `take` gives something for is the answer, then it hangs up. */
function talk(send, take) {
  return new Promise((resolve) => {
    const socket = connect({ port: Number(port), host: "127.0.0.1" });
    let rest = Buffer.alloc(0);
    const finish = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("connect", () => send(socket));
    socket.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const end = rest.indexOf("\n");
        if (end < 0) return;
        const header = JSON.parse(rest.subarray(0, end).toString("utf8"));
        const { data_length: long = 0, payload_length: more = 0 } = header;
        if (rest.length < end + 1 + long + more) return;
        const json = rest.subarray(end + 1, end + 1 + long).toString("utf8");
        rest = rest.subarray(end + 1 + long + more);
        const answer = take({ type: header.type, data: { ...header.data, ...(long > 0 ? JSON.parse(json) : {}) } });
        if (answer !== undefined) return finish(answer);
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => finish({ closed: true }));
  });
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const began = performance.now();
const info = await talk(
  (socket) => socket.write(frame("describe")),
  ({ type, data }) => (type === "info" ? data : undefined),
);
const describeMs = performance.now() - began;
const [program] = info.asr ?? [];
const languages = program?.models.filter(({ installed }) => installed).flatMap((model) => model.languages) ?? [];
const heard = [];
for (const file of files) {
  const pcm = readFileSync(file).subarray(44);
  const seen = [];
  let stopped = 0;
  const answer = await talk(
    async (socket) => {
      const format = { rate: 16_000, width: 2, channels: 1 };
      socket.write(frame("transcribe", { language }));
      socket.write(frame("audio-start", { ...format, timestamp: 0 }));
      for (let at = 0; at < pcm.length && !socket.destroyed; at += 2048) {
        socket.write(frame("audio-chunk", { ...format, timestamp: at / 32 }, pcm.subarray(at, at + 2048)));
        if (pace !== "0") await sleep(64 / Number(pace));
      }
      stopped = performance.now();
      socket.write(frame("audio-stop", { timestamp: pcm.length / 32 }));
    },
    ({ type, data }) => {
      seen.push(type);
      if (type === "transcript") return { text: data.text };
      if (type === "error") return { error: data };
      return undefined;
    },
  );
  heard.push({ ...answer, seen, ms: performance.now() - stopped });
}
process.stdout.write(JSON.stringify({ describeMs, program, languages: languages.length, heard }));
