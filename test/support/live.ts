import type { Engine } from "../../local/src/index";
import { GladiaClient } from "../../src/client";
import type { Term } from "../../src/errors";
import type { Transport } from "../../src/http/transport";
import type { LiveFormat } from "../../src/live/input";
import { transcriptOf } from "../../src/live/messages";
import { type LiveDeps, type LiveMessage, type LiveResult, LiveSession, type LiveState } from "../../src/live/session";
import { until } from "./flow";

export const PCM: LiveFormat = { encoding: "wav/pcm", bit_depth: 16, sample_rate: 16_000, channels: 1 };

/** A session of our client, and all that it told. */
export interface Heard {
  session: LiveSession;
  messages: LiveMessage[];
  states: LiveState[];
  warnings: Term[];
  /** Seconds. */
  dropped: number;
  result: LiveResult | undefined;
  finals(): string[];
  /** Waits for the end. */
  ended(milliseconds?: number): Promise<LiveResult>;
}

/** Opens a session on a server; it ends with the test's transport. */
export function open(
  server: { url: string },
  transport: Transport,
  settings: Partial<Omit<LiveDeps, "client" | "transport" | "listener">> = {},
  options: Record<string, unknown> = {},
  format = PCM,
): Heard {
  const client = new GladiaClient({
    ...{ apiUrl: server.url, apiKey: "key", timeout: 10, retries: 2, product: "Test/1" },
    transport,
  });
  const heard: Omit<Heard, "session"> = {
    ...{ messages: [], states: [], warnings: [], dropped: 0, result: undefined },
    finals: () =>
      heard.messages.flatMap((message) => {
        const transcript = transcriptOf(message);
        return transcript?.isFinal ? [transcript.text] : [];
      }),
    ended: async (milliseconds) => {
      await until(() => heard.result !== undefined, milliseconds);
      return heard.result as LiveResult;
    },
  };
  const session = LiveSession.open(
    {
      ...{ client, transport, speed: 50, ...settings },
      listener: {
        onMessage: (message) => heard.messages.push(message),
        onState: (state) => heard.states.at(-1) === state || heard.states.push(state),
        onDropped: (seconds) => {
          heard.dropped += seconds;
        },
        onWarning: (warning) => heard.warnings.push(warning),
        onEnd: (result) => {
          heard.result = result;
        },
      },
    },
    { options, format },
  );
  return Object.assign(heard, { session });
}

/** The recording of a session as the server has it. */
export async function recordingOf(engine: Engine, id: string): Promise<Buffer> {
  const answer = await fetch(`${engine.url}/v2/live/${id}/file`, { headers: { "x-gladia-key": "key" } });
  if (answer.status !== 200) throw new Error(`no recording: ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

/** Utterances with pauses: tones, each of a pitch of its own. 16-bit PCM, 16 kHz, one channel. */
export function speech(utterances: number, seconds = 0.5, pause = 0.4): Buffer {
  const pieces: Buffer[] = [];
  for (let n = 0; n < utterances; n++) pieces.push(tone(pause, 0), tone(seconds, 200 + 17 * n));
  return Buffer.concat([...pieces, tone(pause, 0)]);
}

function tone(seconds: number, pitch: number): Buffer {
  const piece = Buffer.alloc(Math.round(seconds * 16_000) * 2);
  for (let at = 0; at < piece.length / 2; at++) {
    piece.writeInt16LE(Math.round(9000 * Math.sin((2 * Math.PI * pitch * at) / 16_000)), at * 2);
  }
  return piece;
}
