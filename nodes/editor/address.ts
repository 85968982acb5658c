import { text } from "./texts";

interface Answer {
  ok: boolean;
  address?: string;
  message?: string;
}

/** Shows the whole callback address of an account while its public address is written, and has it checked. */
export function prepareAddress(id: string): void {
  const base = $("#node-config-input-callbackUrl");
  const shown = $("#gladia-callback-address");
  const result = $("#gladia-callback-result");
  const tell = (kind: "ok" | "failed" | "hint", message: string) =>
    result.attr("class", `gladia-${kind}`).text(message);
  const ask = (path: string) =>
    $.ajax({
      url: `gladia-config/callback${path}`,
      method: "POST",
      contentType: "application/json",
      data: JSON.stringify({ id, callbackUrl: String(base.val()).trim() }),
    });

  let asked = 0;
  const show = () => {
    const mine = ++asked;
    const isEmpty = String(base.val()).trim() === "";
    $("#gladia-callback-row").toggle(!isEmpty);
    tell("hint", "");
    if (isEmpty) return;
    ask("").done(({ address, message }: Answer) => {
      if (mine !== asked) return;
      shown.val(address ?? "");
      $("#gladia-callback-copy, #gladia-callback-check").prop("disabled", address === undefined);
      tell("hint", message ?? "");
    });
  };
  base.on("change", show);
  show();

  $("#gladia-callback-copy").on("click", () => {
    // The clipboard of a page without https takes only what is selected.
    shown.trigger("select");
    document.execCommand("copy");
    tell("hint", text("callback.copied"));
  });
  $("#gladia-callback-check").on("click", () => {
    const button = $("#gladia-callback-check").prop("disabled", true);
    tell("hint", "…");
    ask("/check")
      .done(({ ok, message }: Answer) => tell(ok ? "ok" : "failed", message || text("callback.ok")))
      .fail(({ status }) => tell("failed", text(status === 401 || status === 403 ? "test.forbidden" : "test.failed")))
      .always(() => button.prop("disabled", false));
  });
}
