import { prepareJobs } from "./jobs";

RED.nodes.registerType("gladia-jobs", {
  category: "Gladia",
  color: "#B3A6DC",
  icon: "gladia-jobs.svg",
  defaults: {
    name: { value: "" },
    config: { value: "", type: "gladia-config", required: true },
    operation: { value: "list" },
    kind: { value: "pre-recorded" },
    filter: { value: "filter", validate: RED.validators.typedInput("filterType") },
    filterType: { value: "msg" },
    all: { value: false },
    each: { value: false },
    job: { value: "payload", validate: RED.validators.typedInput("jobType") },
    jobType: { value: "msg" },
    path: { value: "", validate: RED.validators.typedInput("pathType") },
    pathType: { value: "str" },
    property: { value: "payload" },
    propertyType: { value: "msg" },
  },
  inputs: 1,
  outputs: 1,
  outputLabels() {
    return this._("gladia-jobs.output.jobs");
  },
  paletteLabel() {
    return this._("gladia-jobs.label.palette");
  },
  label() {
    return this.name || this._("gladia-jobs.label.palette");
  },
  labelStyle() {
    return this.name ? "node_label_italic" : "";
  },
  oneditprepare() {
    prepareJobs(this);
  },
});
