import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import multipart from "@fastify/multipart";
import fastify, { type FastifyInstance } from "fastify";
import { authenticator } from "./auth";
import { isDeeper } from "./contains";
import { Control } from "./control";
import { DeliveryQueue } from "./delivery/delivery-queue";
import { ApiError } from "./errors";
import { FileStore } from "./jobs/files";
import { isFinal, kindOf } from "./jobs/job";
import { Runner } from "./jobs/runner";
import { JobStore } from "./jobs/store";
import type { LiveRecogniser } from "./live/recogniser";
import { LiveSessions } from "./live/sessions";
import { acceptSockets } from "./live/upgrade";
import { lockFolder } from "./lock";
import type { Recogniser } from "./recogniser/types";
import { fake, unsupported } from "./result/addons";
import { controlRoutes } from "./routes/control";
import type { Deps } from "./routes/deps";
import { answerErrors } from "./routes/errors";
import { recordAndSpoil } from "./routes/faulty";
import { jobRoutes } from "./routes/jobs";
import { liveRoutes } from "./routes/live";
import { cutUnread } from "./routes/unread";
import { uploadRoutes } from "./routes/upload";
import { Scripted } from "./scripted/scripted";
import { DEFAULTS, type Settings } from "./settings";
import { SignedUrlServer } from "./storage";

/** How an engine is made. */
export interface EngineOptions extends Partial<Settings> {
  /** turns speech into words; closed together with the engine */
  recogniser: Recogniser;
  /** turns speech into words while it is spoken; by default the recogniser itself, if it can */
  live?: LiveRecogniser;
  /** folder of jobs and audio; made when it is not there, taken up again when it is */
  data: string;
  /** port to listen on; 0 takes a free one (default) */
  port?: number;
  /** address to listen on; 127.0.0.1 */
  host?: string;
  /** the key clients must send, or `any` (default) for every key that is not empty */
  key?: string;
  /** jobs recognised at once; 1, or without limit for a scripted recogniser */
  concurrency?: number;
  /** add-ons a recogniser cannot make: an honest failure, or an answer of the right shape (default when scripted) */
  addOns?: "unsupported" | "fake";
  /** opens `/__control` to other processes; false */
  remoteControl?: boolean;
  /** seed of the faults' probabilities; 1 */
  seed?: number;
  /** told in one line what a user should know; without it nothing is said */
  log?: (line: string) => void;
}

/** A running engine. `url` has no slash at the end. */
export interface Engine {
  url: string;
  port: number;
  control: Control;
  /** Ends all connections and jobs under way; these are taken up again by the next engine on the same folder. */
  close(): Promise<void>;
}

/** The settings among the options, over the defaults. */
function settingsOf(options: EngineOptions, isScripted: boolean): Settings {
  const settings: Settings = { ...DEFAULTS, ...(isScripted ? { languages: "any" as const } : {}) };
  const given = Object.entries(options).filter(([name, value]) => name in DEFAULTS && value !== undefined);
  return Object.assign(settings, Object.fromEntries(given));
}

/** Milliseconds for a request to come: 1,000 MB in an hour are 280 KB/s. */
const MOST_TIME = 3_600_000;
/** Levels of JSON in a request: the API's 2000 characters of metadata make 1000 at most. */
const MOST_DEPTH = 1_010;

/** What listens live: what was given for it, or the recogniser of files where it can do both. */
function listener({ live, recogniser }: EngineOptions): LiveRecogniser | undefined {
  if (live !== undefined) return live;
  return "open" in recogniser && typeof recogniser.open === "function" ? (recogniser as LiveRecogniser) : undefined;
}

