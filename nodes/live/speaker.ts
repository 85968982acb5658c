import type { Node, NodeAPI } from "node-red";
import type { Account } from "../../src/jobs/account";
import { isSameFormat } from "../../src/live/format";
import type { LiveFormat } from "../../src/live/input";
import { type LiveMessage, transcriptOf } from "../../src/live/messages";
import { type LiveResult, LiveSession } from "../../src/live/session";
import { isObject, type Options } from "../../src/options/merge";
import { copyOf } from "../messages/copy";
import { asError, type Message } from "../messages/message";
import { liveOptions } from "./options";
import type { Outlet } from "./outlet";
import { type Beginning, beginningOf, Refusals } from "./refusals";
import type { Results } from "./results";
import { SessionRow } from "./row";
import type { LiveDef, LiveSettings } from "./settings";
import type { LiveStatus } from "./status";
import { SessionWarnings } from "./warnings";

/** Sources of one speaker that are remembered. */
const MOST_NAMES = 100;

/** What the speakers of a node share. */
export interface Stage {
  RED: NodeAPI;
  node: Node;
  def: LiveDef;
  outlet: Outlet;
  results: Results;
  status: LiveStatus;
}

interface Running {
  session: LiveSession;
  row: SessionRow;
  /** Whose key it was begun with. */
  account: Account;
  format: LiveFormat;
  beginning: Beginning;
}

/** One who speaks: its sessions, one after another, each begun by the first audio after the last one's end. */
export class Speaker {
  readonly #stage: Stage;
  readonly #settings: LiveSettings;
  readonly #alive = new Set<LiveSession>();
  readonly #refusals = new Refusals();
  #current: LiveSession | undefined;
  #format: LiveFormat | undefined;
  /** The streams, connections and senders that its audio came from, beside its key. */
  readonly #names = new Set<string>();
  /** The source's last message, whose fields stay on what is sent. */
  #last: object = {};

  constructor(stage: Stage, settings: LiveSettings) {
    this.#stage = stage;
    this.#settings = settings;
  }

  /** Whether a session takes audio. */
  get isRunning(): boolean {
    return this.#current?.isOpen === true;
  }

  /** Whether a session is not over yet. */
  get isAlive(): boolean {
    return this.#alive.size > 0;
  }

