import { prepareSession, setDefaults } from "./inputs";
import type { NodeForm } from "./options/node-form";
import { sharedOptions } from "./options/share";
import { numberField } from "./validators";

let form: NodeForm | undefined;

RED.nodes.registerType("gladia-live", {
  category: "Gladia",
  color: "#B3A6DC",
  icon: "gladia-live.svg",
  defaults: {
    name: { value: "" },
    config: { value: "", type: "gladia-config", required: true },
    encoding: { value: "" },
    sampleRate: { value: "", validate: numberField({ own: "gladia-live.label.sampleRate", min: 2000, whole: true }) },
    bitDepth: { value: "" },
    channels: { value: "", validate: numberField({ own: "gladia-live.label.channels", min: 1, whole: true }) },
    framing: { value: "auto" },
    skip: { value: "", validate: numberField({ own: "gladia-live.label.skip", min: 0, whole: true }) },
    mono: { value: "auto" },
    session: {
      value: "",
      validate(this: EditorNode, value, options) {
        return !value || RED.validators.typedInput("sessionType").call(this, value, options);
      },
    },
    sessionType: { value: "msg" },
    options: {
      value: {},
      validate(this: EditorNode, value, options) {
        return sharedOptions()?.checkLiveOptions.call(this, value, options) ?? true;
      },
    },
    preset: {
      value: "",
      validate(this: EditorNode, value, options) {
        return sharedOptions()?.checkPreset.call(this, value, options) ?? true;
      },
    },
    idle: { value: "", validate: numberField({ own: "gladia-live.label.idle", min: 0.001 }) },
    maximum: { value: "", validate: numberField({ own: "gladia-live.label.maximum", min: 0.001 }) },
    buffer: { value: "", validate: numberField({ own: "gladia-live.label.buffer", min: 0 }) },
    result: { value: false },
  },
  inputs: 1,
  outputs: 3,
  outputLabels(index) {
    return this._(`gladia-live.output.${["finals", "partials", "others"][index]}`);
  },
  paletteLabel() {
    return this._("gladia-live.label.palette");
  },
  label() {
    return this.name || this._("gladia-live.label.palette");
  },
  labelStyle() {
    return this.name ? "node_label_italic" : "";
  },
  oneditprepare() {
    setDefaults(this);
    prepareSession();
    for (const group of ["audio", "session"]) {
      const details = $(`#gladia-live-${group}`);
      const names = details
        .find("[id^=node-input-]")
        .get()
        .map(({ id }) => id.replace("node-input-", ""));
      const isSet = (name: string) => this[name] && this[name] !== "auto" && this[name] !== "msg";
      details.prop("open", names.some(isSet));
    }
    form = sharedOptions()?.openLiveOptions($("#gladia-options"), this, $("#node-input-config"));
  },
  oneditsave() {
    form?.save(this);
    form?.destroy();
  },
  oneditcancel() {
    form?.destroy();
  },
});
