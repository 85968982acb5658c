import { addPlace, prepareAudio } from "./inputs";
import type { NodeForm } from "./options/node-form";
import { sharedOptions } from "./options/share";
import { sharedTry } from "./try/share";

let form: NodeForm | undefined;
let endTry: (() => void) | undefined;

RED.nodes.registerType("gladia-transcribe", {
  category: "Gladia",
  color: "#B3A6DC",
  icon: "gladia-transcribe.svg",
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
    options: {
      value: {},
      validate(this: EditorNode, value, options) {
        return sharedOptions()?.checkNodeOptions.call(this, value, options) ?? true;
      },
    },
    preset: {
      value: "",
      validate(this: EditorNode, value, options) {
        return sharedOptions()?.checkPreset.call(this, value, options) ?? true;
      },
    },
    wait: { value: "result" },
    output: { value: "text" },
    property: { value: "payload" },
    propertyType: { value: "msg" },
  },
  inputs: 1,
  outputs: 2,
  outputLabels(port) {
    if (port === 1) return this._("gladia-transcribe.output.progress");
    return this._(this["wait"] === "no" ? "gladia-transcribe.output.job" : "gladia-transcribe.output.result");
  },
  paletteLabel() {
    return this._("gladia-transcribe.label.palette");
  },
  label() {
    return this.name || this._("gladia-transcribe.label.palette");
  },
  labelStyle() {
    return this.name ? "node_label_italic" : "";
  },
  oneditprepare() {
    prepareAudio(this);
    const wait = $("#node-input-wait");
    const showOutput = () => $("#gladia-output-row").css("display", wait.val() === "no" ? "none" : "");
    wait.on("change", showOutput);
    showOutput();
    const config = $("#node-input-config");
    form = sharedOptions()?.openNodeOptions($("#gladia-options"), this, config);
    const [panel] = $("#gladia-try");
    const account = () => String(config.val() ?? "").replace("_ADD_", "");
    const read = () => ({ node: this.id, account: account(), options: form?.read() ?? {} });
    endTry = panel && sharedTry()?.openTry(panel, read);
    addPlace(this, "#node-input-output");
  },
  oneditsave() {
    form?.save(this);
    form?.destroy();
    endTry?.();
  },
  oneditcancel() {
    form?.destroy();
    endTry?.();
  },
});
