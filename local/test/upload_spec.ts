import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import "should";
import { UnreadableAudio } from "../src/index";
import { scripted } from "../src/scripted/scripted";
import { call, closeAll, folder, start, until, upload } from "./support/engine";
import { receiver } from "./support/receiver";
import { wav } from "./support/wav";

/** A form that holds one text field and no file. */
function formWithoutFile(): FormData {
  const form = new FormData();
  form.append("audio", "text");
  return form;
}

describe("POST /v2/upload", () => {
  afterEach(closeAll);

  it("keeps a file and says what it is", async () => {
    const engine = await start();
    const bytes = wav(1.5, 2, true);
    const { audio_url, audio_metadata } = await upload(engine, bytes, "call.wav");
    audio_url.should.equal(`${engine.url}/file/${audio_metadata.id}`);
    audio_metadata.should.eql({
      id: audio_metadata.id,
      filename: "call.wav",
      extension: "wav",
      size: bytes.length,
      audio_duration: 1.5,
      number_of_channels: 2,
    });
    const held = await call(engine, "GET", audio_url);
    held.body.equals(bytes).should.be.true();
    (await call(engine, "GET", audio_url, undefined, { "x-gladia-key": "" })).status.should.equal(401);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    engine.control.uploads.should.eql([{ id: audio_metadata.id, filename: "call.wav", size: bytes.length, sha256 }]);
  });

  it("takes names with spaces, signs and slashes without leaving its folder", async () => {
    const data = await folder();
    const engine = await start({ data });
    for (const name of ["Déjà vu — 1.mp3", "../../evil.mp3", "...", `${"long".repeat(100)}.mp3`, "a:b?.mp3"]) {
      const { audio_metadata } = await upload(engine, name, name);
      (await call(engine, "GET", `/file/${audio_metadata.id}`)).body.toString().should.equal(name);
    }
    (await readdir(data)).sort().should.eql(["files", "incoming", "jobs", "locks", "results"]);
  });

  it("fetches the file of a JSON upload and names its source", async () => {
    const remote = await receiver([{ status: 200, body: "far away" }]);
    const engine = await start();
    const source = `${remote.url}/some/t%C3%A9l.mp3?sig=1`;
    const { status, body } = await call(engine, "POST", "/v2/upload/", { audio_url: source });
    status.should.equal(200);
    body.audio_metadata.should.containEql({ filename: "tél.mp3", source, size: 8 });
    Object.keys(remote.received[0]?.headers ?? {}).should.not.containEql("x-gladia-key");
  });

  it("answers 400 when there is nothing to take", async () => {
    const engine = await start();
    const noFile = await call(engine, "POST", "/v2/upload", formWithoutFile());
    noFile.status.should.equal(400);
    const empty = new FormData();
    empty.append("audio", new Blob([]), "a.mp3");
    (await call(engine, "POST", "/v2/upload", empty)).body.message.should.equal("The file is empty");
    const headers = { "content-type": "multipart/form-data" };
    const bare = await call(engine, "POST", "/v2/upload", "abc", headers);
    bare.body.message.should.equal("Content-Type is missing Multipart Boundary.");
    const form = { "content-type": "multipart/form-data; boundary=b" };
    const part = '--b\r\ncontent-disposition: form-data; name="audio"; filename="a.mp3"\r\n\r\nhalf';
    for (const malformed of ["no form at all", part, "--b--\r\n", "--b\r\nno header"])
      (await call(engine, "POST", "/v2/upload", malformed, form)).status.should.equal(400, malformed);
    const nothing = await call(engine, "POST", "/v2/upload", {});
    nothing.body.validation_errors.should.eql(["audio_url should not be empty"]);
    const scheme = await call(engine, "POST", "/v2/upload", { audio_url: "file:///etc/passwd" });
    scheme.body.validation_errors.should.eql(["audio_url must be a URL address"]);
    const gone = await receiver([{ status: 404 }]);
    const missing = await call(engine, "POST", "/v2/upload", { audio_url: `${gone.url}/a.mp3` });
    missing.status.should.equal(400);
    missing.body.message.should.match(/answered 404/);
  });

  it("answers 413 past the limit, announced or not, and keeps nothing", async () => {
    const data = await folder();
    const engine = await start({ data, maxUpload: 1000 });
    for (const size of [1001, 500_000]) {
      const form = new FormData();
      form.append("audio", new Blob([new Uint8Array(size)]), "a.mp3");
      (await call(engine, "POST", "/v2/upload", form)).status.should.equal(413);
    }
    const remote = await receiver([{ status: 200, body: Buffer.alloc(1001) }]);
    (await call(engine, "POST", "/v2/upload", { audio_url: remote.url })).status.should.equal(413);
    (await upload(engine, Buffer.alloc(1000), "a.mp3")).audio_metadata.size.should.equal(1000);
    (await readdir(join(data, "incoming"))).should.eql([]);
    (await readdir(join(data, "files"))).length.should.equal(2);
  });

  it("passes on what the recogniser says about audio it cannot read", async () => {
    const recogniser = scripted();
    recogniser.probe = async () => {
      throw new UnreadableAudio("m4a needs ffmpeg on PATH; wav, mp3, flac, ogg and opus are read without", 415);
    };
    const engine = await start({ recogniser });
    const answer = await upload(engine, "x", "a.m4a");
    answer.should.containEql({ statusCode: 415 });
    answer.message.should.match(/ffmpeg/);
  });

  it("forgets an upload whose connection is lost", async () => {
    const data = await folder();
    const engine = await start({ data });
    const socket = connect(engine.port, "127.0.0.1");
    socket.write(
      "POST /v2/upload HTTP/1.1\r\nhost: 127.0.0.1\r\nx-gladia-key: k\r\ncontent-length: 100000\r\n" +
        "content-type: multipart/form-data; boundary=b\r\n\r\n" +
        '--b\r\ncontent-disposition: form-data; name="audio"; filename="a.mp3"\r\n\r\nhalf of it',
    );
    const incoming = () => readdir(join(data, "incoming"));
    await until(incoming, ({ length }) => length === 1);
    socket.destroy();
    await until(incoming, ({ length }) => length === 0);
    (await readdir(join(data, "files"))).should.eql([]);
  });
});
