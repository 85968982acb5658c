// A server of finished jobs, in a process of its own: the id `words-25000` is a transcript of that many words.
import { createServer } from "node:http";

const jobs = new Map();

function jobOf(id) {
  const known = jobs.get(id);
  if (known) return known;
  const words = Number(id.split("-")[1]);
  const utterances = [];
  for (let n = 0; n < words; n += 15) {
    const spoken = Array.from({ length: Math.min(15, words - n) }, (_, i) => {
      const start = Math.round((n + i) * 324) / 1000;
      return { word: ` word${(n + i) % 977}${i === 14 ? "." : ""}`, start, end: start + 0.3, confidence: 0.93 };
    });
    const text = spoken.map(({ word }) => word).join("");
    const times = { start: spoken[0].start, end: spoken.at(-1).end };
    utterances.push({
      ...times,
      text,
      language: "en",
      confidence: 0.9,
      channel: 0,
      speaker: (n / 15) % 2,
      words: spoken,
    });
  }
  const full_transcript = utterances.map(({ text }) => text.trim()).join(" ");
  const metadata = { audio_duration: words * 0.324, billing_time: words * 0.324, number_of_distinct_channels: 1 };
  const translation = { success: true, results: [{ languages: ["fr"], full_transcript, utterances }] };
  const body = JSON.stringify({
    id,
    status: "done",
    kind: "pre-recorded",
    created_at: new Date().toISOString(),
    file: { filename: "a.wav", audio_duration: metadata.audio_duration },
    result: { metadata, transcription: { full_transcript, languages: ["en"], utterances }, translation },
  });
  jobs.set(id, Buffer.from(body));
  return jobs.get(id);
}

const server = createServer((request, response) => {
  const answer = (status, body) => {
    response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
    response.end(body);
  };
  const url = `http://127.0.0.1:${server.address().port}`;
  const [, , , id] = request.url.split(/[/?]/);
  request.resume().once("end", () => {
    if (request.url === "/v2/upload") {
      answer(200, JSON.stringify({ audio_url: `${url}/file/1`, audio_metadata: { id: "1", audio_duration: 3 } }));
    } else if (request.method === "POST") {
      answer(201, JSON.stringify({ id: "words-20", result_url: `${url}/v2/pre-recorded/words-20` }));
    } else if (id) answer(200, jobOf(id));
    else answer(200, JSON.stringify({ items: [], next: null }));
  });
});
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
process.on("disconnect", () => process.exit());