  /** Its audio came from there. */
  isHeardFrom(name: string): void {
    if (this.#names.has(name)) return;
    const [oldest] = this.#names;
    if (this.#names.size >= MOST_NAMES && oldest !== undefined) this.#names.delete(oldest);
    this.#names.add(name);
  }

  /** Whether audio of the sessions that are not over came from there. */
  hasName(name: string): boolean {
    return this.#names.has(name);
  }

  /** Audio of this format follows. A session in another one is stopped. */
  begin(format: LiveFormat, msg: Message): void {
    if (this.isRunning && !isSameFormat(this.#format, format)) this.stop();
    this.#format = format;
    this.#last = msg;
  }

  /** Begins a session before there is audio, with the account that `chooses` gives. @throws GladiaError */
  start(format: LiveFormat, msg: Message, chooses: () => Account): void {
    this.#last = msg;
    this.#format ??= format;
    this.#open(this.#format, msg.options, chooses());
  }

  /**
   * @param chooses gives the account that a session works with, should it have to begin
   * @throws GladiaError when a session has to begin and cannot, or was refused a moment ago
   */
  write(bytes: Buffer, msg: Message, chooses: () => Account): void {
    this.#last = msg;
    if (!this.isRunning) {
      const account = chooses();
      const format = this.#format as LiveFormat;
      this.#refusals.check(beginningOf(account, format, msg.options));
      this.#open(format, msg.options, account);
    }
    this.#current?.write(bytes);
  }

  stop(): void {
    this.#current?.stop();
  }

  cancel(): void {
    for (const session of this.#alive) session.cancel();
  }

  /** Ends it within moments. Resolves when no socket is left. */
  async close(): Promise<void> {
    await Promise.all([...this.#alive].map((session) => session.close()));
  }

  #open(format: LiveFormat, given: Options | undefined, account: Account): void {
    const { RED, node, def, status } = this.#stage;
    account.checkBudget();
    const options = liveOptions(RED, node, def, account, given);
    const { client, transport } = account;
    const { buffer, idle, maximum } = this.#settings;
    const { region } = account.settings;
    const { receive_acknowledgments } = (options["messages_config"] ?? {}) as Options;
    const acknowledgements = receive_acknowledgments === true;
    const warnings = new SessionWarnings(RED, node);
    const beginning = beginningOf(account, format, given);
    const row = new SessionRow({
      ...{ account, node: node.id, newKey: () => RED.util.generateId() },
      cancel: () => session.cancel(),
    });
    const session = LiveSession.open(
      {
        ...{ client, transport, region, buffer, idle, maximum, acknowledgements },
        listener: {
          onSession: (id, before) => row.named(id, before),
          onSessionEnd: (id, error) => row.over(id, error && asError(RED, error).message),
          onMessage: (message, id) => this.#say(message, id, row),
          onState: (state, seconds) => {
            status.set(this, state, seconds);
            row.set(state, seconds);
          },
          onDropped: (seconds) => warnings.lost(seconds),
          onWarning: (warning) => warnings.warn(warning),
          onEnd: (result) => {
            warnings.end();
            this.#ended({ session, row, account, format, beginning }, result);
          },
        },
      },
      { options, format },
    );
    this.#alive.add(session);
    this.#current = session;
  }

  #say(message: LiveMessage, id: string, row: SessionRow): void {
    const transcript = transcriptOf(message);
    if (transcript?.isFinal) row.heard(transcript.text, id);
    const { data } = message;
    const translated = isObject(data) ? data["translated_utterance"] : undefined;
    const text = transcript?.text ?? (isObject(translated) ? translated["text"] : undefined);
    const port = transcript ? (transcript.isFinal ? 0 : 1) : 2;
    const msg = this.#message(typeof text === "string" ? text.trim() : (data ?? null));
    msg.gladia = { id, message, is_final: transcript?.isFinal === true };
    this.#put(port, msg);
  }

  /** The last message of the source, with another payload; what it says of its audio is left out. */
  #message(payload: unknown): Message {
    const { RED, node } = this.#stage;
    const { payload: _, gladia, options, control, parts, event, media, ...fields } = this.#last as Message & Options;
    const { copy, isWhole } = copyOf(RED, node, fields);
    if (!isWhole) this.#last = copy; // said once for each message of the source
    return { ...copy, payload };
  }

  #put(port: number, msg: Message): void {
    const out = [null, null, null] as (Message | null)[];
    out[port] = msg;
    this.#stage.outlet.put({ out });
  }

  #ended({ session, row, account, format, beginning }: Running, { error, ids, reason }: LiveResult): void {
    const { RED, status, outlet, results, def } = this.#stage;
    this.#alive.delete(session);
    if (this.#alive.size === 0) {
      this.#last = withoutAudio(this.#last);
      this.#names.clear();
    }
    if (this.#current === session) this.#current = undefined;
    status.delete(this, error?.code);
    account.countLive(session.seconds * format.channels);
    const failure = error && asError(RED, error);
    const [id] = ids;
    if (failure && id === undefined) this.#refusals.note(failure, beginning);
    else if (id !== undefined && (failure || reason === "closed")) this.#refusals.ended(failure, beginning, id);
    row.ended(session.seconds, reason === "cancelled", failure?.message);
    if (failure) outlet.put({ error: failure, msg: this.#message(undefined) });
    if (def.result) for (const id of ids) void results.send(id, this.#message(undefined), account);
  }
}

/** Audio may be large, and the next may never come. */
function withoutAudio(msg: object): object {
  const { payload, ...fields } = msg as { payload?: unknown };
  return fields;
}
