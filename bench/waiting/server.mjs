// A server of jobs that end at set times, in a process of its own. `process.send` takes the tasks of run.mjs.
import { createHash } from "node:crypto";
import { createServer } from "node:http";

const [roundTrip, largestPage] = process.argv.slice(2).map(Number);
/** Key to account: its jobs, newest first. */
const accounts = new Map();
/** Name of a client to its counts. */
let counts = {};

// Results are short: each client reads each of them once, which is no part of waiting.
const sentence = "And so the morning went by, as mornings do when nobody is in a hurry to get anywhere. ";
const words = sentence.split(" ").map((word, n) => ({ word, start: n / 3, end: n / 3 + 0.3, confidence: 0.9 }));
const utterances = [{ text: sentence, start: 0, end: 6, words }];
const result = {
  metadata: { audio_duration: 72, number_of_distinct_channels: 1, billing_time: 72, transcription_time: 8 },
  transcription: { full_transcript: sentence, languages: ["en"], utterances },
};

/** A job as Gladia shows it: pending ones carry all that was asked for, too. */
function show(job, now) {
  const isDone = job.end <= now;
  return {
    id: job.id,
    request_id: `G-${job.id.slice(0, 8)}`,
    version: 2,
    status: isDone ? "done" : "processing",
    created_at: job.created,
    completed_at: isDone ? new Date(job.end).toISOString() : null,
    custom_metadata: { node_red_key: job.id },
    error_code: null,
    post_session_metadata: {},
    kind: "pre-recorded",
    file: { id: job.id, filename: "meeting.wav", source: null, audio_duration: 72, number_of_channels: 1 },
    request_params: {
      audio_url: `https://api.gladia.io/file/${job.id}`,
      model: "solaria-1",
      language_config: { languages: ["en", "fr"], code_switching: false },
      diarization: true,
      diarization_config: { min_speakers: 1, max_speakers: 4 },
      subtitles: true,
      subtitles_config: { formats: ["srt", "vtt"], maximum_characters_per_row: 42 },
      sentences: true,
      punctuation_enhanced: true,
    },
    result: isDone ? result : null,
  };
}

function id(text) {
  const hex = createHash("sha256").update(text).digest("hex");
  return [8, 4, 4, 4, 12].map((length, n) => hex.slice(n * 12, n * 12 + length)).join("-");
}

/**
 * Makes `jobs` jobs in each of so many accounts. They begin `ahead` to `ahead + within` seconds from now and end evenly
 * spread `from` to `to` seconds later.
 */
function create({ name, accounts: number, jobs, from, to, within, ahead = 0 }) {
  counts[name] = { get: 0, list: 0, seconds: {} };
  const now = Date.now() + ahead * 1000;
  const made = [];
  for (let a = 0; a < number; a++) {
    const key = `${name}-${a}`;
    const all = Array.from({ length: jobs }, (_, n) => {
      const begin = now + (within * 1000 * n) / jobs;
      const share = ((a * jobs + n) * 0.618034) % 1; // evenly spread, in no order, the same for each client
      const end = Math.round(begin + 1000 * (from + share * (to - from)));
      return { id: id(`${key}/${n}/${now}`), begin, end, created: new Date(begin).toISOString() };
    });
    accounts.set(key, new Map(all.map((job) => [job.id, job])));
    made.push({ key, jobs: all });
  }
  return made;
}

function page(account, query, now) {
  const statuses = query.getAll("status");
  const limit = Math.min(Number(query.get("limit") ?? 20), largestPage || Number.POSITIVE_INFINITY);
  const offset = Number(query.get("offset") ?? 0);
  const found = [];
  for (const job of [...account.values()].reverse()) {
    if (job.begin > now) continue;
    const status = job.end <= now ? "done" : "processing";
    if (statuses.length > 0 && !statuses.includes(status)) continue;
    found.push(job);
    if (found.length > offset + limit) break;
  }
  const items = found.slice(offset, offset + limit).map((job) => show(job, now));
  const next = found.length > offset + limit ? `http://localhost/v2/pre-recorded?offset=${offset + limit}` : null;
  return { first: "", current: "", next, items };
}

const server = createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  const key = request.headers["x-gladia-key"] ?? "";
  const account = accounts.get(key);
  const wanted = url.pathname.split("/")[3];
  const now = Date.now();
  const count = counts[key.split("-")[0]];
  const answer = (status, body) => {
    const text = JSON.stringify(body);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    response.writeHead(status, headers).end(text);
  };
  if (!account || !count) return answer(401, { message: "gladia user not found" });
  count[wanted ? "get" : "list"]++;
  const second = Math.floor(now / 1000);
  count.seconds[second] = (count.seconds[second] ?? 0) + 1;
  const reply = () => {
    if (!wanted) return answer(200, page(account, url.searchParams, Date.now()));
    const job = account.get(wanted);
    if (job) answer(200, show(job, Date.now()));
    else answer(404, { message: "not found" });
  };
  if (roundTrip) setTimeout(reply, roundTrip * (0.67 + Math.random() * 0.66));
  else reply();
});
server.keepAliveTimeout = 60_000;
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => process.send({ port: server.address().port }));

process.on("message", ({ task, ...rest }) => {
  if (task === "reset") {
    accounts.clear();
    counts = {};
    process.send({});
  } else if (task === "create") process.send({ made: create(rest) });
  else {
    const stats = Object.entries(counts).map(([name, { seconds, ...more }]) => {
      return [name, { ...more, burst: Math.max(0, ...Object.values(seconds)) }];
    });
    process.send({ stats: Object.fromEntries(stats) });
  }
});
process.on("disconnect", () => process.exit());
