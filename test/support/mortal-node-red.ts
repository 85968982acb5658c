import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttp, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./programs";

const ROOT = join(__dirname, "..", "..");

/** A Node-RED process that may be killed and started again over the same user directory. */
export class MortalNodeRed {
  private child: ChildProcess | undefined;
  log = "";

  private constructor(
    readonly folder: string,
    private readonly port: number,
    private readonly settings: string,
  ) {}

  /** @param more settings beside the usual ones; `contextStorage` and the like, as JavaScript text */
  static async create(flows: unknown[], credentials: object, more = ""): Promise<MortalNodeRed> {
    const folder = await mkdtemp(join(tmpdir(), "node-red-mortal-"));
    const port = await freePort();
    const settings = `module.exports = { uiHost: "127.0.0.1", uiPort: ${port}, flowFile: "flows.json",
      nodesDir: ${JSON.stringify(ROOT)}, fileWorkingDirectory: ${JSON.stringify(folder)}, credentialSecret: "test",
      telemetry: { enabled: false, updateNotification: false }, ${more} }`;
    await writeFile(join(folder, "flows.json"), JSON.stringify(flows));
    await writeFile(join(folder, "flows_cred.json"), JSON.stringify(credentials));
    return new MortalNodeRed(folder, port, settings);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Another one over the same user directory, at another port. */
  async beside(): Promise<MortalNodeRed> {
    const port = await freePort();
    return new MortalNodeRed(this.folder, port, this.settings.replace(`uiPort: ${this.port}`, `uiPort: ${port}`));
  }

  /** @param env beside that of this process */
  async start(env: Record<string, string> = {}): Promise<void> {
    if (this.child) await this.kill(); // of a try that failed
    await mkdir(this.folder, { recursive: true });
    const file = join(this.folder, `settings-${this.port}.js`);
    await writeFile(file, this.settings);
    const other = process.env["NODE_RED"] ?? ROOT;
    const node = join(other, "node_modules/node/bin/node");
    const red = join(other, "node_modules/node-red/red.js");
    const child = spawn(
      existsSync(node) ? node : process.execPath,
      [red, "--userDir", this.folder, "--settings", file],
      {
        env: { ...process.env, ...env },
      },
    );
    this.child = child;
    await new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (data: Buffer) => {
          this.log += data;
          if (/Started flows/.test(String(data))) resolve();
        });
      }
      child.once("exit", (code) => reject(new Error(`Node-RED ended with ${code}:\n${this.log.slice(-2000)}`)));
    });
  }

  /** Ends the process as a power cut would. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /**
   * Ends the process as a power cut would, at a moment when `holds`: it is stopped for each look, and what it had sent
   * has arrived by then.
   */
  async killWhen(holds: () => Promise<boolean>): Promise<void> {
    for (let look = 0; look < 500; look++) {
      this.child?.kill("SIGSTOP");
      await sleep(50);
      if (await holds()) return this.kill();
      this.child?.kill("SIGCONT");
      await sleep(5 + Math.random() * (10 + look)); // on a busy machine it has done little meanwhile
    }
    throw new Error("There was no such moment");
  }

  async stop(): Promise<void> {
    await this.end("SIGTERM");
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Ends the process in order, and keeps its folder. */
  async shutDown(): Promise<void> {
    await this.end("SIGTERM");
  }

  /** Deploys everything anew, or what has changed. `until`: the line of the log that ends the deploy. */
  async redeploy(
    flows: unknown[],
    type: "full" | "nodes" | "flows" = "full",
    until = /Started (modified )?(flows|nodes)/,
  ): Promise<void> {
    const before = this.log.length;
    const headers = { "content-type": "application/json", "Node-RED-Deployment-Type": type };
    const answer = await fetch(`${this.url}/flows`, { method: "POST", headers, body: JSON.stringify(flows) });
    if (!answer.ok) throw new Error(`redeploy: ${answer.status} ${await answer.text()}`);
    const end = Date.now() + 20_000;
    while (!until.test(this.log.slice(before))) {
      if (Date.now() > end) throw new Error(`redeploy:\n${this.log.slice(before)}`);
      await sleep(20);
    }
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }
}

/** Where flows of a process put what they have: each POST's JSON body. */
export async function collector<T>(): Promise<{ url: string; got: T[]; close(): Promise<void> }> {
  const got: T[] = [];
  const server: Server = createHttp((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      got.push(JSON.parse(Buffer.concat(chunks).toString()) as T);
      response.end("ok");
    });
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    got,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
