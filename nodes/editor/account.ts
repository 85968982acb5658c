import { text } from "./texts";

interface Answer {
  ok: boolean;
  message?: string;
}

/** Reads a field of the account's dialog; a configuration node not chosen is the empty text. */
function field(name: string): string {
  const value = String($(`#node-config-input-${name}`).val() ?? "");
  return value === "_ADD_" ? "" : value;
}

/** The editor's stand-in for a saved password. */
const SAVED = "__PWRD__";
/** Where the saved key goes; it goes nowhere else before a deploy. */
const PLACES = ["apiUrl", "proxy", "tls"];

/**
 * Says that the key has to be entered again to test another address, proxy or TLS settings than the account has; what an
 * earlier test said is no more true then.
 */
function prepareKeyHint(account: EditorNode): void {
  const hint = $("#gladia-key-again");
  const show = () => {
    const differs = PLACES.some((name) => field(name).trim() !== String(account[name] ?? "").trim());
    hint.text(differs && field("apiKey") === SAVED ? text("test.key-again") : "");
  };
  for (const name of [...PLACES, "apiKey"]) {
    $(`#node-config-input-${name}`).on("input change", () => {
      $("#gladia-test-result").attr("class", "").empty();
      show();
    });
  }
  show();
}

/** Makes the button that asks the service for one job with the values as they stand in the dialog, saved or not. */
export function prepareTest(account: EditorNode): void {
  prepareKeyHint(account);
  const button = $("#gladia-test-button");
  const result = $("#gladia-test-result");
  const tell = (ok: boolean, message: string) => {
    const icon = $("<i>", { class: `fa ${ok ? "fa-check" : "fa-exclamation-triangle"}` });
    result.attr("class", ok ? "gladia-ok" : "gladia-failed").empty();
    result.append(icon, document.createTextNode(` ${message}`));
  };
  button.on("click", () => {
    const values = ["apiUrl", "apiKey", "proxy", "tls", "timeout"].map((name) => [name, field(name)]);
    button.prop("disabled", true);
    $("#gladia-key-again").empty(); // the answer says it, where it still holds
    result
      .attr("class", "")
      .empty()
      .append($("<i>", { class: "fa fa-spinner fa-spin" }));
    $.ajax({
      url: "gladia-config/test",
      method: "POST",
      contentType: "application/json",
      data: JSON.stringify({ id: account.id, ...Object.fromEntries(values) }),
    })
      .done((answer: Answer) => tell(answer.ok, answer.message || text(answer.ok ? "test.ok" : "test.failed")))
      .fail(({ status }) => tell(false, text(status === 401 || status === 403 ? "test.forbidden" : "test.failed")))
      .always(() => button.prop("disabled", false));
  });
}
