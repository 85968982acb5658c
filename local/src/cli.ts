import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { textOf } from "./errors";
import { createMoonshine } from "./recogniser/moonshine";
import type { Recogniser } from "./recogniser/types";
import { scripted } from "./scripted/scripted";
import { createEngine, type EngineOptions } from "./server";

const HELP = `gladia-local: Gladia's API on this machine, offline, English only

  --port <number>     port to listen on (8778; 0 takes a free one)
  --host <address>    address to listen on (127.0.0.1)
  --key <text>        key clients must send; "any" takes every key (any)
  --data <folder>     where jobs and audio are kept (~/.gladia-local)
  --model <name>      tiny, or base: slower and a little better (tiny)
  --idle <seconds>    the model leaves memory after this time without work (60)
  --sessions <number> live sessions at once; more are answered with 429 (4)
  --webhook <url>     where webhooks go; signed with GLADIA_LOCAL_WEBHOOK_SECRET (whsec_...)
  --scripted          no model: the text names the file, for tests
  --control           opens /__control, for tests
  --help              this text
`;

const OPTIONS = {
  port: { type: "string", default: "8778" },
  host: { type: "string", default: "127.0.0.1" },
  key: { type: "string", default: "any" },
  data: { type: "string", default: join(homedir(), ".gladia-local") },
  model: { type: "string", default: "tiny" },
  idle: { type: "string", default: "60" },
  sessions: { type: "string" },
  webhook: { type: "string" },
  scripted: { type: "boolean", default: false },
  control: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** A mistake in the command line. */
class Usage extends Error {}

type Values = ReturnType<typeof parse>;

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw new Usage(textOf(error));
  }
}

/** A whole number of the command line within its bounds. */
function whole(name: string, text: string, maximum: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > maximum) throw new Usage(`--${name} must be a number from 0 to ${maximum}`);
  return value;
}

function recogniserOf(values: Values): Recogniser {
  if (values.scripted) return scripted();
  const { model } = values;
  if (model !== "tiny" && model !== "base") throw new Usage("--model must be tiny or base");
  const idleSeconds = whole("idle", values.idle, 86_400);
  return createMoonshine({ model, idleSeconds });
}

function webhookOf(url: string | undefined): Pick<EngineOptions, "webhook"> {
  if (url === undefined) return {};
  const secret = process.env["GLADIA_LOCAL_WEBHOOK_SECRET"];
  if (!URL.canParse(url)) throw new Usage("--webhook must be an address");
  if (secret === undefined) throw new Usage("--webhook needs the environment variable GLADIA_LOCAL_WEBHOOK_SECRET");
  return { webhook: { url, secret } };
}

/** Starts the engine of a command line; it runs until SIGINT or SIGTERM. */
async function start(values: Values): Promise<void> {
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const port = whole("port", values.port, 65_535);
  if (values.key === "") throw new Usage("--key must not be empty");
  const webhook = webhookOf(values.webhook);
  const recogniser = recogniserOf(values);
  const { host, key, data, sessions = values.scripted ? undefined : "4" } = values;
  const engine = await createEngine({
    ...webhook,
    ...(sessions === undefined ? {} : { liveLimit: whole("sessions", sessions, 10_000) }),
    recogniser,
    port,
    host,
    key,
    data,
    remoteControl: values.control,
    log,
  });
  process.stdout.write(`gladia-local listens on ${engine.url}\n`);
  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    try {
      await engine.close();
    } catch (error) {
      log(textOf(error));
      process.exitCode = 1;
    }
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
}

/**
 * Runs the command line.
 * @param args what follows the program's name
 */
export async function main(args: string[]): Promise<void> {
  try {
    const values = parse(args);
    if (values.help) process.stdout.write(HELP);
    else await start(values);
  } catch (error) {
    process.stderr.write(`gladia-local: ${textOf(error)}\n`);
    process.exitCode = error instanceof Usage ? 2 : 1;
  }
}
