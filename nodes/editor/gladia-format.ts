import { prepareFormat, readSpeakers } from "./format";
import { numberField } from "./validators";

RED.nodes.registerType("gladia-format", {
  category: "Gladia",
  color: "#B3A6DC",
  icon: "gladia-format.svg",
  defaults: {
    name: { value: "" },
    source: { value: "gladia.job", validate: RED.validators.typedInput("sourceType") },
    sourceType: { value: "msg" },
    format: { value: "text" },
    language: { value: "" },
    speakers: { value: {} },
    wordTimes: { value: false },
    maxChars: { value: "", validate: numberField({ label: "label.maxChars", min: 1, whole: true }) },
    maxLines: { value: "", validate: numberField({ label: "label.maxLines", min: 1, whole: true }) },
    minSeconds: { value: "", validate: numberField({ label: "label.minSeconds", min: 0 }) },
    maxSeconds: { value: "", validate: numberField({ label: "label.maxSeconds", min: 0.2 }) },
    from: { value: "" },
    fromType: { value: "num" },
    to: { value: "" },
    toType: { value: "num" },
    phrase: { value: "" },
    phraseType: { value: "str" },
    property: { value: "payload" },
    propertyType: { value: "msg" },
  },
  inputs: 1,
  outputs: 1,
  outputLabels() {
    return this._("gladia-format.output.transcript");
  },
  paletteLabel() {
    return this._("gladia-format.label.palette");
  },
  label() {
    return this.name || this._("gladia-format.label.palette");
  },
  labelStyle() {
    return this.name ? "node_label_italic" : "";
  },
  oneditprepare() {
    prepareFormat(this);
  },
  oneditsave() {
    const speakers = readSpeakers(this["speakers"]);
    if (JSON.stringify(speakers) !== JSON.stringify(this["speakers"] ?? {})) this["speakers"] = speakers;
  },
});
