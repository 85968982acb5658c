import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import should from "should";
import { GROUPS, LIVE_GROUPS, optionKey } from "../nodes/editor/options/layout";
import { schemaAt } from "../nodes/editor/options/model";
import manifest from "../package.json";
import errors from "../src/texts.json";

const ROOT = join(__dirname, "..");
const NODES = Object.keys(manifest["node-red"].nodes);
const PLUGINS = Object.keys(manifest["node-red"].plugins);
const LANGUAGES = readdirSync(join(ROOT, "locales"));
const SHARED = "@speechflows/node-red-gladia/gladia-config:";
const STATUSES = ["uploading", "waiting", "queued", "processing", "done", "cancelled", "error", "queued-at", "elapsed"];

/** Nodes that stand otherwise than those that wait for jobs. */
const OWN_STATUSES: Record<string, string[]> = {
  "gladia-callback": ["listening", "unreachable"],
  "gladia-format": ["cancelled", "nothing"],
  "gladia-jobs": ["waiting", "done", "cancelled", "error", "nothing"],
  "gladia-wyoming": ["listening", "hearing"],
  "gladia-live": ["waiting", "connecting", "recording", "reconnecting", "stopping", "cancelled", "sessions", "elapsed"],
};
const statusesOf = (node: string) => OWN_STATUSES[node] ?? STATUSES;

const read = (...path: string[]) => readFileSync(join(ROOT, ...path), "utf8");

function flatten(value: unknown, path: string, into: Map<string, string>): Map<string, string> {
  if (typeof value === "string") into.set(path, value);
  else for (const [key, inner] of Object.entries(value as object)) flatten(inner, path ? `${path}.${key}` : key, into);
  return into;
}

/** A node's texts by key, as the built package has them: the English errors come from the code. */
function catalogue(language: string, node: string): Map<string, string> {
  const texts = flatten(JSON.parse(read("locales", language, `${node}.json`)), "", new Map());
  return language === "en-US" && node === "gladia-config" ? flatten(errors, "gladia-config.errors", texts) : texts;
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? sources(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
  );
}

/** Where the functions that give texts look for them. */
const CATALOGUES: Record<string, string> = {
  text: "gladia-config.",
  say: "gladia-sidebar.",
};

const placeholders = (text: string) => [...text.matchAll(/__(\w+?)__/g)].map(([, name]) => name).sort();
const shared = catalogue("en-US", "gladia-config");

describe("the catalogues", () => {
  for (const node of [...NODES, ...PLUGINS]) {
    const texts = catalogue("en-US", node);

    for (const language of LANGUAGES) {
      it(`${node}: ${language} has every text, with the same places for values`, () => {
        const other = catalogue(language, node);
        const missing = [...texts.keys()].filter((key) => !other.has(key));
        const unknown = [...other.keys()].filter((key) => !texts.has(key));
        should({ missing, unknown }).eql({ missing: [], unknown: [] });
        for (const [key, text] of other) {
          should(text.trim()).not.equal("", key);
          should(placeholders(text)).eql(placeholders(texts.get(key) ?? ""), key);
        }
      });

      if (PLUGINS.includes(node)) continue;
      it(`${node}: ${language} has help that opens with a paragraph`, () => {
        const help = read("locales", language, `${node}.html`);
        should(help).match(new RegExp(`^<script type="text/markdown" data-help-name="${node}">\n\\p{L}`, "u"));
        // Node-RED's property lists take one line a property, and no other colon in it.
        for (const [line] of help.matchAll(/^:.*$/gm)) should(line).match(/^: [^:(]+ \([^:)]+\) : [^:]+$/);
      });
    }

    if (PLUGINS.includes(node)) continue;
    it(`${node}: every text of the form is there`, () => {
      for (const [, attribute = ""] of read("nodes/editor", `${node}.html`).matchAll(/data-i18n="([^"]+)"/g)) {
        for (const key of attribute.split(";").map((part) => part.replace(/^\[[\w-]+\]/, ""))) {
          should(key.startsWith(SHARED) ? shared.has(key.slice(SHARED.length)) : texts.has(key)).equal(true, key);
        }
      }
    });

    if (node === "gladia-config") continue;
    it(`${node}: every status is there, short enough to stand under a node`, () => {
      for (const language of LANGUAGES) {
        for (const status of statusesOf(node)) {
          const text = catalogue(language, node).get(`${node}.status.${status}`) ?? "";
          should(text).not.equal("", status);
          should(text.replace(/__\w+__/g, "").length).be.below(20, text);
        }
      }
    });
  }

  it("hold every text that the dialogs' scripts ask for by name", () => {
    for (const file of sources("nodes/editor").filter((name) => name.endsWith(".ts"))) {
      for (const [, own = "", key] of read(file).matchAll(/(\btext|\bsay|this\._)\(\s*"([\w.-]+)"/g)) {
        const name = `${CATALOGUES[own] ?? ""}${key}`;
        const node = name.split(".")[0] ?? "";
        should(catalogue("en-US", node).has(name)).equal(true, `${name} in ${file}`);
      }
    }
  });

  it("name and explain every option of the form", () => {
    for (const { group, paths } of [...GROUPS, ...LIVE_GROUPS]) {
      should(shared.has(`gladia-config.group.${group}`)).equal(true, group);
      for (const path of paths) {
        const { type } = schemaAt(path);
        const kinds = ["label", "hint", ...(["boolean", "number", "integer"].includes(type) ? ["short"] : [])];
        for (const kind of kinds) {
          should(shared.has(`gladia-config.${optionKey(path)}.${kind}`)).equal(true, `${path}.${kind}`);
        }
      }
    }
  });

  for (const language of LANGUAGES) {
    it(`${language}: the help names the field that chooses where a result goes`, () => {
      const label = catalogue(language, "gladia-config").get("gladia-config.label.property");
      for (const node of ["upload", "transcribe", "get-result", "callback", "format", "jobs"]) {
        const help = read("locales", language, `gladia-${node}.html`);
        should(help).match(new RegExp(`^: payload .*(["“„「]|« )${label}(["”“」]| »)`, "m"));
      }
    });

    it(`${language}: the built help of transcribe and live tells of every option, in the words of the form`, () => {
      const texts = catalogue(language, "gladia-config");
      for (const [node, groups] of [
        ["transcribe", GROUPS],
        ["live", LIVE_GROUPS],
      ] as const) {
        const help = read("dist/nodes/locales", language, `gladia-${node}.html`);
        for (const path of groups.flatMap(({ paths }) => paths)) {
          const [label, hint] = ["label", "hint"].map((kind) => texts.get(`gladia-config.${optionKey(path)}.${kind}`));
          should(help).containEql(`\n- \`${path}\` – **${label}**. ${hint}\n`);
        }
      }
    });
  }
});
