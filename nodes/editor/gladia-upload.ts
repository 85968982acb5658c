import { addPlace, prepareAudio } from "./inputs";

RED.nodes.registerType("gladia-upload", {
  category: "Gladia",
  color: "#B3A6DC",
  icon: "gladia-upload.svg",
  defaults: {
    name: { value: "" },
    config: { value: "", type: "gladia-config", required: true },
    audio: { value: "payload", validate: RED.validators.typedInput("audioType") },
    audioType: { value: "msg" },
    filename: { value: "filename" },
    filenameType: { value: "msg" },
    fetch: { value: false },
    paths: { value: "auto" },
    lan: { value: "auto" },
    property: { value: "payload" },
    propertyType: { value: "msg" },
  },
  inputs: 1,
  outputs: 1,
  outputLabels() {
    return this._("gladia-upload.output.url");
  },
  paletteLabel() {
    return this._("gladia-upload.label.palette");
  },
  label() {
    return this.name || this._("gladia-upload.label.palette");
  },
  labelStyle() {
    return this.name ? "node_label_italic" : "";
  },
  oneditprepare() {
    prepareAudio(this);
    addPlace(this, "#gladia-lan-row select");
  },
});
