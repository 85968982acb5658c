import type { JobRecord } from "../../../src/jobs/history";
import { api, type Fault, type Form, type JobAnswer } from "./api";
import { button, icon, make, say } from "./dom";
import { billedOf, nodeName, stateMark, timesOf, titleOf } from "./row";
import { Transcript } from "./transcript";

const FORMS: readonly Form[] = ["text", "srt", "vtt"];

interface Surroundings {
  account: string;
  canChange: boolean;
  back(): void;
}

/** One job: where it stands, its transcript, and what can be done with it. */
export class Detail {
  readonly element = make("div", { class: "gladia-detail" });
  private job: JobRecord;
  private loaded: string | undefined;
  private readonly around: Surroundings;
  private readonly facts = make("div", { class: "gladia-facts" });
  private readonly title = make("h4", { dir: "auto", tabindex: "-1" });
  private readonly question = make("div", {
    role: "alertdialog",
    class: "gladia-question",
    "aria-label": say("delete"),
  });
  private readonly message = make("div", { role: "status", class: "gladia-message" });
  private readonly body = make("div", { class: "gladia-body" });
  private readonly copies = FORMS.map((form) =>
    button({ icon: "copy", text: say(`copy.${form}`), title: say(`copy-title.${form}`) }, () =>
      this.act(this.copy(form)),
    ),
  );
  private readonly cancel = button({ icon: "ban", text: say("cancel") }, () => this.act(this.cancelJob()));
  private readonly delete = button({ icon: "trash", text: say("delete") }, () => this.ask());
  private readonly audio = make("audio", { controls: "" });
  private sound: Promise<void> | undefined;
  private address = "";
  private transcript: Transcript | undefined;
  /** What can be copied, as far as it was asked for. */
  private readonly texts = new Map<Form, string>();

  constructor(job: JobRecord, around: Surroundings) {
    this.job = job;
    this.around = around;
    const back = button({ icon: "arrow-left", text: say("back") }, () => around.back());
    const node = button({ icon: "crosshairs", text: nodeName(job.node), title: say("show-node") }, () =>
      RED.view.reveal(job.node),
    );
    node.hidden = nodeName(job.node) === "";
    this.audio.hidden = true;
    this.question.hidden = true;
    for (const copy of this.copies) copy.hidden = true;
    this.audio.addEventListener("timeupdate", () => this.transcript?.follow(this.audio.currentTime));
    this.element.append(
      make("div", { class: "gladia-tools" }, back, node, this.cancel, this.delete),
      make("div", { class: "gladia-head" }, this.title, this.facts, this.question, this.message),
      make("div", { class: "gladia-tools gladia-copies" }, ...this.copies, this.audio),
      this.body,
    );
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    this.update(job);
  }

  focus(): void {
    this.title.focus();
  }

  /** Shows what changed; reads the transcript once the job is done. */
  update(job: JobRecord): void {
    this.job = job;
    const focused = [this.cancel, this.delete].find((control) => control === document.activeElement);
    const over = job.state === "done" || job.state === "error" || job.state === "cancelled";
    this.title.textContent = titleOf(job);
    this.facts.replaceChildren(
      stateMark(job),
      ` · ${[timesOf(job), billedOf(job)].filter(Boolean).join(" · ")}`,
      make("code", {}, job.id ?? ""),
    );
    this.cancel.hidden = over || !job.held;
    this.delete.hidden = job.id === undefined || !over || job.state === "cancelled";
    for (const control of [this.cancel, this.delete]) control.disabled = !this.around.canChange;
    if (job.state === "error" || (job.state === "cancelled" && !job.id)) {
      this.fail({ message: job.error || say("cancelled") });
    } else if (job.id && job.state === "done" && this.loaded !== job.id) this.load(job.id);
    else if (!this.loaded)
      this.body.replaceChildren(make("p", { class: "gladia-empty" }, say(job.kind ? "not-yet-live" : "not-yet")));
    // A button that goes takes the focus with it, and the keyboard would be nowhere.
    if (focused?.hidden) this.focus();
  }

