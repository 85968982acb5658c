import { type Node, parse } from "acorn";

/** What the Flow Library learns of a node from its html. */
export interface Definition {
  type: string;
  category: string;
  icon: string | undefined;
}

type Tree = Node & Record<string, unknown>;

const isNode = (value: unknown): value is Tree => typeof (value as Tree | null)?.type === "string";

/** All nodes of a syntax tree, the given one first. */
function* nodes(tree: Tree): Generator<Tree> {
  yield tree;
  for (const child of Object.values(tree).flat()) if (isNode(child)) yield* nodes(child);
}

/** The value of a literal. @throws when the Flow Library could not read it, since it runs no code */
function literal(node: unknown, what: string): unknown {
  if (!isNode(node) || node.type !== "Literal") throw new Error(`${what} is not written out`);
  return node["value"];
}

/** The properties of an object that is written out where it is used. @throws for others, and for a spread in it */
function properties(node: unknown, what: string): Map<unknown, unknown> {
  if (!isNode(node) || node.type !== "ObjectExpression") throw new Error(`${what} is not written out`);
  return new Map(
    (node["properties"] as Tree[]).map((property) => {
      if (property.type !== "Property") throw new Error(`${what} has a spread in it`);
      const key = property["key"] as Tree;
      return [key["name"] ?? key["value"], property["value"]];
    }),
  );
}

/**
 * Reads the html of a node as the Flow Library does: it runs nothing, but looks for `registerType` with literals in
 * inline scripts. What it cannot read is missing from its catalogue.
 * @throws with what stands in its way
 */
export function readDefinitions(html: string): Definition[] {
  const scripts = [...html.matchAll(/<script type="text\/javascript">([\s\S]*?)<\/script>/g)].map(
    ([, script]) => script,
  );
  if (scripts.length === 0) throw new Error("There is no inline script");
  const calls = scripts
    .flatMap((script) => [...nodes(parse(script ?? "", { ecmaVersion: "latest" }) as unknown as Tree)])
    .filter((node) => node.type === "CallExpression")
    .filter(
      ({ callee }) => isNode(callee) && isNode(callee["property"]) && callee["property"]["name"] === "registerType",
    );
  return calls.map((call) => {
    const [first, second] = call["arguments"] as Tree[];
    const type = String(literal(first, "The node's type"));
    const definition = properties(second, `The definition of ${type}`);
    const read = (key: string) => literal(definition.get(key), `${key} of ${type}`);
    properties(definition.get("defaults"), `defaults of ${type}`);
    if (definition.has("credentials")) properties(definition.get("credentials"), `credentials of ${type}`);
    const category = String(read("category"));
    if (category === "config") return { type, category, icon: undefined };
    for (const key of ["color", "inputs", "outputs"]) read(key);
    return { type, category, icon: String(read("icon")) };
  });
}
