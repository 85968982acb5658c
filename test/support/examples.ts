import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(__dirname, "..", "..", "examples");

export type FlowNode = Record<string, unknown> & { id: string; type: string };

/** The example flows that the Import menu offers, by file name. */
export const EXAMPLES: ReadonlyMap<string, FlowNode[]> = new Map(
  readdirSync(FOLDER)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => [file, JSON.parse(readFileSync(join(FOLDER, file), "utf8"))]),
);

/** All examples as one set of flows; the account that they share stands in it once. */
export function allExamples(account: Record<string, unknown> = {}): FlowNode[] {
  const nodes = new Map([...EXAMPLES.values()].flat().map((node) => [node.id, node]));
  return [...nodes.values()].map((node) => (node.type === "gladia-config" ? { ...node, ...account } : node));
}
