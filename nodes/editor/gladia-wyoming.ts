import type { NodeForm } from "./options/node-form";
import { sharedOptions } from "./options/share";
import { numberField } from "./validators";
import { checkWyomingOptions, prepareWyoming } from "./wyoming";

let form: NodeForm | undefined;

RED.nodes.registerType("gladia-wyoming", {
  category: "Gladia",
  color: "#B3A6DC",
  icon: "gladia-wyoming.svg",
  defaults: {
    name: { value: "" },
    config: { value: "", type: "gladia-config", required: true },
    host: { value: "127.0.0.1" },
    port: { value: "10300", validate: numberField({ label: "label.port", min: 1, whole: true }) },
    mode: { value: "live" },
    options: { value: {}, validate: checkWyomingOptions },
    preset: {
      value: "",
      validate(this: EditorNode, value, options) {
        return sharedOptions()?.checkPreset.call(this, value, options) ?? true;
      },
    },
    reply: { value: false },
    replyTimeout: { value: "", validate: numberField({ label: "label.replyTimeout", min: 0.1 }) },
    inputs: { value: 0 },
  },
  inputs: 0,
  outputs: 2,
  inputLabels() {
    return this._("gladia-wyoming.output.reply");
  },
  outputLabels(index) {
    return this._(`gladia-wyoming.output.${index === 0 ? "text" : "others"}`);
  },
  paletteLabel() {
    return this._("gladia-wyoming.label.palette");
  },
  label() {
    return this.name || this._("gladia-wyoming.label.palette");
  },
  labelStyle() {
    return this.name ? "node_label_italic" : "";
  },
  oneditprepare() {
    form = prepareWyoming(this);
  },
  oneditsave() {
    form?.save(this);
    form?.destroy();
  },
  oneditcancel() {
    form?.destroy();
  },
});
