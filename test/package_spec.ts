import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { basename, dirname, join } from "node:path";
import should from "should";
import { PRODUCT } from "../nodes/shared/product";
import manifest from "../package.json";
import { EXAMPLES } from "./support/examples";
import { readDefinitions } from "./support/flow-library";
import { RECIPES } from "./support/recipes";

const ROOT = join(__dirname, "..");
const LANGUAGES = ["en-US", "fr"];
const LONGEST = 250;

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const exists = (file: string) => existsSync(join(ROOT, file));
/** Files below a folder, as paths from the repository's root. */
const below = (folder: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(ROOT.length + 1)
        .replaceAll("\\", "/"),
    );
const typeScript = (folder: string) => below(folder).filter((file) => file.endsWith(".ts"));

/** What a source file imports, with the keyword `type` where only types are meant. */
function imports(file: string): { from: string; typeOnly: boolean }[] {
  const statements = /(?:^|[\s;}])(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s*)?["']([^"']+)["']/g;
  const calls = /\b(?:require|import)\(\s*["']([^"']+)["']/g;
  const text = read(file);
  return [
    ...[...text.matchAll(statements)].map(([, type, from]) => ({ from: from ?? "", typeOnly: type !== undefined })),
    ...[...text.matchAll(calls)].map(([, from]) => ({ from: from ?? "", typeOnly: false })),
  ];
}

/** The file of the repository that a relative import means; anything else stays as it is. */
function target(file: string, from: string): string {
  if (!from.startsWith(".")) return from;
  const path = join(dirname(file), from).replaceAll("\\", "/");
  return [path, `${path}.ts`, `${path}/index.ts`].find((name) => /\.\w+$/.test(name) && exists(name)) ?? path;
}

/** `src/jobs`, `nodes`: the folder below `src/` or `nodes/` that a file is in; files of `src/` itself are rooms of their own. */
function roomOf(file: string): string {
  const [top = "", folder = "", rest] = file.split("/");
  if (rest !== undefined) return `${top}/${folder}`;
  return top === "nodes" ? top : file.replace(/\.ts$/, "");
}

const BASE = ["src/errors", "src/texts.json", "src/types", "src/job-id", "src/turns", "src/gate"];
const CLIENT = [...BASE, "src/client", "src/http", "src/options"];
const JOBS = [...CLIENT, "src/jobs", "src/audio", "src/output", "src/format"];
const LIVE = [...JOBS, "src/live"];

/** What the code of each room may use, beside itself; types may come from anywhere. See docs/architecture.md. */
const BELOW: Record<string, string[]> = {
  "src/errors": ["src/texts.json"],
  "src/types": [],
  "src/job-id": [],
  "src/turns": [],
  "src/gate": [],
  "src/options": BASE,
  "src/http": BASE,
  "src/multipart": [...BASE, "src/http"],
  "src/format": BASE,
  "src/output": [...BASE, "src/format"],
  "src/audio": [...BASE, "src/http"],
  "src/client": [...CLIENT, "src/multipart"],
  "src/jobs": [...CLIENT, "src/audio"],
  "src/live": [...CLIENT, "src/audio"],
  "src/wyoming": LIVE,
  "src/callbacks": [...CLIENT, "src/jobs"],
  "nodes/shared": BASE,
  "nodes/account": [...JOBS, "src/callbacks", "nodes/shared", "nodes/messages", "nodes/admin"],
  "nodes/messages": [...JOBS, "nodes/shared", "nodes/account", "nodes/admin"],
  "nodes/live": [...LIVE, "nodes/shared", "nodes/account", "nodes/messages"],
  "nodes/wyoming": [...LIVE, "src/wyoming", "nodes/shared", "nodes/account", "nodes/messages", "nodes/live"],
  "nodes/admin": [...JOBS, "src/callbacks", "nodes/shared", "nodes/account", "nodes/messages"],
  nodes: [
    ...[...LIVE, "src/callbacks", "src/wyoming"],
    ...["nodes/shared", "nodes/account", "nodes/messages", "nodes/admin", "nodes/live", "nodes/wyoming"],
  ],
  "nodes/editor": ["src/options", ...BASE],
};

