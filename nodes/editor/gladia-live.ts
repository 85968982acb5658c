RED.nodes.registerType("gladia-live", {
  category: "Gladia",
  color: "#B3A6DC",
  icon: "gladia-live.svg",
  defaults: {
    name: { value: "" },
    config: { value: "", type: "gladia-config", required: true },
    encoding: { value: "" },
    sampleRate: { value: "" },
    bitDepth: { value: "" },
    channels: { value: "" },
    framing: { value: "auto" },
    skip: { value: "" },
    mono: { value: "auto" },
    session: { value: "" },
    sessionType: { value: "msg" },
    options: { value: {} },
    idle: { value: "" },
    maximum: { value: "" },
    buffer: { value: "" },
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
});
