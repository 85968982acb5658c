// Runs in the browser: what of a dialog or sidebar does not fit into it. Gives `window.misfits(element)`.
(() => {
  /** Cut off with dots on purpose, with the whole text as a title or elsewhere. */
  const SHORTENED = ".gladia-summary, .gladia-list small, .gladia-job-title, .gladia-job-node, .gladia-job-times";
  /** Scrolls within itself: code as it is. */
  const SCROLLS = ".gladia-sent, .gladia-tried, .gladia-table textarea, .monaco-editor";
  /** Node-RED's own, with parts beyond their edges; what we write into them is looked at. */
  const FOREIGN = ".red-ui-tabs, .red-ui-tabs *:not(.red-ui-tab-label), .red-ui-typedInput-container *";

  const nameOf = (element) => {
    const { id, className, tagName, textContent } = element;
    const name = id ? `#${id}` : `${tagName.toLowerCase()}.${String(className).split(" ")[0]}`;
    return `${name} "${(textContent || element.value || "").trim().replace(/\s+/g, " ").slice(0, 40)}"`;
  };
  const isSeen = (element) => element.checkVisibility({ visibilityProperty: true }) && element.offsetWidth > 1;

  /** The width that a text takes in an element, as its font has it. Letter spacing is of wide characters only. */
  const widthOf = (element, text) => {
    const { font, letterSpacing } = getComputedStyle(element);
    const probe = document.createElement("span");
    probe.textContent = text;
    probe.style.cssText = `position: absolute; visibility: hidden; white-space: pre; font: ${font}`;
    document.body.append(probe);
    const { width } = probe.getBoundingClientRect();
    probe.remove();
    const wide = text.match(/[\u2e80-\uffef]/g) ?? [];
    return width + wide.length * (Number.parseFloat(letterSpacing) || 0);
  };
  /** Node-RED offers a new account with a text of its own. */
  const isOurs = ({ value }) => value !== "_ADD_";
  const roomIn = (element) => {
    const { paddingInlineStart, paddingInlineEnd } = getComputedStyle(element);
    return element.clientWidth - Number.parseFloat(paddingInlineStart) - Number.parseFloat(paddingInlineEnd);
  };

  window.misfits = (root) => {
    const found = [];
    const edges = root.getBoundingClientRect();
    const beyond = ({ left, right, width }) => width > 0 && (left < edges.left - 1 || right > edges.right + 1);
    for (const element of [root, ...root.querySelectorAll("*")]) {
      if (element.closest(SCROLLS) || element.matches(`${SHORTENED}, ${FOREIGN}`) || !isSeen(element)) continue;
      if (element.matches("select")) {
        const widest = Math.max(
          0,
          ...[...element.options].filter(isOurs).map((option) => widthOf(element, option.text)),
        );
        // The arrow takes its part.
        if (widest > roomIn(element) - 16) found.push(`cut off: ${nameOf(element)}, ${Math.ceil(widest)} px`);
      } else if (element.matches("input:not([type=checkbox], [type=hidden], [type=file])")) {
        if (!element.value && widthOf(element, element.placeholder) > roomIn(element) + 1)
          found.push(`cut off: ${nameOf(element)} "${element.placeholder}"`);
      } else if (element.matches(".red-ui-tab-label")) {
        if (widthOf(element, element.textContent.trim()) > roomIn(element)) found.push(`cut off: ${nameOf(element)}`);
      } else if (element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1) {
        found.push(`too wide: ${nameOf(element)}, ${element.scrollWidth} in ${element.clientWidth} px`);
      }
      for (const node of element.childNodes) {
        if (node.nodeType !== Node.TEXT_NODE || !node.data.trim()) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        if ([...range.getClientRects()].some(beyond)) found.push(`beyond the edge: ${nameOf(element)}`);
      }
    }
    for (let around = root.parentElement; around; around = around.parentElement) {
      const scrolls = /auto|scroll/.test(getComputedStyle(around).overflowX);
      if (scrolls && around.scrollWidth > around.clientWidth) found.push(`scrolls sideways: ${nameOf(around)}`);
    }
    return found;
  };
})();