  /** Asks whether the job is to be deleted at Gladia. */
  ask(): void {
    if (this.delete.hidden || this.delete.disabled) return;
    const keep = button({ text: say("keep") }, () => this.ended());
    const gone = button({ icon: "trash", text: say("delete") }, () => this.act(this.deleteJob()));
    const text = make("p", { id: "gladia-question-text" }, say("delete-question"));
    this.question.setAttribute("aria-describedby", "gladia-question-text");
    this.question.replaceChildren(text, gone, " ", keep);
    this.question.hidden = false;
    keep.focus();
  }

  destroy(): void {
    this.transcript?.destroy();
    this.audio.pause();
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = "";
  }

  private load(id: string): void {
    this.loaded = id;
    this.body.replaceChildren(
      make("p", { class: "gladia-empty" }, icon("circle-o-notch fa-spin"), ` ${say("loading")}`),
    );
    api.job(this.around.account, id).then(
      (answer) => {
        if (this.loaded === id) this.show(answer);
      },
      (fault: Fault) => {
        this.loaded = undefined;
        this.fail(fault, () => this.load(id));
      },
    );
  }

  private show(answer: JobAnswer): void {
    const utterances = answer.job.result?.transcription?.utterances ?? [];
    this.transcript = new Transcript(utterances, (seconds) => this.act(this.play(seconds)));
    const nothing = make(
      "p",
      { class: "gladia-empty" },
      say(answer.job.status === "done" ? "no-speech" : "not-yet-live"),
    );
    this.body.replaceChildren(utterances.length > 0 ? this.transcript.element : nothing);
    for (const copy of this.copies) copy.hidden = utterances.length === 0;
  }

  private fail({ message }: Fault, again?: () => void): void {
    const retry = again ? [button({ icon: "refresh", text: say("again") }, again)] : [];
    this.body.replaceChildren(make("div", { class: "gladia-fault", role: "alert" }, make("p", {}, message), ...retry));
  }

  /** A text is made when it is first asked for; a browser that then waited too long wants to be asked again. */
  private async copy(form: Form): Promise<void> {
    const known = this.texts.get(form);
    if (known === undefined) this.message.textContent = say("loading");
    const text = known ?? (await api.text(this.around.account, this.job.id ?? "", form));
    this.texts.set(form, text);
    const refused = known === undefined ? "copy-again" : "not-copied";
    this.message.textContent = say(RED.clipboard.copyText(text) ? "copied" : refused);
  }

  private async play(seconds: number): Promise<void> {
    this.sound ??= api.audio(this.around.account, this.job.id ?? "").then((blob) => {
      this.address = URL.createObjectURL(blob);
      this.audio.src = this.address;
    });
    if (this.audio.hidden) this.message.textContent = say("audio-loading");
    try {
      await this.sound;
      this.audio.currentTime = seconds;
      await this.audio.play();
      this.audio.hidden = false;
      this.message.textContent = "";
    } catch {
      this.sound = undefined;
      throw { message: say("no-audio") };
    }
  }

  private async cancelJob(): Promise<void> {
    const { cancelled } = await api.cancel(this.around.account, this.job.key);
    if (!cancelled) throw { message: say("nothing-waits") };
  }

  private async deleteJob(): Promise<void> {
    await api.remove(this.around.account, this.job.id ?? "");
    this.around.back();
  }

  private act(doing: Promise<void>): void {
    this.question.hidden = true;
    doing.catch(({ message }: Fault) => {
      this.message.textContent = message;
    });
  }

  private ended(): void {
    this.question.hidden = true;
    this.delete.focus();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      if (this.question.hidden) this.around.back();
      else this.ended();
    } else if (event.key === "Delete" && (event.target as Element).tagName !== "INPUT") this.ask();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
