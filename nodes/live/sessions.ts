import { setImmediate as nextTurn } from "node:timers/promises";
import type { Node, NodeAPI, NodeMessage } from "node-red";
import { GladiaError, type TextKey, type TextParams } from "../../src/errors";
import type { Account } from "../../src/jobs/account";
import { connectionsOf, LiveInput, type LivePiece, namesOf } from "../../src/live/input";
import { type AccountNode, accountNode, keyOf } from "../account/account";
import { asError, type Message } from "../messages/message";
import type { Incoming } from "../messages/messages";
import { evaluate } from "../messages/property";
import { closedError } from "../messages/resume";
import { translate } from "../shared/texts";
import { Outlet } from "./outlet";
import { Results } from "./results";
import { type LiveDef, type LiveSettings, readLiveSettings } from "./settings";
import { Speaker } from "./speaker";
import { LiveStatus } from "./status";

/** Sources whose format is remembered after their session has ended. */
const REMEMBERED = 1000;
/** Sources that are heard at once: each is billed, and whoever may send chooses how many there are. */
const AT_ONCE = 200;

/** Bytes, or characters, of a message that is heard in turns, and milliseconds of each turn. */
const LARGE = 64 * 1024;
const SLICE = 10;

/** Fails a message, so that Catch nodes get it. */
type Fail = (incoming: Incoming, error: unknown) => void;

/** What a node needs before the first audio. */
interface Ready {
  config: AccountNode;
  account: Account;
  settings: LiveSettings;
  input: LiveInput;
  /** Chooses the node's own account. */
  own: Chooses;
}

/** Gives the account that a session works with, should the message begin one. @throws GladiaError GLADIA_CONFIG */
type Chooses = () => Account;

/** The live sessions of a node: one for each speaker. A message ends as soon as its audio is taken. */
export class LiveSessions {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  readonly #def: LiveDef;
  readonly #fail: Fail;
  readonly #outlet: Outlet;
  readonly #results: Results;
  readonly #status: LiveStatus;
  /** By the value that tells one from another; those that ended stay until another takes their place, for their format. */
  readonly #speakers = new Map<string, Speaker>();
  #ready: Ready | undefined;
  #before: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #isClosed = false;

  constructor(RED: NodeAPI, node: Node, def: LiveDef, fail: Fail) {
    this.#RED = RED;
    this.#node = node;
    this.#def = def;
    this.#fail = fail;
    this.#outlet = new Outlet(RED, node);
    this.#results = new Results(RED, node, def, this.#outlet);
    this.#status = new LiveStatus(RED, node);
  }

  /** Takes a message: audio, or a word that controls. Gives false when the node closes. */
  take(incoming: Incoming): boolean {
    if (this.#isClosed) return false;
    const { session, sessionType = "msg" } = this.#def;
    const ready = this.#ready?.config.keyFrom ? undefined : this.#ready;
    if (ready && this.#waiting === 0 && (!session || sessionType === "msg") && !isLarge(incoming.msg)) {
      const { msg } = incoming;
      const value = session ? this.#RED.util.getMessageProperty(msg as NodeMessage, session) : undefined;
      this.#handle(ready, incoming, nameOf(value), ready.own);
    } else {
      this.#waiting++;
      this.#before = this.#before.then(() => this.#handleLater(incoming)).finally(() => this.#waiting--);
    }
    return true;
  }

  /** Ends all sessions in the API's way. Resolves when no socket is left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#outlet.close();
    this.#results.close();
    this.#status.close();
    await this.#before;
    await Promise.all([...this.#speakers.values()].map((speaker) => speaker.close()));
  }

  async #handleLater(incoming: Incoming): Promise<void> {
    try {
      if (this.#isClosed) throw closedError(); // its successor takes it
      this.#ready ??= await this.#prepare();
      const { session, sessionType = "msg" } = this.#def;
      const value = session ? await evaluate(this.#RED, this.#node, session, sessionType, incoming.msg) : undefined;
      const chooses = await this.#chooses(this.#ready, incoming.msg);
      if (isLarge(incoming.msg)) await this.#hearLarge(this.#ready, incoming, nameOf(value), chooses);
      else this.#handle(this.#ready, incoming, nameOf(value), chooses);
    } catch (error) {
      this.#fail(incoming, error);
    }
  }

  async #prepare(): Promise<Ready> {
    const settings = readLiveSettings(this.#RED, this.#node, this.#def);
    const config = accountNode(this.#RED, this.#def.config);
    const account = await config.account();
    return { config, account, settings, input: new LiveInput(settings.input), own: () => account };
  }

  /** Only what begins a session needs a key: that a message of a running one has none does not matter. */
  async #chooses({ config, account }: Ready, msg: Message): Promise<Chooses> {
    try {
      const key = await keyOf(this.#RED, config, this.#node, msg);
      return () => (key === undefined ? account : account.withKey(key));
    } catch (error) {
      return () => {
        throw error;
      };
    }
  }

  #handle(ready: Ready, incoming: Incoming, key: string | undefined, chooses: Chooses): void {
    const { msg } = incoming;
    try {
      if (typeof msg.control === "string" && msg.control !== "") this.#control(ready, msg, key, chooses);
      else for (const piece of this.#piecesOf(ready, msg, key)) this.#hear(ready, msg, piece, chooses);
    } catch (error) {
      this.#fail(incoming, error);
      return;
    }
    incoming.done();
  }

  /** Hears minutes of audio in one message, and lets the event loop turn meanwhile. A deploy does not wait for the rest of it. */
  async #hearLarge(ready: Ready, incoming: Incoming, key: string | undefined, chooses: Chooses): Promise<void> {
    const { msg, done } = incoming;
    let since = performance.now();
    for (const piece of this.#piecesOf(ready, msg, key)) {
      this.#hear(ready, msg, piece, chooses);
      if (performance.now() - since < SLICE) continue;
      await nextTurn();
      if (this.#isClosed) {
        this.#outlet.put({ error: asError(this.#RED, closedError()), msg }); // its beginning was heard: not again
        break;
      }
      since = performance.now();
    }
    done();
  }

