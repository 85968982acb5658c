import { GladiaError, type Term } from "../errors";
import type { Account } from "../jobs/account";
import { bytesPerSecond } from "../live/format";
import { isAcknowledgement, type LiveMessage, transcriptOf } from "../live/messages";
import { LiveSession, type LiveState } from "../live/session";
import { isObject, type Options } from "../options/merge";
import { SPEECH_FORMAT } from "./audio";
import type { Heard } from "./connection";
import { inTime, joined, type RunningSpeech } from "./speech";

/** Seconds in which the words have to be there once all of the speech is sent. */
const PATIENCE = 10;
/** What a session says when it has said all finals: the rest, such as a summary, may take longer than anybody waits for an answer. */
const COMPLETE = new Set(["end_recording", "post_transcript", "post_final_transcript"]);

export interface LiveSpeechOptions {
  account: Account;
  options: Options;
  /** Everything the session says, without acknowledgements. */
  onMessage(message: LiveMessage, id: string): void;
  onPart(text: string): void;
  /** Seconds of the speech are lost. */
  onDropped(seconds: number): void;
  onWarning(warning: Term): void;
  /** The session is over: no more is told. */
  onEnd(): void;
}

/** Speech that is transcribed while it is said: in a live session. @throws GladiaError GLADIA_BUDGET */
export function liveSpeech(speech: LiveSpeechOptions): RunningSpeech {
  const { account, options, onMessage, onPart, onDropped, onWarning, onEnd } = speech;
  account.checkBudget();
  const finals: string[] = [];
  let language: string | undefined;
  let settle!: { resolve(heard: Heard): void; reject(error: GladiaError): void };
  const heard = new Promise<Heard>((resolve, reject) => {
    settle = { resolve, reject };
  });
  heard.catch(() => {}); // `end` tells
  let finish: () => void = () => {};
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let isEnding = false;
  const { client, transport, settings } = account;
  let written = 0;
  let state: LiveState = "connecting";
  /** Why there is no connection. */
  let trouble: GladiaError | undefined;
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
          if (isEnding && COMPLETE.has(message.type)) settle.resolve({ text: joined(finals), language });
        },
        onDropped,
        onWarning,
        onState: (now) => {
          state = now;
        },
        onTrouble: (failure) => {
          trouble = failure;
        },
        onEnd: ({ error, reason, ids: [id = ""] }) => {
          account.countLive(session.seconds);
          onEnd();
          finish();
          if (error) settle.reject(error);
          else if (reason === "cancelled") settle.reject(new GladiaError("GLADIA_CANCELLED", "live-cancelled"));
          else if (reason === "closed") settle.reject(endedEarly(id));
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
      isEnding = true;
      session.stop();
      // What comes faster than it can be said is sent as slowly as that.
      const unsent = Math.max(0, written - session.seconds);
      const seconds = Math.ceil(unsent + PATIENCE);
      const reason = () =>
        state === "waiting"
          ? new GladiaError("GLADIA_RATE_LIMIT", "live-limit", { seconds }, { status: 429, retryable: true })
          : trouble;
      return inTime(heard, seconds, () => session.cancel(), reason);
    },
    cancel: () => session.cancel(),
  };
}

/** The server has ended a session while somebody spoke: what was said after that is missing. */
function endedEarly(id: string): GladiaError {
  return new GladiaError("GLADIA_REJECTED", "live-closed", { id, code: 1000, reason: "-" }, { id, retryable: true });
}

function languageIn({ data }: LiveMessage): string | undefined {
  const utterance = isObject(data) ? data["utterance"] : undefined;
  const language = isObject(utterance) ? utterance["language"] : undefined;
  return typeof language === "string" ? language : undefined;
}
