import type { LiveRequest } from "../options/validate";

/** A message of the server, as it stands on the wire. */
export interface LiveMessage {
  type: string;
  session_id: string;
  created_at: string;
  data?: unknown;
  error?: unknown;
  acknowledged?: boolean;
}

/** The switch that a message goes by, without its `receive_`. */
export type Kind =
  | "partial_transcripts"
  | "final_transcripts"
  | "speech_events"
  | "realtime_processing_events"
  | "post_processing_events"
  | "acknowledgments"
  | "errors"
  | "lifecycle_events";

/** What a client who says nothing gets, on the socket and in callbacks. */
const DEFAULTS: Record<Kind, { socket: boolean; callback: boolean }> = {
  partial_transcripts: { socket: false, callback: false },
  final_transcripts: { socket: true, callback: true },
  speech_events: { socket: true, callback: false },
  realtime_processing_events: { socket: true, callback: true },
  post_processing_events: { socket: true, callback: true },
  acknowledgments: { socket: true, callback: false },
  errors: { socket: true, callback: false },
  lifecycle_events: { socket: false, callback: true },
};

/** Which messages a session wants where. */
export class Switches {
  readonly #request: LiveRequest;

  constructor(request: LiveRequest) {
    this.#request = request;
  }

  /** Whether messages of this kind go over the socket. */
  socket(kind: Kind): boolean {
    return this.#request.messages_config?.[`receive_${kind}`] ?? DEFAULTS[kind].socket;
  }

  /** Where messages of this kind are posted, undefined when they are not. */
  callback(kind: Kind): string | undefined {
    const { callback, callback_config } = this.#request;
    if (callback !== true || callback_config === undefined) return undefined;
    return (callback_config[`receive_${kind}`] ?? DEFAULTS[kind].callback) ? callback_config.url : undefined;
  }
}
