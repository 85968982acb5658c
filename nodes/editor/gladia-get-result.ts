import { addPlace, prepareJob, setDefaults } from "./inputs";
import { text } from "./texts";
import { numberField } from "./validators";

RED.nodes.registerType("gladia-get-result", {
  category: "Gladia",
  color: "#B3A6DC",
  icon: "gladia-get-result.svg",
  defaults: {
    name: { value: "" },
    config: { value: "", type: "gladia-config", required: true },
    job: { value: "payload", validate: RED.validators.typedInput("jobType") },
    jobType: { value: "msg" },
    output: { value: "text" },
    interval: { value: "", validate: numberField({ label: "label.interval", min: 0.1 }) },
    deadline: { value: "", validate: numberField({ label: "label.deadline", min: 1 }) },
    property: { value: "payload" },
    propertyType: { value: "msg" },
  },
  inputs: 1,
  outputs: 2,
  outputLabels(port) {
    return this._(`gladia-get-result.output.${port === 1 ? "progress" : "result"}`);
  },
  paletteLabel() {
    return this._("gladia-get-result.label.palette");
  },
  label() {
    return this.name || this._("gladia-get-result.label.palette");
  },
  labelStyle() {
    return this.name ? "node_label_italic" : "";
  },
  oneditprepare() {
    setDefaults(this);
    prepareJob();
    const config = $("#node-input-config");
    const showDefault = () => {
      const seconds = RED.nodes.node(String(config.val()))?.["deadline"];
      const shown = seconds ? text("form.inherited", { value: seconds }) : "";
      $("#node-input-deadline").attr("placeholder", shown);
    };
    config.on("change", showDefault);
    showDefault();
    addPlace(this, "#node-input-output");
  },
});
