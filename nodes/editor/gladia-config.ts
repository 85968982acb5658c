import { prepareTest } from "./account";
import { prepareAddress } from "./address";
import { bindLabel } from "./inputs";
import { type AccountForm, checkPresets, openAccountOptions } from "./options/account-form";
import { checkOptions } from "./options/faults";
import { RECORDED } from "./options/kind";
import {
  checkLiveOptions,
  checkNodeOptions,
  checkPreset,
  convertOptions,
  openLiveOptions,
  openNodeOptions,
} from "./options/node-form";
import { shareOptions } from "./options/share";
import { addressField, numberField } from "./validators";

shareOptions({ openNodeOptions, openLiveOptions, checkNodeOptions, checkLiveOptions, checkPreset, convertOptions });

let form: AccountForm | undefined;

RED.nodes.registerType("gladia-config", {
  category: "config",
  defaults: {
    name: { value: "" },
    apiUrl: {
      value: "https://api.gladia.io",
      validate: addressField({ label: "label.apiUrl" }),
    },
    region: { value: "" },
    keyFrom: { value: "" },
    keyFromType: { value: "key" },
    options: { value: {}, validate: (value, _options) => checkOptions(RECORDED, value) },
    presets: { value: {}, validate: checkPresets },
    concurrency: { value: "3", validate: numberField({ label: "label.concurrency", min: 1, whole: true }) },
    queueLimit: { value: "1000", validate: numberField({ label: "label.queueLimit", min: 0, whole: true }) },
    timeout: { value: "60", validate: numberField({ label: "label.timeout", min: 1 }) },
    retries: { value: "5", validate: numberField({ label: "label.retries", min: 0, whole: true }) },
    deadline: { value: "7200", validate: numberField({ label: "label.deadline", min: 1 }) },
    callbackUrl: { value: "", validate: addressField({ label: "label.callbackUrl" }) },
    store: { value: "" },
    cache: { value: false },
    budget: { value: "", validate: numberField({ label: "label.budget", min: 0 }) },
    budgetPer: { value: "day" },
    longest: { value: "", validate: numberField({ label: "label.longest", min: 0 }) },
    proxy: { value: "", type: "http proxy", required: false },
    tls: { value: "", type: "tls-config", required: false },
  },
  credentials: {
    apiKey: { type: "password" },
    webhookSecret: { type: "password" },
  },
  label() {
    return this.name || String(this["apiUrl"] || "Gladia").replace(/^https?:\/\//, "");
  },
  labelStyle() {
    return this.name ? "node_label_italic" : "";
  },
  oneditprepare() {
    // An account that was saved before these fields existed has their default, so that looking at it changes nothing.
    this["cache"] ??= false;
    this["keyFrom"] ??= "";
    this["keyFromType"] ??= $("#node-config-input-keyFromType").val("key").val();
    this["longest"] ??= "";
    this["budgetPer"] ??= $("#node-config-input-budgetPer").val("day").val();
    const tabs = RED.tabs.create({
      element: $("#gladia-config-tabs"),
      onchange: ({ id }) => {
        $("#gladia-config-panes").children().hide();
        $(`#${id}`).show();
      },
    });
    for (const tab of ["account", "options", "limits", "callbacks"]) {
      tabs.addTab({ id: `gladia-config-${tab}`, label: this._(`gladia-config.tab.${tab}`) });
    }
    const keyFrom = $("#node-config-input-keyFrom").typedInput({
      default: "key",
      types: [
        { value: "key", label: this._("gladia-config.keyFrom.own"), hasValue: false },
        "env",
        "flow",
        "global",
        "msg",
      ],
      typeField: "#node-config-input-keyFromType",
    });
    bindLabel(keyFrom, ".red-ui-typedInput-input");
    form = openAccountOptions($("#gladia-config-options"), this);
    prepareTest(this);
    prepareAddress(this.id);
  },
  oneditsave() {
    form?.save(this);
    form?.destroy();
  },
  oneditcancel() {
    form?.destroy();
  },
});
