import { prepareTest } from "./account";
import { prepareAddress } from "./address";
import { type AccountForm, checkPresets, openAccountOptions } from "./options/account-form";
import { checkOptions } from "./options/faults";
import { RECORDED } from "./options/kind";
import { checkLiveOptions, checkNodeOptions, checkPreset, openLiveOptions, openNodeOptions } from "./options/node-form";
import { shareOptions } from "./options/share";
import { addressField, numberField } from "./validators";

shareOptions({ openNodeOptions, openLiveOptions, checkNodeOptions, checkLiveOptions, checkPreset });

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
    options: { value: {}, validate: (value, _options) => checkOptions(RECORDED, value) },
    presets: { value: {}, validate: checkPresets },
    concurrency: { value: "3", validate: numberField({ label: "label.concurrency", min: 1, whole: true }) },
    queueLimit: { value: "1000", validate: numberField({ label: "label.queueLimit", min: 0, whole: true }) },
    timeout: { value: "60", validate: numberField({ label: "label.timeout", min: 1 }) },
    retries: { value: "5", validate: numberField({ label: "label.retries", min: 0, whole: true }) },
    deadline: { value: "7200", validate: numberField({ label: "label.deadline", min: 1 }) },
    callbackUrl: { value: "", validate: addressField({ label: "label.callbackUrl" }) },
    store: { value: "" },
    budget: { value: "", validate: numberField({ label: "label.budget", min: 0 }) },
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
