import { prepareEvents, readEvents } from "./events";
import { addPlace, setDefaults } from "./inputs";

RED.nodes.registerType("gladia-callback", {
  category: "Gladia",
  color: "#B3A6DC",
  icon: "gladia-callback.svg",
  defaults: {
    name: { value: "" },
    config: { value: "", type: "gladia-config", required: true },
    events: { value: [] },
    result: { value: true },
    output: { value: "text" },
    property: { value: "payload" },
    propertyType: { value: "msg" },
  },
  inputs: 0,
  outputs: 1,
  outputLabels() {
    return this._("gladia-callback.output.news");
  },
  paletteLabel() {
    return this._("gladia-callback.label.palette");
  },
  label() {
    return this.name || this._("gladia-callback.label.palette");
  },
  labelStyle() {
    return this.name ? "node_label_italic" : "";
  },
  oneditprepare() {
    setDefaults(this);
    prepareEvents(this["events"], (name) => this._(`gladia-callback.event.${name}`));
    addPlace(this, "#node-input-output");
  },
  oneditsave() {
    this["events"] = readEvents();
  },
});
