import { bindLabel } from "./inputs";

/** What Gladia tells of, as far as it is documented; the names are the API's. */
const EVENTS = [
  "transcription.success",
  "transcription.error",
  "transcription.created",
  "live.start_session",
  "live.start_recording",
  "live.end_recording",
  "live.end_session",
  "live.transcript",
  "live.translation",
  "live.named_entity_recognition",
  "live.sentiment_analysis",
  "live.speech_start",
  "live.speech_end",
  "live.post_transcript",
  "live.post_final_transcript",
  "live.post_summarization",
];
/** Those with a text of their own; the others are shown by name. */
const TOLD = 3;

/** Makes the field that chooses events; none chosen means all. */
export function prepareEvents(events: unknown, label: (name: string) => string): void {
  const chosen = Array.isArray(events) ? events.map(String) : [];
  const names = [...EVENTS, ...chosen.filter((name) => !EVENTS.includes(name))];
  const options = names.map((name, i) => ({
    value: name,
    label: i < TOLD ? label(name.replace("transcription.", "")) : name,
  }));
  const field = $("#gladia-callback-events").typedInput({
    default: "events",
    types: [{ value: "events", label: "", multiple: true, options }],
  });
  field.typedInput("value", chosen.join(","));
  bindLabel(field, ".red-ui-typedInput-option-trigger");
}

/** What was chosen. */
export function readEvents(): string[] {
  return String($("#gladia-callback-events").typedInput("value")).split(",").filter(Boolean);
}
