import { readFileSync } from "node:fs";
import { join } from "node:path";
import should from "should";
import { type Engine, startEngine } from "../support/engine";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";

const WAV = 'msg.payload = Buffer.concat([Buffer.from("RIFF\\0\\0\\0\\0WAVEfmt "), Buffer.alloc(900)]);';
const FRENCH: Record<string, string> = JSON.parse(
  readFileSync(join(__dirname, "..", "..", "locales/fr/gladia-config.json"), "utf8"),
)["gladia-config"].errors;

/** A text of the French catalogue as a pattern: anything may stand in its places. */
const french = (key: string) => {
  const parts = (FRENCH[key] ?? "").split(/__\w+?__[.。]?/);
  return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`, "s");
};

describe("a Node-RED that speaks French", function () {
  this.timeout(60_000);
  let engine: Engine & { folder: string };
  let nodeRed: NodeRedProcess;
  let run = 0;

  before(async () => {
    [engine, nodeRed] = await Promise.all([startEngine(), startNodeRed({ settings: { lang: "fr" } })]);
  });
  after(async () => {
    await nodeRed?.stop();
    await engine?.close();
  });
  beforeEach(() => engine.control.reset());

  /** What a node tells Catch about the message that a line of code makes. */
  const told = async (type: string, func: string, node: object = {}, account: object = {}): Promise<string> => {
    const [id, path] = [`n${++run}`, `/told/${run}`];
    const at = { z: "tab", x: 1, y: 1 };
    await nodeRed.deploy([
      { id: "tab", type: "tab", label: "told" },
      { id: `a${run}`, type: "gladia-config", apiUrl: engine.url, credentials: { apiKey: "key" }, ...account },
      { id: `in${run}`, ...at, type: "http in", url: path, method: "post", wires: [[`f${run}`]] },
      { id: `f${run}`, ...at, type: "function", func: `${func}\nreturn msg;`, outputs: 1, wires: [[id]] },
      { id, ...at, type, config: `a${run}`, ...node, wires: [[`fine${run}`], []] },
      { id: `fine${run}`, ...at, type: "function", func: 'msg.payload = "fine"; return msg;', wires: [[`out${run}`]] },
      { id: `c${run}`, ...at, type: "catch", scope: [id], wires: [[`t${run}`]] },
      {
        id: `t${run}`,
        ...at,
        type: "function",
        func: "msg.payload = msg.error.message; return msg;",
        wires: [["out"]],
      },
      { id: "out", ...at, type: "http response", wires: [] },
      { id: `out${run}`, ...at, type: "http response", wires: [] },
    ]);
    return (await fetch(`${nodeRed.url}told/${run}`, { method: "POST" })).text();
  };

  const values: [string, string, string, string[]][] = [
    ["a number", "msg.payload = 7;", "audio-kind", ["type nombre"]],
    ["an object", "msg.payload = { a: 1 };", "audio-kind", ["type objet"]],
    ["a list", "msg.payload = [];", "audio-kind", ["type tableau"]],
    ["text", 'msg.payload = "two\\nlines";', "audio-text", ["la valeur", "(texte)"]],
    ["text in a Buffer", 'msg.payload = Buffer.from("hello world");', "audio-text", ["le Buffer", "(texte)"]],
    ["nothing in a Buffer", "msg.payload = Buffer.alloc(0);", "audio-empty", ["le Buffer"]],
    ["an empty data: URI", 'msg.payload = "data:audio/wav;base64,";', "audio-empty", ["l’adresse data: (audio/wav)"]],
    ["a web page", 'msg.payload = "<html></html>";', "audio-html", ["la valeur", "prenez celle"]],
  ];
  for (const [what, func, key, parts] of values) {
    it(`says all in French about ${what} instead of audio`, async () => {
      const message = await told("gladia-upload", func);
      should(message).match(french(key));
      for (const part of parts) should(message).containEql(part);
    });
  }

  it("says whose options are wrong", async () => {
    const message = await told("gladia-transcribe", `${WAV} msg.options = {};`, { options: "wrong" });
    should(message).match(french("options-not-object"));
    should(message).containEql("(nœud)");
  });

  it("lists the faults of options", async () => {
    const message = await told("gladia-transcribe", `${WAV} msg.options = { diarizatoin: true, translation: 1 };`);
    should(message).match(french("options-invalid"));
    should(message).containEql("translation doit valoir true ou false. Rien");
    should(message).match(/vouliez-vous dire diarization\s\?/);
  });

  const settings: [string, string, object, object, string][] = [
    ["of the account", "config-env", {}, { apiUrl: "http://${NO_SUCH_HOST}" }, "« Adresse » (apiUrl) du compte"],
    ["of the account", "config-whole", {}, { retries: "some" }, "« Nouveaux essais » (retries) du compte"],
    ["of the account", "config-number", {}, { budget: "-1" }, "« Budget (minutes) » (budget) du compte"],
    ["of a node", "config-choice", { wait: "maybe" }, {}, "« Ensuite » (wait) de ce nœud"],
    ["of a node", "config-choice", { output: "pdf" }, {}, "« Mettre dans payload » (output) de ce nœud"],
  ];
  for (const [where, key, node, account, name] of settings) {
    it(`calls a setting ${where} what the dialog calls it (${key}: ${name})`, async () => {
      const message = await told("gladia-transcribe", WAV, node, account);
      should(message).match(french(key));
      should(message.replaceAll("\u00a0", " ")).containEql(name);
    });
  }

  it("tells why a job failed, with what to do", async () => {
    engine.control.script({ error: { code: 422, message: "unreadable" } });
    const message = await told("gladia-transcribe", WAV);
    should(message).match(french("job-failed"));
    should(message).endWith(FRENCH["job-hint-4xx"] ?? "");
  });

  it("tells in full that nobody knows whether a job was created", async () => {
    engine.control.fault({ route: "create", kind: "reset-after" });
    engine.control.fault({ route: "list", kind: "500", times: "always" });
    const message = await told("gladia-transcribe", WAV, {}, { retries: 0, timeout: 1 });
    should(message).match(french("create-unknown"));
    should(message).match(/perdue \(.*est injoignable.*\) et la recherche a échoué \(Le serveur de Gladia a échoué/);
  });
});
