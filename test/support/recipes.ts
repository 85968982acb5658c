import { existsSync, readdirSync, readFileSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import should from "should";
import { DebugSidebar } from "./debug";
import { type Engine, startEngine } from "./engine";
import type { FlowNode } from "./examples";
import { type NodeRedProcess, startNodeRed } from "./node-red-process";

const ROOT = join(__dirname, "..", "..");
const OTHERS = join(ROOT, "test", "recipes");
const FOLDER = join(ROOT, "examples", "recipes");

/** The recipes that the Import menu offers, by name. */
export const RECIPES: ReadonlyMap<string, FlowNode[]> = new Map(
  readdirSync(FOLDER)
    .filter((file) => file.endsWith(".json"))
    .map((file) => [file.slice(0, -".json".length), JSON.parse(readFileSync(join(FOLDER, file), "utf8"))]),
);

/**
 * Whether the nodes of others that the recipes use are there (`scripts/recipe-nodes.mjs`); where they are not, says so.
 */
export function hasOthers(): boolean {
  const isThere = existsSync(join(OTHERS, "node_modules"));
  if (!isThere) console.log("      skipped: needs the nodes of others, node scripts/recipe-nodes.mjs");
  return isThere;
}

/** Whether a package of others is there; one that has to be compiled may not be. */
export function hasOther(name: string): boolean {
  try {
    other(name);
    return true;
  } catch {
    return false;
  }
}

/** A package that comes with the nodes of others. */
export function other<T>(name: string, from = "package.json"): T {
  return createRequire(join(OTHERS, "node_modules", from))(name);
}

/** Makes the nodes of others known to a Node-RED that has not started yet. */
export function linkOthers(userDir: string): Promise<void> {
  return symlink(join(OTHERS, "node_modules"), join(userDir, "node_modules"));
}

/** An HTTP server on loopback. */
export async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>) {
  const server: Server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

/** A body as text. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** The file of an example's picture. */
export function pictureOf(name: string): string {
  return `${name.toLowerCase().replaceAll(/[^\da-z]+/g, "-")}.png`;
}

/** A Node-RED with the nodes of others, an engine, and what its debug nodes say. */
export interface RecipeRun {
  engine: Engine;
  nodeRed: NodeRedProcess;
  sidebar: DebugSidebar;
  /** Deploys a recipe as the Import menu gives it, but for what its note says is to be changed: by a node's name or type. */
  run(name: string, changes?: Record<string, object>): Promise<FlowNode[]>;
  press(flow: FlowNode[], name: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts all that recipes need to run. */
export async function startRecipes(): Promise<RecipeRun> {
  const [engine, nodeRed] = await Promise.all([startEngine(), startNodeRed({ prepare: linkOthers })]);
  const sidebar = await DebugSidebar.open(nodeRed.url);
  return {
    engine,
    nodeRed,
    sidebar,
    async run(name, changes = {}) {
      const flow = RECIPES.get(name) ?? [];
      const names = new Set(flow.flatMap(({ type, name: own }) => [type, String(own)]));
      should(Object.keys(changes).filter((changed) => !names.has(changed))).eql([], name);
      const account = { apiUrl: engine.url, credentials: { apiKey: "key" } };
      const deployed = flow.map((node) => ({
        ...node,
        ...(node.type === "gladia-config" ? account : {}),
        ...changes[node.type],
        ...changes[String(node["name"])],
      })) as FlowNode[];
      await nodeRed.deploy(deployed);
      return deployed;
    },
    async press(flow, name) {
      const inject = flow.find((node) => node.type === "inject" && node["name"] === name);
      should((await fetch(`${nodeRed.url}inject/${inject?.id}`, { method: "POST" })).status).equal(200);
    },
    async close() {
      sidebar.close();
      await nodeRed.stop();
      await engine.close();
    },
  };
}
