import { numberField } from "./validators";
import { prepareWyoming, readWyoming } from "./wyoming";

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
    options: { value: {} },
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
    prepareWyoming(this);
  },
  oneditsave() {
    readWyoming(this);
  },
});
