import type { Node, NodeAPI } from "node-red";
import { GladiaError, type Term } from "../../src/errors";
import type { Account } from "../../src/jobs/account";
import { transcriptOf } from "../../src/live/messages";
import { readOptions } from "../../src/options";
import type { Options } from "../../src/options/merge";
import type { Heard, Listening, Speech, SpeechRequest } from "../../src/wyoming/connection";
import { type Expected, infoOf } from "../../src/wyoming/info";
import { liveSpeech } from "../../src/wyoming/live-speech";
import { recordedSpeech } from "../../src/wyoming/recorded-speech";
import type { RunningSpeech } from "../../src/wyoming/speech";
import { accountNode, presetOf } from "../account/account";
import { liveOptions } from "../live/options";
import { Outlet } from "../live/outlet";
import { SessionWarnings } from "../live/warnings";
import { asError, type GladiaFields, type Message } from "../messages/message";
import { PRODUCT } from "../shared/product";
import { translate, translateError } from "../shared/texts";
import type { Replies, WyomingSession } from "./replies";
import type { WyomingDef, WyomingSettings } from "./settings";
import type { WyomingStatus } from "./status";

/** Milliseconds between two warnings of the same kind: a client that is wrong tries again and again. */
const QUIET = 60_000;

/** Where an utterance comes from, on each message that is about it. */
interface Source {
  _session: WyomingSession;
  ip: string;
  /** What is known of its job. */
  gladia?: GladiaFields;
}

/** What a Wyoming node does with what is said to it. */
export class WyomingListening implements Listening {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  readonly #def: WyomingDef;
  readonly #settings: WyomingSettings;
  readonly #replies: Replies | undefined;
  readonly #status: WyomingStatus;
  readonly #outlet: Outlet;
  readonly #running = new Set<RunningSpeech>();
  /** When a warning was last given, by its key. */
  readonly #warned = new Map<string, number>();

  constructor(
    RED: NodeAPI,
    node: Node,
    parts: { def: WyomingDef; settings: WyomingSettings; replies: Replies | undefined; status: WyomingStatus },
  ) {
    this.#RED = RED;
    this.#node = node;
    this.#def = parts.def;
    this.#settings = parts.settings;
    this.#replies = parts.replies;
    this.#status = parts.status;
    this.#outlet = new Outlet(RED, node);
  }

  info(): Record<string, unknown> {
    const [, version = ""] = PRODUCT.split("/");
    return infoOf(this.#settings.name, version, this.streams);
  }

  /** Parts that were sent cannot become another text. */
  get streams(): boolean {
    return this.#settings.mode === "live" && !this.#replies;
  }

  /** @throws GladiaError */
  async listen(request: SpeechRequest): Promise<Speech> {
    const config = accountNode(this.#RED, this.#def.config);
    const source: Source = { _session: { type: "wyoming", id: this.#RED.util.generateId() }, ip: request.ip };
    const leave = config.enter();
    try {
      const account = await config.account();
      const { mode } = this.#settings;
      const speech = mode === "live" ? this.#live(account, request, source) : this.#recorded(account, request, source);
      this.#status.begun();
      this.#running.add(speech);
      void speech.over.then(() => {
        this.#running.delete(speech);
        this.#status.ended();
        leave();
      });
      return { ...speech, end: () => speech.end().then((heard) => this.#handOn(heard, source)) };
    } catch (error) {
      leave();
      throw error;
    }
  }

  failed(error: unknown, ip: string): void {
    const known = error instanceof GladiaError ? error : undefined;
    if (known?.code === "GLADIA_CANCELLED") return;
    if (known?.key.startsWith("wyoming-") && known.key !== "wyoming-late") {
      const now = performance.now();
      if (now - (this.#warned.get(known.key) ?? Number.NEGATIVE_INFINITY) < QUIET) return;
      this.#warned.set(known.key, now);
      const reason: Term = { key: known.key, params: known.params };
      this.#node.warn(translate(this.#RED, "wyoming-client", { ip, reason }));
      return;
    }
    const told = asError(this.#RED, error);
    this.#status.failed(known?.code ?? "error");
    this.#outlet.put({ error: told, msg: { _msgid: this.#RED.util.generateId(), ip } as unknown as Message });
  }

  tell(error: unknown): { text: string; code: string } {
    if (!(error instanceof GladiaError)) return { text: String(error), code: "error" };
    return { text: translateError(this.#RED, error).message, code: error.code };
  }

  /** Nothing goes out any more, also of what has its answer and is not over. Resolves when it is. */
  async close(): Promise<void> {
    this.#outlet.close();
    for (const speech of this.#running) speech.cancel();
    await Promise.all([...this.#running].map(({ over }) => over));
  }

  #live(account: Account, { onPart, ...expected }: SpeechRequest, source: Source): RunningSpeech {
    const warnings = new SessionWarnings(this.#RED, this.#node);
    return liveSpeech({
      account,
      onDropped: (seconds) => warnings.lost(seconds),
      onWarning: (warning) => warnings.warn(warning),
      onEnd: () => warnings.end(),
      options: liveOptions(this.#RED, this.#node, this.#def as never, account, undefined, clientOptions(expected)),
      onPart: this.streams ? onPart : () => {},
      onMessage: (message, id) => {
        const transcript = transcriptOf(message);
        const payload = transcript ? transcript.text.trim() : (message.data ?? null);
        this.#put(1, payload, source, { id, message, is_final: transcript?.isFinal === true });
      },
    });
  }

  #recorded(account: Account, expected: SpeechRequest, source: Source): RunningSpeech {
    const { options: node, preset: name } = this.#def;
    const layers = {
      ...{ account: account.settings.options, client: clientOptions(expected) },
      ...{ preset: presetOf(account, name), node },
    };
    const began = performance.now();
    return recordedSpeech({
      account,
      node: this.#node.id,
      options: readOptions(layers).options,
      onProgress: (status, id) => {
        const elapsed = Math.round((performance.now() - began) / 100) / 10;
        this.#put(1, { id, status, elapsed }, source, id === undefined ? {} : { id });
      },
      onJob: (job) => {
        source.gladia = { id: job.id, job };
      },
    });
  }

  /** The text goes down the flow, which may have another one for the client. */
  async #handOn(heard: Heard, source: Source): Promise<Heard> {
    const { text, language } = heard;
    if (text === "") return heard;
    const { gladia, ...from } = source;
    this.#put(0, text, from, { ...gladia, text }, language);
    if (!this.#replies) return heard;
    return { ...heard, text: await this.#replies.wait(source._session, text) };
  }

  #put(port: 0 | 1, payload: unknown, source: Source, gladia: object, language?: string): void {
    const { _session, ip } = source;
    const msg = {
      _msgid: this.#RED.util.generateId(),
      payload,
      ip,
      _session: { ..._session },
      gladia,
      ...(language ? { language } : {}),
    };
    this.#outlet.put({ out: (port === 0 ? [msg, null] : [null, msg]) as unknown as (Message | null)[] });
  }
}

/** What a client says of its speech, unless the node says otherwise: as options of a recording, which sessions know, too. */
function clientOptions({ language, words }: Expected): Options {
  return {
    ...(language === undefined ? {} : { language_config: { languages: [language] } }),
    ...(words.length === 0 ? {} : { custom_vocabulary: true, custom_vocabulary_config: { vocabulary: words } }),
  };
}
