import type { IncomingHttpHeaders } from "node:http";
import { type Fault, Faults, ROUTES, type Route, type Seen, seeded } from "./faults";
import { type SocketFault, SocketFaults } from "./live/faults";
import { type Script, type ScriptedAudio, Scripts } from "./scripts";
import type { Settings } from "./settings";

/** One request that came in. `key` tells whether it carried `x-gladia-key`, whose value is not kept. */
export interface RecordedRequest {
  route: Route;
  method: string;
  /** path and query */
  url: string;
  key: boolean;
  headers: IncomingHttpHeaders;
  /** the fault it met */
  fault?: string;
  /** the status it was answered with; undefined while, or when never, answered */
  status?: number;
}

/** One try to deliver a callback or webhook. */
export interface RecordedDelivery {
  kind: "callback" | "webhook";
  event: string;
  job: string;
  url: string;
  attempt: number;
  status?: number;
  error?: string;
}

/** What one run of an engine saw. */
export interface Records {
  /** the latest 10 000 requests, oldest first */
  requests: RecordedRequest[];
  /** audio that came in, uploaded or fetched; `size` in bytes */
  uploads: { id: string; filename: string; size: number; sha256: string }[];
  /** jobs that were created */
  jobs: { id: string; audio_url: string; custom_metadata: Record<string, unknown> | null }[];
  deliveries: RecordedDelivery[];
  /** requests at the second origin, see `settings.redirectFiles`; one with a key was refused there */
  storage: RecordedRequest[];
}

const KEPT = 10_000;

/** Adds to a list of records, which forgets its oldest ones, so that an engine may run for ever. */
export function remember<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > 2 * KEPT) list.splice(0, list.length - KEPT);
}

/**
 * The handle of an engine for tests: what it saw, and what shall go wrong.
 *
 * ```ts
 * const engine = await createEngine({ port: 0, recogniser: scripted(), data, key: "k" });
 * engine.control.fault({ route: "create", kind: "reset-after" });
 * engine.control.fault({ route: "get", kind: "502-html", times: 3 });
 * engine.control.fault({ route: "*", kind: "500", probability: 0.1 });
 * engine.control.script({ match: { filename: "a.wav" }, text: ["Hello there.", "Good bye."], processing: 200 });
 * engine.control.script({ addOns: { translation: { error: { status_code: 500, message: "out of words" } } } });
 * engine.control.socketFault({ kind: "drop", after: 32_000, acks: 2 });
 * engine.control.settings.accountLimit = 3;
 * engine.control.requests.filter(({ route }) => route === "create").length;
 * engine.control.reset();
 * await engine.close();
 * ```
 *
 * Another process does the same at `/__control` (with the key) when the engine was made with `remoteControl: true`:
 * `GET` gives `{ counts, connections, requests, uploads, jobs, deliveries, storage }`; `POST` takes
 * `{ reset?: true, settings?: {...}, faults?: [...], socketFaults?: [...], scripts?: [...] }`, in this order, where nothing can be a function.
 */
export class Control implements Records {
  requests: RecordedRequest[] = [];
  uploads: Records["uploads"] = [];
  jobs: Records["jobs"] = [];
  deliveries: RecordedDelivery[] = [];
  storage: RecordedRequest[] = [];
  /** TCP connections opened to the engine */
  connections = 0;
  /** requests by route, faulty ones too */
  counts: Record<Route, number> = zeros();
  /** change them at any time */
  settings: Settings;

  private readonly faults: Faults;
  private readonly scripts = new Scripts();
  private readonly socketFaults = new SocketFaults();

  /**
   * @param initial the settings to start with and to go back to
   * @param seed of the draws for `probability`
   */
  constructor(
    private readonly initial: Settings,
    seed: number,
  ) {
    this.settings = structuredClone(initial);
    this.faults = new Faults(seeded(seed));
  }

  /** Has something go wrong; several faults stand in line, the first that fits a request strikes. @throws on nonsense */
  fault(fault: Fault): void {
    this.faults.add(fault);
  }

  /** Has something go wrong with connections of live sessions. @throws on nonsense */
  socketFault(fault: SocketFault): void {
    this.socketFaults.add(fault);
  }

  /** Says how jobs shall go; the script given last goes first. A job takes its script when it starts. */
  script(script: Script): void {
    this.scripts.add(script);
  }

  /** Forgets all faults, scripts and records and puts the settings back; jobs and files stay. */
  reset(): void {
    this.faults.clear();
    this.socketFaults.clear();
    this.scripts.clear();
    this.settings = structuredClone(this.initial);
    this.requests = [];
    this.uploads = [];
    this.jobs = [];
    this.deliveries = [];
    this.storage = [];
    this.connections = 0;
    this.counts = zeros();
  }

  /** The fault that strikes a request. */
  takeFault(route: Route, request: Seen): Fault | undefined {
    return this.faults.take(route, request);
  }

  /** The faults that strike a new connection of a live session. */
  takeSocketFaults(metadata: Record<string, unknown> | null): SocketFault[] {
    return this.socketFaults.take(metadata);
  }

  /** How a job that starts now shall go. */
  takeScript(audio: ScriptedAudio): Script {
    return this.scripts.take(audio);
  }

  /** Everything seen, as plain data. */
  records(): Records & { connections: number; counts: Record<Route, number> } {
    const { requests, uploads, jobs, deliveries, storage, connections, counts } = this;
    return { counts, connections, requests, uploads, jobs, deliveries, storage };
  }
}

function zeros(): Record<Route, number> {
  return Object.fromEntries(ROUTES.map((route) => [route, 0])) as Record<Route, number>;
}
