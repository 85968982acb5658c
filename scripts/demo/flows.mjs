import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** What a demo on one machine has not: a broker, and an address that Gladia can reach. */
const ELSEWHERE = ["mqtt-broker", "gladia-callback"];

/**
 * The example flows as one flow file in which the account takes address and key from the environment, so that the same
 * flow runs on the local engine and on Gladia's cloud.
 * @param folder the examples
 */
export async function demoFlows(folder) {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".json")).sort();
  const nodes = new Map();
  for (const file of files) {
    const example = JSON.parse(await readFile(join(folder, file), "utf8"));
    if (example.some(({ type }) => ELSEWHERE.includes(type))) continue;
    for (const node of example) {
      if (node.type === "gladia-config") node.apiUrl = "${GLADIA_API_URL}";
      if (node.type !== "global-config") nodes.set(node.id, node);
    }
  }
  return [...nodes.values()];
}

/** The stored credentials of a flow's accounts: the key stays in the environment. */
export function demoCredentials(nodes) {
  const accounts = nodes.filter(({ type }) => type === "gladia-config");
  return Object.fromEntries(accounts.map(({ id }) => [id, { apiKey: "${GLADIA_API_KEY}" }]));
}

/**
 * The way of the example that does the three steps one by one: what starts it, what shows its text, and what shows its
 * errors.
 */
export function threeSteps(nodes) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const after = (node, output) => (node?.wires?.[output] ?? []).map((id) => byId.get(id)).filter(Boolean);
  for (const inject of nodes.filter(({ type }) => type === "inject")) {
    const upload = after(inject, 0).find(({ type }) => type === "gladia-upload");
    const transcribe = after(upload, 0).find(({ type }) => type === "gladia-transcribe");
    const result = after(transcribe, 0).find(({ type }) => type === "gladia-get-result");
    const shown = after(result, 0).find(({ type }) => type === "debug");
    const caught = nodes.find(({ type, z }) => type === "catch" && z === inject.z);
    const failed = after(caught, 0).find(({ type }) => type === "debug");
    if (shown && failed) return { inject, upload, transcribe, result, shown, failed };
  }
  throw new Error("There is no example that uploads, transcribes and gets the result in three steps");
}
