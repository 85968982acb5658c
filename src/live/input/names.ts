import { isObject } from "../../options/merge";
import { parseMediaStream, streamOf } from "./media-stream";

type Fields = Record<string, unknown>;

const NONE: readonly string[] = [];

/** The connection and the sender of a message, as core's network nodes say them. */
export function connectionsOf({ _session, ip, port }: Fields): readonly string[] {
  if (_session === undefined && ip === undefined) return NONE;
  const id = isObject(_session) ? _session["id"] : undefined;
  const names: string[] = [];
  if (typeof id === "string" && id !== "") names.push(id);
  if (typeof ip === "string" && ip !== "") names.push(`${ip}:${String(port)}`);
  return names;
}

/** Where a message comes from; empty when it does not say. */
export function sourceOf(msg: Fields): string {
  return connectionsOf(msg)[0] ?? "";
}

/** All by which a message that is no audio names a source, the most exact first: its stream, its connection, its sender. */
export function namesOf(msg: Fields): string[] {
  const { payload } = msg;
  const inner = typeof payload === "string" ? parseMediaStream(payload) : payload;
  const ids = [msg, isObject(inner) ? inner : {}].map((from) => streamOf(from).id);
  return [...ids.filter((id) => id !== undefined), ...connectionsOf(msg)];
}
