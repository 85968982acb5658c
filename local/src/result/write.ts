import { yieldToLoop } from "./timed";

/** How deep a result is taken apart; its utterances and sentences lie there, each small. */
const DEPTH = 3;

/**
 * Writes a result as JSON piece by piece, since that of some hours of speech would hold the process up.
 * @param result the object the API documents under `result`
 */
export async function write(result: object): Promise<string> {
  const pieces: string[] = [];
  const breathe = yieldToLoop();
  const add = async (value: unknown, depth: number): Promise<void> => {
    await breathe();
    if (depth === DEPTH || typeof value !== "object" || value === null) {
      pieces.push(JSON.stringify(value));
      return;
    }
    const isList = Array.isArray(value);
    pieces.push(isList ? "[" : "{");
    const entries = Object.entries(value).filter(([, held]) => held !== undefined);
    for (const [index, [key, held]] of entries.entries()) {
      if (index > 0) pieces.push(",");
      if (!isList) pieces.push(`${JSON.stringify(key)}:`);
      await add(held, depth + 1);
    }
    pieces.push(isList ? "]" : "}");
  };
  await add(result, 0);
  return pieces.join("");
}
