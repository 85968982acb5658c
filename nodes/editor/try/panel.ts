import { button, clock, icon, make, say } from "../sidebar/dom";
import { canRecord, type Recording, record } from "./recorder";
import { type Step, send, type Trial } from "./send";

/** Bytes that a clip may have, as Node-RED has it. */
const MOST = 25_000_000;
/** Seconds after which a recording ends by itself. */
const LONGEST = 120;

/** The part of a dialog that transcribes a clip with the options as they stand. The function it gives ends it. */
export function openTry(container: HTMLElement, read: () => Trial): () => void {
  let file: File | undefined;
  let recording: Recording | undefined;
  let ticking: ReturnType<typeof setInterval> | undefined;
  let stop: (() => void) | undefined;

  const input = make("input", { type: "file", accept: "audio/*,video/*", hidden: "", "aria-label": say("try.choose") });
  const choose = button({ icon: "folder-open-o", text: say("try.choose") }, () => input.click());
  const speak = button({ icon: "microphone", text: say("try.record") }, () => void toggle());
  const chosen = make("span", { dir: "auto" }, say("try.drop"));
  const go = button({ icon: "play", text: say("try.go") }, () => start());
  const cancel = button({ icon: "stop", text: say("cancel") }, () => finish(say("cancelled")));
  const status = make("span", { role: "status" });
  const fault = make("div", { class: "gladia-error", role: "alert" });
  const result = make("div", { hidden: "" });
  const shown = make("pre", { class: "gladia-tried", tabindex: "0", dir: "auto" });
  const tab = (form: "text" | "json") => {
    const element = button({ text: say(`try.${form}`) }, () => show(form));
    element.classList.add("toggle");
    element.setAttribute("role", "tab");
    return element;
  };
  const tabs = { text: tab("text"), json: tab("json") };
  let values = { text: "", json: "" };

  const show = (form: "text" | "json") => {
    shown.textContent = values[form];
    for (const [name, element] of Object.entries(tabs)) {
      element.classList.toggle("selected", name === form);
      element.setAttribute("aria-selected", String(name === form));
    }
  };
  const take = (picked: File | null | undefined) => {
    if (!picked) return;
    const tooLarge = picked.size > MOST;
    fault.textContent = tooLarge ? say("try.too-large", { most: MOST / 1_000_000 }) : "";
    file = tooLarge ? undefined : picked;
    chosen.textContent = `${picked.name} (${(picked.size / 1_000_000).toFixed(1)} MB)`;
    go.disabled = !file || !allowed;
  };
  const toggle = async () => {
    fault.textContent = "";
    try {
      if (recording) {
        const ended = recording;
        recording = undefined;
        clearInterval(ticking);
        mark(speak, "microphone", say("try.record"));
        take(await ended.stop());
        return;
      }
      recording = await record();
      const began = Date.now();
      const tick = () => {
        const seconds = (Date.now() - began) / 1000;
        mark(speak, "stop", say("try.stop", { time: clock(seconds) }));
        if (seconds >= LONGEST) void toggle();
      };
      ticking = setInterval(tick, 500);
      tick();
    } catch {
      fault.textContent = say("try.no-microphone");
    }
  };
  const start = () => {
    if (!file) return;
    const trial = read();
    fault.textContent = trial.account ? "" : say("try.no-account");
    if (!trial.account) return;
    result.hidden = true;
    go.hidden = true;
    cancel.hidden = false;
    status.textContent = say("state.uploading");
    stop = send(trial, file, (step) => advance(step));
  };
  const advance = ({ state, job, text, error }: Step) => {
    if (state) status.textContent = say(`state.${state}`);
    if (error) {
      finish("");
      fault.append(error.message, ...(error.code ? [" ", make("code", {}, error.code)] : []));
    }
    if (!job) return;
    finish(say("state.done"));
    values = { text: text || say("no-speech"), json: JSON.stringify(job, null, 2) };
    result.hidden = false;
    show("text");
  };
  const finish = (text: string) => {
    stop?.();
    stop = undefined;
    status.textContent = text;
    go.hidden = false;
    cancel.hidden = true;
  };

  const allowed = RED.user.hasPermission("gladia.write");
  cancel.hidden = true;
  go.disabled = true;
  speak.hidden = !canRecord();
  input.addEventListener("change", () => take(input.files?.[0]));
  const drop = make("div", { class: "gladia-drop" }, input, choose, " ", speak, " ", chosen);
  drop.addEventListener("dragover", (event) => event.preventDefault());
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    take(event.dataTransfer?.files[0]);
  });
  result.append(make("span", { class: "button-group", role: "tablist" }, tabs.text, tabs.json), shown);
  const hints = [say("try.hint"), canRecord() ? "" : say("try.no-recorder"), allowed ? "" : say("error.forbidden")];
  const summary = make(
    "summary",
    {},
    make("i", { class: "fa fa-angle-right", "aria-hidden": "true" }),
    icon("flask"),
    " ",
  );
  summary.append(make("span", {}, say("try.title")));
  const parts = [drop, make("div", {}, go, cancel, " ", status), fault, result];
  const hint = make("div", { class: "gladia-hint" }, hints.filter(Boolean).join(" "));
  const fields = make("div", { class: "gladia-fields" }, hint, ...parts);
  container.append(make("details", { class: "gladia-group gladia-try" }, summary, fields));
  return () => {
    stop?.();
    recording?.drop();
    clearInterval(ticking);
  };
}

function mark(element: HTMLElement, symbol: string, text: string): void {
  element.replaceChildren(icon(symbol), ` ${text}`);
}
