export type { Control, RecordedDelivery, RecordedRequest, Records } from "./control";
export type { Fault, FaultKind, Route, Seen } from "./faults";
export type { SocketFault, SocketFaultKind } from "./live/faults";
export type {
  LiveListener,
  LiveRecogniser,
  LiveStream,
  LiveStreamSettings,
  LiveUtterance,
} from "./live/recogniser";
export type { Probe, Recogniser, Recognition, Utterance, Word } from "./recogniser/types";
export { UnreadableAudio } from "./recogniser/types";
export type { Scripted, ScriptedOptions } from "./scripted/scripted";
export { scripted } from "./scripted/scripted";
export type { Line, Script, ScriptedAudio } from "./scripts";
export { createEngine, type Engine, type EngineOptions } from "./server";
export type { Settings } from "./settings";
