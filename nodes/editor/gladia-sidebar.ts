import { say } from "./sidebar/dom";
import { Panel } from "./sidebar/panel";
import { openTry } from "./try/panel";

RED.plugins.registerPlugin("gladia-sidebar", {
  openTry,
  onadd() {
    const panel = new Panel();
    RED.sidebar.addTab({
      id: "gladia",
      label: say("tab"),
      name: say("tab"),
      iconClass: "fa fa-microphone",
      content: panel.element,
      enableOnEdit: true,
      onchange: () => panel.start(),
    });
  },
});
