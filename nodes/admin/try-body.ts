import type { IncomingMessage } from "node:http";
import { GladiaError } from "../../src/errors";
import { isObject, type Options } from "../../src/options/merge";
import { isNodeId } from "./requested-account";

/** What a dialog sends before the audio, as one line of JSON. */
export interface TryRequest {
  node: string;
  account: Record<string, unknown>;
  /** The account's options as they stand in the editor. */
  accountOptions: Options | undefined;
  options: Options | undefined;
  filename: string | undefined;
}

/** Bytes of audio that a trial may have. It stands in memory while it is sent on. */
const MOST = 25_000_000;
/** Bytes that the line before it may have. */
const LINE = 1_000_000;
/** Milliseconds in which something of the clip has to come, and in which all of it has to be there. */
const IDLE = 20_000;
const WHOLE = 300_000;
/** Milliseconds for a sender to read why it was turned away, before the connection is cut. */
const LINGER = 2000;

/**
 * Reads the line and the audio; what is too much is not kept, and no longer read.
 * @throws GladiaError GLADIA_AUDIO, GLADIA_TIMEOUT, GLADIA_CONFIG; the request is then still open
 */
export async function readTryBody(request: IncomingMessage): Promise<{ trial: TryRequest; audio: Buffer }> {
  const body = await readBytes(request, MOST + LINE);
  const end = body.indexOf("\n");
  const audio = body.subarray(end + 1);
  if (audio.length > MOST) throw tooLarge();
  return { trial: parseLine(body.subarray(0, Math.max(0, Math.min(end, LINE)))), audio };
}

const tooLarge = () => new GladiaError("GLADIA_AUDIO", "try-too-large", { most: MOST / 1_000_000 });

function readBytes(request: IncomingMessage, most: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (settle: () => void) => {
      clearTimeout(idle);
      clearTimeout(whole);
      request.off("data", onData).off("end", onEnd).off("error", onGone).off("close", onGone);
      settle();
    };
    const fail = (error: Error) => end(() => reject(error));
    const slow = () => {
      request.pause();
      fail(new GladiaError("GLADIA_TIMEOUT", "try-slow", {}, { retryable: true }));
    };
    const onData = (chunk: Buffer) => {
      idle.refresh();
      size += chunk.length;
      if (size > most) fail(tooLarge());
      else chunks.push(chunk);
    };
    const onEnd = () => end(() => resolve(Buffer.concat(chunks)));
    const onGone = () => fail(new GladiaError("GLADIA_CANCELLED", "cancelled"));
    const idle = setTimeout(slow, IDLE);
    const whole = setTimeout(slow, WHOLE);
    if (request.readableEnded) return onEnd(); // a parser before us has taken it for its own
    request.on("data", onData).on("end", onEnd).on("error", onGone).on("close", onGone);
    if (Number(request.headers["content-length"]) > most) fail(tooLarge());
  });
}

/**
 * Lets a sender that goes on read its answer before the connection is cut: browsers hear nothing before they have sent
 * all, or cannot go on. What it sends meanwhile is dropped, and is not without end either.
 */
export async function linger(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) return;
  await new Promise<void>((resolve) => {
    let dropped = 0;
    const end = () => {
      clearTimeout(timer);
      request.off("data", onData).off("end", end).off("close", end);
      request.pause();
      resolve();
    };
    const onData = (chunk: Buffer) => {
      dropped += chunk.length;
      if (dropped > 2 * MOST) end();
    };
    const timer = setTimeout(end, LINGER);
    request.on("data", onData).once("end", end).once("close", end);
  });
}

/** @throws GladiaError GLADIA_CONFIG for what no dialog of ours sends */
function parseLine(line: Buffer): TryRequest {
  const wrong = () => new GladiaError("GLADIA_CONFIG", "admin-request");
  let told: unknown;
  try {
    told = JSON.parse(line.toString("utf8"));
  } catch {
    throw wrong();
  }
  if (!isObject(told) || !isObject(told["account"])) throw wrong();
  const { node = "", account, options, filename } = told;
  const accountOptions = account["options"];
  const areOptions = (value: unknown): value is Options | undefined => value === undefined || isObject(value);
  if (!(node === "" || isNodeId(node)) || !areOptions(options) || !areOptions(accountOptions)) throw wrong();
  if (filename !== undefined && typeof filename !== "string") throw wrong();
  return { node, account, accountOptions, options, filename: filename?.slice(0, 200) };
}