/** A server that reads JSON leniently about empty bodies, since clients send the header with a DELETE. */
function server(): FastifyInstance {
  const app = fastify({
    routerOptions: { ignoreTrailingSlash: true },
    forceCloseConnections: true,
    bodyLimit: 2_000_000,
    requestTimeout: MOST_TIME,
    genReqId: () => `G-${randomBytes(4).toString("hex")}`,
  });
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else
      void parse(request, body as string, (error, value) => {
        if (error === null && isDeeper(value, MOST_DEPTH))
          done(new ApiError(400, `The body is nested too deep: at most ${MOST_DEPTH} levels are read`));
        else done(error, value);
      });
  });
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-aipi-call-id", request.id);
  });
  app.addHook("onResponse", async ({ raw }) => cutUnread(raw));
  return app;
}

/** Takes the folder of jobs and audio for this engine alone. */
async function openFolder(data: string): Promise<{ files: FileStore; jobs: JobStore; unlock: () => Promise<void> }> {
  await mkdir(data, { recursive: true, mode: 0o700 });
  const unlock = await lockFolder(data);
  try {
    return { files: await FileStore.open(data), jobs: await JobStore.open(data), unlock };
  } catch (error) {
    await unlock();
    throw error;
  }
}

/**
 * Starts an engine: a server that speaks Gladia's API on this machine, for files and live.
 * @param options see `EngineOptions`; the settings among them can be changed later in `control.settings`
 * @returns the engine, listening
 * @throws when the port or the folder cannot be had
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { recogniser, data, host = "127.0.0.1", log = () => undefined } = options;
  const isScripted = recogniser instanceof Scripted;
  const control = new Control(settingsOf(options, isScripted), options.seed ?? 1);
  const { files, jobs, unlock } = await openFolder(data);
  const deliveries = new DeliveryQueue(jobs, control, log);
  const addOns = (options.addOns ?? (isScripted ? "fake" : "unsupported")) === "unsupported" ? unsupported : fake;
  const concurrency = options.concurrency ?? (isScripted ? Number.POSITIVE_INFINITY : 1);
  const runner = new Runner({ jobs, files, recogniser, addOns, control, deliveries, concurrency, log });
  const storage = new SignedUrlServer(control, host);
  const sessions = new LiveSessions({
    data,
    jobs,
    control,
    addOns,
    recogniser: listener(options),
    log,
    due: (event) => deliveries.webhooks(event),
    dispatch: (job) => deliveries.dispatch(job),
  });
  let url = "";
  const parts: Deps = {
    jobs,
    files,
    recogniser,
    control,
    deliveries,
    runner,
    storage,
    sessions,
    base: ({ host: asked }) => (/^[\w.:[\]-]+$/.test(asked) ? `http://${asked}` : url),
  };

  const app = server();
  answerErrors(app, log);
  app.server.on("connection", () => {
    control.connections += 1;
  });
  await app.register(multipart, { throwFileSizeLimit: false });
  recordAndSpoil(app, control);
  app.get("/health", { config: { route: "health" } }, async () => ({ health: "OK" }));
  await app.register((guarded, _options, done) => {
    const authenticate = authenticator(options.key ?? "any", host);
    guarded.addHook("onRequest", async (request) => authenticate(request));
    uploadRoutes(guarded, parts);
    jobRoutes(guarded, parts);
    liveRoutes(guarded, parts);
    if (options.remoteControl === true) controlRoutes(guarded, control);
    done();
  });
  try {
    await app.listen({ port: options.port ?? 0, host });
  } catch (error) {
    await unlock();
    throw error;
  }
  const endSockets = acceptSockets(app.server, { sessions, control });
  const { port } = app.server.address() as AddressInfo;
  url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  for (const job of jobs.all()) {
    deliveries.dispatch(job);
    if (!isFinal(job) && kindOf(job) === "pre-recorded") runner.enqueue(job);
  }
  await sessions.recover();
  const close = async () => {
    await sessions.close();
    endSockets();
    await app.close();
    await runner.close();
    await deliveries.close();
    await storage.close();
    await recogniser.close();
    await unlock();
  };
  let closing: Promise<void> | undefined;
  return {
    url,
    port,
    control,
    close() {
      closing ??= close();
      return closing;
    },
  };
}