  /** Reads a message, a little at each step. @throws GladiaError */
  #piecesOf({ input }: Ready, msg: Message, key: string | undefined): Iterable<LivePiece> {
    const value = msg.payload === undefined ? msg : msg.payload;
    return input.pieces(msg as unknown as Record<string, unknown>, value, key);
  }

  /** @throws GladiaError */
  #hear(ready: Ready, msg: Message, piece: LivePiece, chooses: Chooses): void {
    const speaker = this.#speaker(ready, piece.session);
    if (piece.kind === "start") speaker.begin(piece.format, msg);
    else if (piece.kind === "audio") {
      speaker.write(piece.bytes, msg, speaker.isRunning ? chooses : this.#withRoom(chooses));
      if (piece.stream !== undefined) speaker.isHeardFrom(piece.stream);
      for (const name of connectionsOf(msg as unknown as Record<string, unknown>)) speaker.isHeardFrom(name);
    } else {
      speaker.stop();
      ready.input.forget(piece.session);
    }
  }

  /** @throws GladiaError GLADIA_OPTIONS for a word that is none, and what begins a session throws */
  #control(ready: Ready, msg: Message, key: string | undefined, chooses: Chooses): void {
    const word = String(msg.control);
    const names = namesOf(msg as unknown as Record<string, unknown>);
    if (key !== undefined) names.unshift(key);
    if (word === "start") {
      const speaker = this.#speaker(ready, names[0] ?? "");
      if (speaker.isRunning) this.#warn("live-started");
      else speaker.start(ready.settings.format, msg, this.#withRoom(chooses));
      return;
    }
    if (word !== "stop" && word !== "cancel" && word !== "cancel-all") {
      throw new GladiaError("GLADIA_OPTIONS", "live-control", { word: word.slice(0, 80) });
    }
    const meant = this.#meant(word === "cancel-all" ? [] : names, word === "stop");
    if (meant.length === 0 && word !== "cancel-all") this.#warn("live-not-started", { word });
    for (const speaker of meant) word === "stop" ? speaker.stop() : speaker.cancel();
  }

  /** Those with a session that the first name that is known means; all of them without any name. */
  #meant(names: string[], mustRun: boolean): Speaker[] {
    const all = [...this.#speakers].filter(([, speaker]) => (mustRun ? speaker.isRunning : speaker.isAlive));
    const called = (name: string) => all.filter(([key, speaker]) => key === name || speaker.hasName(name));
    const meant = names.length === 0 ? all : (names.map(called).find(({ length }) => length > 0) ?? []);
    return meant.map(([, speaker]) => speaker);
  }

  #speaker({ settings }: Ready, key: string): Speaker {
    let speaker = this.#speakers.get(key);
    if (!speaker) {
      if (this.#speakers.size >= REMEMBERED) this.#forgetOldest();
      const stage = { RED: this.#RED, node: this.#node, def: this.#def, outlet: this.#outlet };
      speaker = new Speaker({ ...stage, results: this.#results, status: this.#status }, settings);
      this.#speakers.set(key, speaker);
    }
    return speaker;
  }

  /** A session begins only where there is room for one. */
  #withRoom(chooses: Chooses): Chooses {
    return () => {
      let alive = 0;
      for (const speaker of this.#speakers.values()) if (speaker.isAlive) alive++;
      if (alive >= AT_ONCE) throw new GladiaError("GLADIA_QUEUE_FULL", "live-many", { most: AT_ONCE });
      return chooses();
    };
  }

  #forgetOldest(): void {
    for (const [key, speaker] of this.#speakers) {
      if (speaker.isAlive) continue;
      this.#speakers.delete(key);
      this.#ready?.input.forget(key);
      return;
    }
  }

  #warn(key: TextKey, params: TextParams = {}): void {
    this.#node.warn(translate(this.#RED, key, params));
  }
}

function nameOf(value: unknown): string | undefined {
  return value === undefined || value === null || value === "" ? undefined : String(value);
}

function isLarge({ payload, control }: Message): boolean {
  const { byteLength, length, data } = (payload ?? {}) as { byteLength?: unknown; length?: unknown; data?: unknown };
  const size = byteLength ?? length ?? (Array.isArray(data) ? data.length : 0);
  return typeof size === "number" && size > LARGE && !control;
}
