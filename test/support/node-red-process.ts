import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./programs";

const ROOT = join(__dirname, "..", "..");

export interface NodeRedProcess {
  url: string;
  userDir: string;
  /** Deploys flows through the admin API, as the editor does; nodes may carry `credentials`. */
  deploy(flows: unknown[], token?: string): Promise<void>;
  /** The flows as the last deploy left them on disk. */
  flows(): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

interface Options {
  flows?: unknown[];
  /** The package to load; this repository unless told otherwise. */
  nodesDir?: string;
  settings?: Record<string, unknown>;
  env?: Record<string, string>;
  /** Called before it starts, with its folder. */
  prepare?: (userDir: string) => Promise<void>;
}

/**
 * For the setting `adminAuth`, each name is the password: somebody who may do all, who may look, who may also try, who may
 * also change accounts but not deploy, and who may only see statuses.
 */
export const USERS = {
  type: "credentials",
  users: [
    { username: "admin", permissions: "*", password: "$2b$04$UDQpSxGCC8pD.XuYqFPf/OL/DNd19qMgDkyrrLBfA66/syOHh3OtK" },
    {
      username: "viewer",
      permissions: "read",
      password: "$2b$04$zMI3jZvtYFGGaGP4nIsxA.csnHeJWTFy09W9ebpD9xMgT7A7KGEyi",
    },
    {
      username: "tester",
      permissions: ["read", "gladia.write"],
      password: "$2y$04$7SHV.a57Rwd2xNhaRQkBvufQcXjr2r./Plb19R0j3Lh7/eVvm6qga",
    },
    {
      username: "editor",
      permissions: ["read", "gladia.write", "gladia-config.write"],
      password: "$2y$04$SJ7HuyigMzMUxjaBOWrkIuhPk8YYOuAWN2a9m6SEyowQzpC9EqSZm",
    },
    {
      username: "status",
      permissions: ["status.read"],
      password: "$2y$04$QHC/8xwiSa3L.h2hKhnzfOQfPv9cgC0IFdMrrQElrPUpzILGqvSkC",
    },
  ],
};

/** The token of one of these users. */
export async function login(url: string, username: string): Promise<string> {
  const body = new URLSearchParams({
    client_id: "node-red-admin",
    grant_type: "password",
    scope: "",
    username,
    password: username,
  });
  const answer = await fetch(`${url}auth/token`, { method: "POST", body });
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** Where Node-RED and a Node for it are: our own, or those in the folder that `NODE_RED` names. */
function programs(): { node: string; red: string } {
  const folder = process.env["NODE_RED"] ?? ROOT;
  const node = join(folder, "node_modules/node/bin/node");
  return {
    node: existsSync(node) ? node : process.execPath,
    red: join(folder, "node_modules/node-red/red.js"),
  };
}

/** What it logs in English and in French. */
const RUNNING = /Server now running|Le serveur est disponible/;
const STARTED = /Started (modified )?(flows|nodes)|(Flux|Noeuds) (modifiés )?démarrés/;

/** What a Node-RED logs, to wait for; everything else that tells its state comes too early. */
class Log {
  private text = "";
  private readonly waiting = new Set<() => void>();

  constructor(private readonly server: ChildProcess) {
    const read = (data: Buffer) => {
      this.text += data.toString();
      for (const look of this.waiting) look();
    };
    server.stdout?.on("data", read);
    server.stderr?.on("data", read);
  }

  get length(): number {
    return this.text.length;
  }

  /** Waits for a line after that many characters of the log. */
  line(pattern: RegExp, after = 0): Promise<void> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) => reject(new Error(`Node-RED ended with ${code}:\n${this.text}`));
      const look = () => {
        if (!pattern.test(this.text.slice(after))) return;
        this.waiting.delete(look);
        this.server.off("exit", ended);
        resolve();
      };
      this.server.once("exit", ended);
      this.waiting.add(look);
      look();
    });
  }
}

/** Starts a Node-RED of its own, in a folder of its own, with the package of this repository in its palette. */
export async function startNodeRed({
  flows = [],
  nodesDir = ROOT,
  settings,
  env,
  prepare,
}: Options = {}): Promise<NodeRedProcess> {
  const { node, red } = programs();
  const userDir = await mkdtemp(join(tmpdir(), "node-red-gladia-"));
  const port = await freePort();
  const all = {
    uiHost: "127.0.0.1",
    uiPort: port,
    flowFile: "flows.json",
    credentialSecret: "test",
    nodesDir,
    fileWorkingDirectory: userDir,
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false, palette: { catalogues: [] } },
    externalModules: { palette: { allowInstall: false } },
    ...settings,
  };
  const file = join(userDir, "flows.json");
  await writeFile(join(userDir, "settings.js"), `module.exports = ${JSON.stringify(all)}`);
  await writeFile(file, JSON.stringify(flows));
  await prepare?.(userDir);
  const server = spawn(node, [red, "--userDir", userDir], { env: { ...process.env, ...env } });
  const log = new Log(server);
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  const end = () => server.kill();
  process.once("exit", end); // whoever started it may end in the middle
  const stop = async () => {
    process.off("exit", end);
    end();
    await ended;
    await rm(userDir, { recursive: true, force: true });
  };
  try {
    await log.line(RUNNING);
    await log.line(STARTED); // a deploy would take this line for its own
  } catch (error) {
    await stop();
    throw error;
  }
  const url = `http://127.0.0.1:${port}/`;
  return {
    url,
    userDir,
    stop,
    flows: async () => JSON.parse(await readFile(file, "utf8")),
    async deploy(flows, token) {
      const before = log.length;
      const headers = {
        "content-type": "application/json",
        "node-red-api-version": "v2",
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      };
      const response = await fetch(`${url}flows`, { method: "POST", headers, body: JSON.stringify({ flows }) });
      if (!response.ok) throw new Error(`Deploy failed: ${response.status} ${await response.text()}`);
      await log.line(STARTED, before);
    },
  };
}
