const CSS = `
.gladia-form { container-type: inline-size; }
.gladia-form .form-row, .gladia-field { display: grid; grid-template-columns: 136px minmax(0, 1fr); gap: 0 10px; align-items: start; }
.gladia-form .form-row { margin-bottom: 12px; clear: none; }
.gladia-form .form-row > label, .gladia-field > label { width: auto; margin: 0; padding-top: 7px; line-height: 20px; }
.gladia-form .form-row > label > i { width: 16px; text-align: center; margin-right: 2px; }
.gladia-form .form-row > :not(label), .gladia-field > :not(label) { grid-column: 2; min-width: 0; }
.gladia-form .form-row > input:not([type=checkbox]), .gladia-form .form-row > select,
.gladia-field input:not([type=checkbox]), .gladia-field select, .gladia-field textarea { width: 100%; box-sizing: border-box; margin: 0; }
.gladia-field textarea { resize: vertical; min-height: 34px; line-height: 20px; }
.gladia-check { display: flex; gap: 6px; align-items: baseline; margin: 6px 0 0; width: auto !important; }
.gladia-check input[type=checkbox] { margin: 0; width: auto; flex: none; position: relative; top: 2px; }
.gladia-hint { color: var(--red-ui-secondary-text-color); font-size: 12px; line-height: 16px; margin: 3px 0 0; }
.gladia-error { color: var(--red-ui-text-color-error); font-size: 12px; line-height: 16px; margin: 3px 0 0; overflow-wrap: anywhere; }
.gladia-error:empty, .gladia-hint:empty { display: none; }
.gladia-heading { display: flex; align-items: center; justify-content: space-between; gap: 10px; margin: 18px 0 8px; }
.gladia-heading b { font-weight: bold; }
.gladia-group { border: 1px solid var(--red-ui-secondary-border-color); border-bottom-width: 0; background: var(--red-ui-secondary-background); }
.gladia-group:first-child { border-radius: 4px 4px 0 0; }
.gladia-group:last-child { border-bottom-width: 1px; border-radius: 0 0 4px 4px; }
.gladia-group > summary { display: flex; align-items: baseline; gap: 8px; padding: 8px 10px; cursor: pointer; list-style: none; line-height: 20px; }
.gladia-group > summary::-webkit-details-marker { display: none; }
.gladia-group > summary:hover { background: var(--red-ui-secondary-background-hover); }
.gladia-group > summary:focus-visible { outline: 1px solid var(--red-ui-form-input-focus-color); outline-offset: -1px; }
.gladia-group > summary > .fa-angle-right { width: 10px; text-align: center; transition: transform .1s; }
.gladia-group[open] > summary > .fa-angle-right { transform: rotate(90deg); }
.gladia-group > summary > span { white-space: nowrap; }
.gladia-summary { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; text-align: right; font-size: 12px; }
.gladia-summary.gladia-inherited { color: var(--red-ui-secondary-text-color); font-style: italic; }
.gladia-fields { padding: 4px 12px 12px; display: grid; gap: 10px; }
.gladia-choices { display: flex; flex-wrap: wrap; gap: 0 16px; }
.gladia-picker { position: relative; }
.gladia-chips { display: flex; flex-wrap: wrap; gap: 4px; }
.gladia-chips:not(:empty) { margin-bottom: 4px; }
.gladia-chip { display: inline-flex; align-items: center; gap: 2px; padding: 2px 4px 2px 8px; border-radius: 11px; font-size: 12px; line-height: 18px;
  background: var(--red-ui-secondary-background-selected); border: 1px solid var(--red-ui-form-input-border-color); }
.gladia-chip button { border: 0; background: none; color: inherit; padding: 0 4px; line-height: 16px; cursor: pointer; }
.gladia-list { position: absolute; z-index: 20; left: 0; right: 0; max-height: 204px; overflow-y: auto; margin: 0 !important; padding: 0 !important; list-style: none;
  background: var(--red-ui-form-input-background); border: 1px solid var(--red-ui-form-input-border-color); box-shadow: 0 2px 6px var(--red-ui-shadow); }
.gladia-list li { display: flex; justify-content: space-between; gap: 10px; padding: 4px 8px; cursor: pointer; }
.gladia-list li[aria-selected=true] { background: var(--red-ui-list-item-background-selected); color: var(--red-ui-list-item-color); }
.gladia-list small { color: var(--red-ui-secondary-text-color); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.gladia-json { height: 320px; min-height: 120px; }
.gladia-test { display: flex; align-items: flex-start; gap: 10px; flex-wrap: wrap; }
.gladia-test output { flex: 1 1 160px; padding-top: 7px; line-height: 20px; overflow-wrap: anywhere; }
.gladia-ok { color: var(--red-ui-text-color-success); }
.gladia-failed { color: var(--red-ui-text-color-error); }
@container (max-width: 400px) {
  .gladia-form .form-row, .gladia-field { grid-template-columns: minmax(0, 1fr); }
  .gladia-form .form-row > :not(label), .gladia-field > :not(label) { grid-column: 1; }
  .gladia-form .form-row > label:empty { display: none; }
}
`;

/** Puts the look of our dialogs into the page, once for all nodes. */
export function addStyles(): void {
  if (document.getElementById("gladia-styles")) return;
  $("<style>", { id: "gladia-styles", text: CSS }).appendTo(document.head);
}
