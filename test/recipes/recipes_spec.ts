import { appendFile, mkdir, readFile, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import should from "should";
import { wav } from "../support/engine";
import { bodyOf, hasOther, hasOthers, other, RECIPES, type RecipeRun, serve, startRecipes } from "../support/recipes";

/** Waits for what other processes do. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

interface Mail {
  to: string;
  text: string;
}

/** A mail server that keeps what it gets. */
async function mailServer(): Promise<{ port: number; mails: Mail[]; close: () => void }> {
  const { SMTPServer } = other<{ SMTPServer: new (options: object) => SmtpServer }>(
    "smtp-server",
    "node-red-node-email/package.json",
  );
  const mails: Mail[] = [];
  const server = new SMTPServer({
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    onAuth: (_auth: unknown, _session: unknown, done: (error: null, answer: { user: string }) => void) =>
      done(null, { user: "me" }),
    onData(stream: NodeJS.ReadableStream, session: Session, done: () => void) {
      let text = "";
      stream.on("data", (chunk) => {
        text += String(chunk);
      });
      stream.on("end", () => {
        mails.push({ to: session.envelope.rcptTo.map(({ address }) => address).join(), text: unfold(text) });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: server.server.address().port, mails, close: () => server.close() };
}

interface Session {
  envelope: { rcptTo: { address: string }[] };
}
interface SmtpServer {
  listen(port: number, host: string, done: () => void): void;
  server: { address(): { port: number } };
  close(): void;
}

/** Quoted-printable, undone as far as these texts need it. */
function unfold(text: string): string {
  return text
    .replace(/=\r\n/g, "")
    .replace(/=([\dA-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

describe("the recipes", function () {
  this.timeout(90_000);
  let recipes: RecipeRun;
  let engine: RecipeRun["engine"];
  let nodeRed: RecipeRun["nodeRed"];
  let sidebar: RecipeRun["sidebar"];
  let run: RecipeRun["run"];
  let press: RecipeRun["press"];
  let folder: string;

  before(async function () {
    this.timeout(300_000);
    if (!hasOthers()) this.skip();
    recipes = await startRecipes();
    ({ engine, nodeRed, sidebar, run, press } = recipes);
    folder = nodeRed.userDir;
  });
  after(() => recipes?.close());
  afterEach(() => engine.control.reset());

  it("have a note that says what to change, and at most one function node", () => {
    should(RECIPES.size).be.above(12);
    for (const [name, flow] of RECIPES) {
      const note = flow.find(({ type }) => type === "comment");
      should(String(note?.["info"])).match(/^1\. .*Deploy/ms, name);
      should(flow.filter(({ type }) => type === "function").length).be.belowOrEqual(1, name);
      should(flow.filter(({ type }) => type === "tab").map(({ label }) => label)).eql([name]);
    }
  });

  it("Telegram voice note to text reply", async () => {
    const sent: { chat_id: string; text: string; reply_to_message_id?: string; reply_parameters?: string }[] = [];
    const chat = { id: 4711, type: "private", first_name: "Ann" };
    const from = { id: 4711, is_bot: false, first_name: "Ann" };
    const voice = { file_id: "voice-1", file_unique_id: "u1", duration: 1, mime_type: "audio/ogg" };
    const updates = [{ update_id: 1, message: { message_id: 5, date: 1, chat, from, voice } }];
    const telegram = await serve(async (request, response) => {
      const body = await bodyOf(request);
      const { pathname } = new URL(request.url ?? "", "http://telegram");
      const answer = (result: unknown) =>
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ ok: true, result }));
      if (pathname.startsWith("/file/")) return void response.end(wav(1, 3));
      const method = pathname.split("/").pop();
      if (method === "getUpdates") return void answer(updates.splice(0));
      if (method === "getFile") return void answer({ file_id: "voice-1", file_path: "voice/file_1.oga" });
      if (method === "sendMessage") {
        const type = request.headers["content-type"] ?? "";
        sent.push(type.includes("json") ? JSON.parse(body) : (Object.fromEntries(new URLSearchParams(body)) as never));
        return void answer({ message_id: 6, date: 2, chat });
      }
      answer(method === "getMe" ? { id: 1, is_bot: true, first_name: "bot", username: "bot" } : true);
    });
    engine.control.script({ text: "See you at seven." });
    try {
      const bot = { baseapiurl: telegram.url, credentials: { token: "123:secret" } };
      await run("Telegram voice note to text reply", { "telegram bot": bot, "gladia-transcribe": { lan: "yes" } });
      await until(() => sent.length > 0);
      should(sent[0]?.text).equal("See you at seven.");
      should(String(sent[0]?.chat_id)).equal("4711");
      should(JSON.stringify(sent[0])).match(/reply_[^:]*:[^}]*5/);
    } finally {
      await nodeRed.deploy([]);
      telegram.close();
    }
  });

  it("Folder to subtitles", async () => {
    await mkdir(join(folder, "films"));
    const quiet = { duration: "1" };
    await run("Folder to subtitles", { watch: { files: join(folder, "films") }, trigger: quiet });
    engine.control.script({ text: "To be continued." });
    const film = join(folder, "films", "talk.wav");
    const bytes = wav(2, 4);
    await writeFile(film, bytes.subarray(0, 10_000));
    await appendFile(film, bytes.subarray(10_000));
    // Nothing tells when the watch node has begun to look.
    const touched = setInterval(() => void utimes(film, new Date(), new Date()), 3000);
    should(await sidebar.next("written").finally(() => clearInterval(touched))).equal(
      join(folder, "films", "talk.srt"),
    );
    should(await readFile(join(folder, "films", "talk.srt"), "utf8")).match(
      /^1\n00:00:.* --> 00:00:.*\nTo be continued\.\n/,
    );
    should(engine.control.jobs.length).equal(1);
  });

  it("Folder batch", async () => {
    const batch = join(folder, "batch");
    await mkdir(batch);
    for (const [name, seed] of [
      ["one.wav", 1],
      ["again.wav", 1],
      ["two.wav", 2],
      ["bad.wav", 3],
    ] as const)
      await writeFile(join(batch, name), wav(1, seed));
    engine.control.script({ match: { filename: "bad.wav" }, error: { code: 422 } });
    const changes = { inject: { payload: batch, repeat: "1", onceDelay: "0.1" } };
    await run("Folder batch", changes);
    should(await sidebar.next("report")).equal("2 transcribed, 1 failed: bad.wav");
    should(await sidebar.next("error")).match(/./);
    const log = await readFile(join(batch, "transcribed.log"), "utf8");
    const ends = log.split("\n").map((line) => line.split("\t"));
    const [first] = ends.find(([state, , , name]) => state === "begun" && /one|again/.test(name ?? ""))?.slice(3) ?? [];
    const base = join(batch, String(first).replace(".wav", ""));
    should(await readFile(`${base}.txt`, "utf8")).match(/^speech of/);
    should(await readFile(`${base}.srt`, "utf8")).match(/^1\n00:00/);
    should(JSON.parse(await readFile(`${base}.json`, "utf8")).status).equal("done");
    should(engine.control.jobs.length).equal(3);

    // One that grows, after a new start, is sent when it is whole; what is done is left alone.
    await run("Folder batch", changes);
    const bytes = wav(1, 9);
    await writeFile(join(batch, "late.wav"), bytes.subarray(0, 20_000));
    await new Promise((resolve) => setTimeout(resolve, 900));
    await appendFile(join(batch, "late.wav"), bytes.subarray(20_000));
    await rename(join(batch, "two.wav"), join(batch, "renamed.wav"));
    should(await sidebar.next("report")).equal("1 transcribed, 0 failed");
    should(await readFile(join(batch, "late.txt"), "utf8")).match(/^speech of late\.wav/);
    should(engine.control.jobs.length).equal(4);
    await nodeRed.deploy([]);
  });

  it("Call recording to minutes by mail", async () => {
    const mail = await mailServer();
    await mkdir(join(folder, "calls"));
    engine.control.script({
      text: ["Shall we meet on Monday?", "Monday is fine."],
      addOns: { summarization: { results: "- They meet on Monday" } },
    });
    try {
      await run("Call recording to minutes by mail", {
        watch: { files: join(folder, "calls") },
        trigger: { duration: "1" },
        "e-mail": {
          server: "127.0.0.1",
          port: mail.port,
          secure: false,
          credentials: { userid: "me", password: "pw" },
        },
      });
      const recording = join(folder, "calls", "monday.wav");
      await writeFile(recording, wav(1, 5));
      const touched = setInterval(() => void utimes(recording, new Date(), new Date()), 3000);
      await until(() => mail.mails.length > 0).finally(() => clearInterval(touched));
      should(mail.mails[0]?.to).equal("you@example.com");
      should(mail.mails[0]?.text).match(/Subject: Minutes of monday\.wav/);
      should(mail.mails[0]?.text).match(/They meet on Monday/);
      should(mail.mails[0]?.text).match(/Shall we meet on Monday\?/);
      should(engine.control.jobs.length).equal(1);
    } finally {
      mail.close();
    }
  });

  it("Podcast to searchable archive", async function () {
    if (!hasOther("sqlite3")) this.skip();
    let reads = 0;
    const host = await serve((request, response) => {
      if (request.url?.endsWith(".wav")) return void response.end(wav(1, request.url.includes("one") ? 1 : 2));
      reads += 1;
      const at = `http://${request.headers.host}`;
      const item = (n: string) =>
        `<item><title>Episode ${n}</title><pubDate>Mon, 01 Jun 2026</pubDate><enclosure url="${at}/${n}.wav" type="audio/wav"/></item>`;
      response.end(
        `<rss version="2.0"><channel><title>P</title>${item("two")}<item><title>none</title></item>${item("one")}</channel></rss>`,
      );
    });
    engine.control.script({ match: { filename: "one.wav" }, text: "We talk about beavers & dams today." });
    engine.control.script({ match: { filename: "two.wav" }, text: "Nothing of the kind." });
    try {
      const flow = await run("Podcast to searchable archive", {
        "the feed": { url: `${host.url}/feed.xml` },
        sqlitedb: { db: join(folder, "podcasts.sqlite") },
      });
      const titles = [await sidebar.next("in the archive"), await sidebar.next("in the archive")];
      should(titles.sort()).eql(["Episode one", "Episode two"]);
      await press(flow, "every hour");
      await until(() => reads === 2);
      const page = await (await fetch(`${nodeRed.url}podcasts?q=Beavers`)).text();
      should(page)
        .match(/<h2>Episode one<\/h2>/)
        .and.match(/about beavers &amp; dams/)
        .and.not.match(/Episode two/);
      should(await (await fetch(`${nodeRed.url}podcasts?q=zebra`)).text()).match(/Nothing found/);
      should(engine.control.jobs.length).equal(2);
    } finally {
      host.close();
    }
  });

  it("Translated subtitles", async () => {
    await writeFile(join(folder, "talk.wav"), wav(2, 6));
    engine.control.script({ text: "Good morning." });
    const flow = await run("Translated subtitles", { inject: { payload: join(folder, "talk.wav") } });
    await press(flow, "talk.mp4");
    for (let i = 0; i < 3; i++) should(await sidebar.next("written")).match(/talk(\.\w\w)?\.srt$/);
    should(await readFile(join(folder, "talk.srt"), "utf8")).match(/\nGood morning\.\n/);
    should(await readFile(join(folder, "talk.fr.srt"), "utf8")).match(/\n\[fr\] Good morning\.\n/);
    should(await readFile(join(folder, "talk.de.srt"), "utf8")).match(/\n\[de\] Good morning\.\n/);
  });

  it("Archive without personal data", async () => {
    await writeFile(join(folder, "private.wav"), wav(1, 7));
    engine.control.script({ text: "My name is [NAME]." });
    const flow = await run("Archive without personal data", {
      inject: { payload: join(folder, "private.wav") },
      file: { filename: join(folder, "archive.md") },
    });
    await press(flow, "recording.wav");
    const id = await sidebar.next("deleted");
    should(await readFile(join(folder, "archive.md"), "utf8")).match(
      /^## \d{4}-\d\d-\d\d .*\n\n.*My name is \[NAME\]\./,
    );
    const answer = await fetch(`${engine.url}/v2/pre-recorded/${id}`, { headers: { "x-gladia-key": "key" } });
    should(answer.status).equal(404);
  });

  it("Transcript to an LLM prompt", async () => {
    const asked: { model: string; messages: { content: string }[] }[] = [];
    const model = await serve(async (request, response) => {
      asked.push(JSON.parse(await bodyOf(request)));
      const answer = { choices: [{ message: { role: "assistant", content: "They agreed." } }] };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
    await writeFile(join(folder, "decision.wav"), wav(1, 8));
    engine.control.script({ text: "Let us do it." });
    try {
      const flow = await run("Transcript to an LLM prompt", {
        inject: { payload: join(folder, "decision.wav") },
        "ask the model": { url: `${model.url}/v1/chat/completions` },
      });
      await press(flow, "recording.wav");
      should(await sidebar.next("the answer")).equal("They agreed.");
      should(asked[0]?.messages[1]?.content).match(/Let us do it\./);
    } finally {
      model.close();
    }
  });

  it("Meeting of two channels to dialogue", async () => {
    await writeFile(join(folder, "meeting.wav"), wav(1, 9));
    engine.control.script({
      text: [
        { text: "Shall we begin?", channel: 0, start: 0, end: 0.4 },
        { text: "Gladly.", channel: 1, start: 0.5, end: 0.9 },
      ],
    });
    const flow = await run("Meeting of two channels to dialogue", {
      inject: { payload: join(folder, "meeting.wav") },
      file: { filename: join(folder, "meeting.txt") },
    });
    await press(flow, "meeting.wav");
    const dialogue = await sidebar.next("the dialogue");
    should(dialogue).equal("Anna: Shall we begin?\nBen: Gladly.");
    should(await readFile(join(folder, "meeting.txt"), "utf8")).equal(dialogue);
  });

  it("Web form to mail", async () => {
    const mail = await mailServer();
    engine.control.script({ text: "Please call me back." });
    try {
      await run("Web form to mail", {
        "e-mail": {
          server: "127.0.0.1",
          port: mail.port,
          secure: false,
          credentials: { userid: "me", password: "pw" },
        },
      });
      should(await (await fetch(`${nodeRed.url}message`)).text()).match(/<form method="post"/);
      const form = new FormData();
      form.append("recording", new File([new Uint8Array(wav(1, 10))], "note.wav"));
      const answer = await fetch(`${nodeRed.url}message`, { method: "POST", body: form });
      should(await answer.text()).match(/Thank you/);
      await until(() => mail.mails.length > 0);
      should(mail.mails[0]?.text)
        .match(/Subject: A spoken message/)
        .and.match(/Please call me back\./);
    } finally {
      mail.close();
    }
  });
});
