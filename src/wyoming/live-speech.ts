import { GladiaError } from "../errors";
import type { Account } from "../jobs/account";
import { bytesPerSecond } from "../live/format";
import { isAcknowledgement, type LiveMessage, transcriptOf } from "../live/messages";
import { LiveSession, type LiveState } from "../live/session";
import { isObject, type Options } from "../options/merge";
import { SPEECH_FORMAT } from "./audio";
import type { Heard } from "./connection";
import { inTime, joined, type RunningSpeech } from "./speech";

/** Seconds in which the session has to end once all of the speech is sent; the words are there much earlier. */
const PATIENCE = 10;

export interface LiveSpeechOptions {
  account: Account;
  options: Options;
  /** Everything the session says, without acknowledgements. */
  onMessage(message: LiveMessage, id: string): void;
  onPart(text: string): void;
}

/** Speech that is transcribed while it is said: in a live session. @throws GladiaError GLADIA_BUDGET */
export function liveSpeech({ account, options, onMessage, onPart }: LiveSpeechOptions): RunningSpeech {
  account.checkBudget();
  const finals: string[] = [];
  let language: string | undefined;
  let settle!: { resolve(heard: Heard): void; reject(error: GladiaError): void };
  const heard = new Promise<Heard>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const over = heard.then(
    () => {},
    () => {},
  );
  const { client, transport, settings } = account;
  let written = 0;
  let state: LiveState = "connecting";
  const session = LiveSession.open(
    {
      ...{ client, transport, region: settings.region },
      listener: {
        onMessage: (message, id) => {
          if (isAcknowledgement(message)) return;
          const transcript = transcriptOf(message);
          if (transcript?.isFinal) {
            const { length } = joined(finals);
            finals.push(transcript.text);
            const part = joined(finals).slice(length); // all parts together are the transcript
            if (part !== "") onPart(part);
            language ??= languageIn(message);
          }
          onMessage(message, id);
        },
        onState: (now) => {
          state = now;
        },
        onEnd: ({ error, reason }) => {
          account.countLive(session.seconds);
          if (error) settle.reject(error);
          else if (reason === "cancelled") settle.reject(new GladiaError("GLADIA_CANCELLED", "live-cancelled"));
          else settle.resolve({ text: joined(finals), language });
        },
      },
    },
    { options, format: SPEECH_FORMAT },
  );
  return {
    over,
    write: (pcm) => {
      written += pcm.length / bytesPerSecond(SPEECH_FORMAT);
      session.write(pcm);
    },
    end: () => {
      session.stop();
      // What comes faster than it can be said is sent as slowly as that.
      const unsent = Math.max(0, written - session.seconds);
      const seconds = Math.ceil(unsent + PATIENCE);
      const atLimit = () =>
        state === "waiting"
          ? new GladiaError("GLADIA_RATE_LIMIT", "live-limit", { seconds }, { status: 429, retryable: true })
          : undefined;
      return inTime(heard, seconds, () => session.cancel(), atLimit);
    },
    cancel: () => session.cancel(),
  };
}

function languageIn({ data }: LiveMessage): string | undefined {
  const utterance = isObject(data) ? data["utterance"] : undefined;
  const language = isObject(utterance) ? utterance["language"] : undefined;
  return typeof language === "string" ? language : undefined;
}
