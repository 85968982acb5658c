import type { NodeAPI, NodeMessage } from "node-red";
import { isObject } from "../../src/options/merge";
import { Pace } from "../../src/turns";
import type { Message, Out } from "./message";

/**
 * A message for each item, which core's join puts together again. They carry everything but the transcript that they come
 * from, which would be copied with each of them.
 * @param source the property with that transcript
 */
export async function sequenceOf(
  RED: NodeAPI,
  msg: Message,
  items: readonly object[],
  { source, property }: { source: string | undefined; property: string },
): Promise<Message[]> {
  const base = withoutPath(withoutPath(msg, ["gladia", "job"]), source ? pathOf(RED, source) : []);
  const id = RED.util.generateId();
  const about = { id, type: "array", count: items.length, len: 1, ...(property === "payload" ? {} : { property }) };
  const outer = msg.parts ? { parts: msg.parts } : {};
  const path = pathOf(RED, property);
  const pace = new Pace();
  const sequence: Message[] = [];
  for (const [index, item] of items.entries()) {
    // What lies on the way to the property is no other message's.
    const part = withoutPath(base, path);
    RED.util.setMessageProperty(part as NodeMessage, property, item, true);
    part.parts = { ...about, index, ...outer };
    sequence.push(part);
    if (pace.isDue(10)) await pace.turn();
  }
  return sequence;
}

const pathOf = (RED: NodeAPI, property: string): string[] =>
  (RED.util.normalisePropertyExpression(property) as unknown[]).map(String);

/** A copy of a message without one of its properties; what lies beside the path is shared. */
function withoutPath(msg: Message, path: readonly string[]): Message {
  const copy: Record<string, unknown> = { ...msg };
  let [at, from]: [Record<string, unknown>, unknown] = [copy, msg];
  for (const [i, name] of path.entries()) {
    if (!isObject(from) || !Object.hasOwn(from, name)) break;
    from = from[name];
    if (i === path.length - 1) {
      delete at[name];
    } else if (isObject(from)) {
      at[name] = { ...from };
      at = at[name] as Record<string, unknown>;
    }
  }
  return copy as unknown as Message;
}

/** Messages of a sequence that go out in one turn of the event loop. */
const BATCH = 100;

/** What goes out, a sequence on the first output in batches; the ending keeps what was not asked for yet. */
export function* batchesOf(ending: { out: Out }): Generator<Out> {
  const { out } = ending;
  const [sequence, ...others] = Array.isArray(out) ? out : [out];
  if (!Array.isArray(sequence)) {
    yield out;
    return;
  }
  for (let from = 0; from < sequence.length; from += BATCH) {
    ending.out = [sequence.slice(from), ...others];
    yield [sequence.slice(from, from + BATCH), ...(from === 0 ? others : [])];
  }
}

/** Whether a list without items was to go out as a message each. */
export function isEmptySequence(out: Out): boolean {
  const [sequence] = Array.isArray(out) ? out : [out];
  return Array.isArray(sequence) && sequence.length === 0;
}