describe("the package", () => {
  const entries = Object.entries(manifest["node-red"].nodes);
  const definitions = () => entries.flatMap(([, file]) => readDefinitions(read(file.replace(/\.js$/, ".html"))));

  for (const [type, file] of entries) {
    it(`has all of ${type} where Node-RED looks for it`, () => {
      should(file).equal(`dist/nodes/${type}.js`);
      const catalogues = LANGUAGES.flatMap((language) => [
        `dist/nodes/locales/${language}/${type}.json`,
        `dist/nodes/locales/${language}/${type}.html`,
      ]);
      should([file, `dist/nodes/${type}.html`, ...catalogues].filter((path) => !exists(path))).be.empty();
    });

    it(`registers ${type} so that the Flow Library can read it`, () => {
      const [definition, ...more] = readDefinitions(read(file.replace(/\.js$/, ".html")));
      should(more).be.empty();
      should(definition?.type).equal(type);
      if (definition?.icon) should(exists(`dist/nodes/icons/${definition.icon}`)).be.true();
    });
  }

  it("keeps what the editor loads small", () => {
    const pages = readdirSync(join(ROOT, "dist/nodes")).filter((file) => file.endsWith(".html"));
    const bytes = pages.reduce((sum, page) => sum + Buffer.byteLength(read(`dist/nodes/${page}`)), 0);
    should(bytes).be.belowOrEqual(160 * 1024);
  });

  it("has all of the sidebar where Node-RED looks for it", () => {
    const [name, file] = Object.entries(manifest["node-red"].plugins)[0] ?? [];
    const catalogues = LANGUAGES.map((language) => `dist/nodes/locales/${language}/${name}.json`);
    should([`${file}`, `dist/nodes/${name}.html`, ...catalogues].filter((path) => !exists(path))).be.empty();
    should(read(`dist/nodes/${name}.html`)).match(/RED\.plugins\.registerPlugin\("gladia-sidebar"/);
  });

  it("shows each node in an example", () => {
    const used = new Set([...EXAMPLES.values(), ...RECIPES.values()].flat().map((node) => node.type));
    const ours = definitions().filter(({ category }) => category !== "config");
    should(ours.map(({ type }) => type).filter((type) => !used.has(type))).be.empty();
  });

  it("registers every node that there is a file for", () => {
    const files = readdirSync(join(ROOT, "nodes")).filter((file) => file.endsWith(".ts"));
    const names = [...entries, ...Object.entries(manifest["node-red"].plugins)].map(([name]) => name);
    should(names.sort()).eql(files.map((file) => basename(file, ".ts")).sort());
  });

  it("names its version to the API", () => {
    should(PRODUCT).endWith(`/${manifest.version}`);
  });

  it("has a heading for its version in the changelog", () => {
    should(read("CHANGELOG.md")).containEql(`[${manifest.version}]`);
  });

  it("depends on little", () => {
    should(Object.keys(manifest.dependencies)).matchEach(/^(undici|standardwebhooks)$/);
  });

  it("requires nothing that is not installed with it", () => {
    const known = new Set([...Object.keys(manifest.dependencies), ...builtinModules]);
    const wanted = below("dist")
      .filter((file) => file.endsWith(".js"))
      .flatMap((file) => imports(file).map(({ from }) => from))
      .filter((from) => !from.startsWith(".") && !from.startsWith("node:"));
    // What ws takes where it is there, and does without where it is not.
    should(wanted.filter((from) => !known.has(from) && from !== "utf-8-validate")).be.empty();
  });

  it("writes uploads with form-data, and carries its licence and those of all that comes with it", () => {
    const runtime = below("dist/runtime")
      .map((file) => read(file))
      .join("\n")
      .replaceAll("\\\n", "");
    should(runtime).match(/multipart\/form-data; boundary=/);
    should(manifest.devDependencies).have.property("form-data");
    const notices = read("dist/THIRD-PARTY-NOTICES.txt");
    const carried = [...notices.matchAll(/^(\S+) \d+\.\d+\.\d+ \(MIT\)$/gm)].map(([, name]) => name ?? "");
    should(carried).containDeep(["asynckit", "combined-stream", "delayed-stream", "form-data", "hasown"]);
    should(notices.match(/Permission is hereby granted/g)).have.length(carried.length);
    const bundled = [...runtime.matchAll(/node_modules\/((?:@[^/]+\/)?[^/"]+)\//g)].map(([, name]) => name ?? "");
    should(bundled.length).be.above(5);
    should([...new Set(bundled)].filter((name) => !carried.includes(name))).be.empty();
  });

  describe("as npm packs it", () => {
    let files: string[];

    before(() => {
      const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
      const json = execFileSync("npm", args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
      files = JSON.parse(json)[0].files.map(({ path }: { path: string }) => path);
    });

    it("holds its papers", () => {
      should(["README.md", "LICENSE", "package.json"].filter((file) => !files.includes(file))).be.empty();
    });

    it("holds the build and the examples, and nothing else", () => {
      const expected =
        /^(README\.md|LICENSE|package\.json|examples\/(recipes\/)?[^/]+\.json|dist\/runtime\/[\w-]+\.js|dist\/THIRD-PARTY-NOTICES\.txt|dist\/nodes\/.+\.(js|json|html|svg))$/;
      should(files.filter((file) => !expected.test(file))).be.empty();
    });

    it("holds no code whose source is gone", () => {
      const code = files.filter((file) => file.startsWith("dist/nodes/") && file.endsWith(".js"));
      should(code.filter((file) => !exists(file.replace(/^dist\/(.*)\.js$/, "$1.ts")))).be.empty();
    });
  });
});

/** Names of files that the pages give as examples, and of Node-RED's own. */
const NOT_OURS = /gladia-thing|^settings\.js$|^(talk|archive)\./;
/** A path or the name of a file, as it stands between backticks. */
const FILE = /^[\w.@-][\w./@-]*(\.(ts|mjs|cjs|js|json|html|md|svg|png)|\/)$/;

describe("the pages", () => {
  const pages = () => [
    "README.md",
    "CONTRIBUTING.md",
    "local/README.md",
    ...below("docs").filter((file) => file.endsWith(".md")),
  ];

  it("link to what exists", () => {
    const links = pages().flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
        .map(([, link = ""]) => link)
        .filter((link) => !/^[a-z]+:/.test(link))
        .map((link) => ({ page, link })),
    );
    should(links.length).be.above(10);
    const broken = links.filter(({ page, link }) => !exists(join(dirname(page), link)));
    should(broken.map(({ page, link }) => `${page}: ${link}`)).be.empty();
  });

  it("name files that exist, whole or by the end of their path", () => {
    const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" }).split("\0").filter(exists);
    const paths = tracked.map((file) => `/${file}`);
    const isThere = (name: string) =>
      name.startsWith("dist/")
        ? exists(name)
        : paths.some((path) => (name.endsWith("/") ? path.includes(`/${name}`) : path.endsWith(`/${name}`)));
    const named = pages().flatMap((page) =>
      [...read(page).matchAll(/`([^`\n]+)`/g)]
        .flatMap(([, code = ""]) => code.split(/\s+/))
        .filter((name) => FILE.test(name) && !NOT_OURS.test(name))
        .map((name) => ({ page, name })),
    );
    should(named.length).be.above(50);
    const missing = named.filter(({ name }) => !isThere(name));
    should(missing.map(({ page, name }) => `${page}: ${name}`)).be.empty();
  });
});

describe("the code", () => {
  it("knows nothing of Node-RED in src/", () => {
    const wrong = typeScript("src").flatMap((file) =>
      imports(file)
        .map(({ from }) => target(file, from))
        .filter((path) => path.startsWith("nodes/") || /^@?node-red/.test(path))
        .map((path) => `${file}: ${path}`),
    );
    should(wrong).be.empty();
  });

  it("lets each room of src/ and nodes/ use only the rooms below it", () => {
    const wrong = [...typeScript("src"), ...typeScript("nodes")].flatMap((file) => {
      const room = roomOf(file);
      const allowed = BELOW[room];
      if (!allowed) return [`${file}: stands in a room without a rule`];
      return imports(file)
        .filter(({ from, typeOnly }) => from.startsWith(".") && !typeOnly)
        .map(({ from }) => roomOf(target(file, from)))
        .filter((used) => used !== room && !allowed.includes(used))
        .map((used) => `${file} uses ${used}`);
    });
    should(wrong).be.empty();
  });

  it("makes requests in src/ only", () => {
    const network = /^(undici|form-data|(node:)?(https?|http2|net|tls|dgram))$/;
    const files = typeScript("nodes").filter((file) => !file.startsWith("nodes/editor/"));
    const wrong = files.flatMap((file) => [
      ...imports(file)
        .filter(({ from, typeOnly }) => !typeOnly && network.test(from))
        .map(({ from }) => `${file}: ${from}`),
      ...(/(?<![.\w])fetch\(/.test(read(file)) ? [`${file}: fetch`] : []),
    ]);
    should(wrong).be.empty();
  });

  it("shares only the options with the browser", () => {
    const seen = new Set(typeScript("nodes/editor"));
    const wrong: string[] = [];
    for (const file of seen) {
      for (const { from, typeOnly } of imports(file)) {
        const path = target(file, from);
        if (typeOnly) continue;
        if (/^(nodes\/editor|src\/options)\//.test(path)) seen.add(path);
        else wrong.push(`${file}: ${path}`);
      }
    }
    should(wrong).be.empty();
  });

  it("is in files of a length that one can read", () => {
    const files = ["src", "nodes", "local/src", "local/bin", "scripts", "bench"]
      .filter(exists)
      .flatMap(below)
      .filter((file) => /\.(ts|mjs|cjs|js)$/.test(file) && !file.includes("node_modules/"));
    const lines = (file: string) => read(file).split("\n").length - 1;
    const long = files.filter((file) => lines(file) > LONGEST).map((file) => `${file}: ${lines(file)} lines`);
    should(long).be.empty();
  });

  it("names no machine and no package registry", () => {
    // Written in parts, since this file is searched too.
    const hosts = ["registry", "npmjs", "yarnpkg", "npm\\.pkg\\.github"].map((name) => `${name}\\.(org|com|npmjs)`);
    const pattern = new RegExp([...hosts, "deb\\.debian\\.", "(?<![\\w./])/(work|Users)/"].join("|"));
    const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" })
      .split("\0")
      .filter(Boolean);
    const text = tracked
      .filter(exists)
      .filter((file) => !/\.(png|wav|flac|m4a|mp[34]|ogg|opus|webm|onnx|gz)$/.test(file));
    should(text.length).be.above(50);
    should(text.filter((file) => pattern.test(read(file)))).be.empty();
  });
});
