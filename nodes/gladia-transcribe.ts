import type { Node, NodeAPI, NodeDef } from "node-red";
import type { KnownJob } from "../src/jobs/result-cache";
import { type Options, readOptions } from "../src/options";
import { OUTPUTS, type Output } from "../src/output";
import { presetOf } from "./account/account";
import { choiceSetting } from "./account/settings";
import { serveTry } from "./admin/try-it";
import { type AudioSettings, audioReference, audioValue, messageAudio } from "./messages/audio";
import { onAudioInput } from "./messages/audio-input";
import type { Context, Handler } from "./messages/input";
import { beginJob, type Message, setFields } from "./messages/message";
import { type OutputSettings, putOutput } from "./messages/property";
import { finish, ProgressReport, waitForResult } from "./messages/waiting";
import { translate } from "./shared/texts";

interface TranscribeDef extends NodeDef, AudioSettings, OutputSettings {
  config?: string;
  options?: Options;
  preset?: string;
  wait?: string;
  output?: string;
}

/** Audio or a URL in, a job; by default it waits and gives the text. Output 2 is progress. */
export default function (RED: NodeAPI): void {
  function GladiaTranscribe(this: Node, def: TranscribeDef) {
    RED.nodes.createNode(this, def);
    const warned = new Set<string>();

    const optionsFor = (msg: Message, context: Context): Options => {
      const { account } = context;
      const preset = presetOf(account, def.preset);
      const layers = { account: account.settings.options, preset, node: def.options, message: msg.options };
      const { options, old } = readOptions(layers);
      const names = old.join(", ");
      if (names && !warned.has(names)) {
        warned.add(names);
        this.warn(translate(RED, "warning-old-options", { names }));
      }
      return options;
    };

    /** One job from this message, taken up where an earlier run stopped; with its result where that is known. */
    const start = async (msg: Message, context: Context, value: unknown, report: ProgressReport): Promise<KnownJob> => {
      const { account, resumed, signal } = context;
      const options = resumed ? undefined : optionsFor(msg, context);
      const onWait = () => context.status.stage("growing");
      const read = async () => {
        const audio = await messageAudio(RED, this, def, msg, { value, account, signal, resumed, onWait });
        if (resumed && audio.kind === "stream") await audio.ready?.(signal);
        return audio;
      };
      const audio = resumed ? read : await read();
      beginJob(msg);
      const item = resumed ?? (await context.persist({ audio: audioReference(value), options }));
      if (typeof audio !== "function" && audio.kind === "stream") await audio.ready?.(signal);
      const { id, audio_url, audio_metadata, result_url, cached, job } = await account.submit({
        item,
        audio,
        signal,
        isFresh: msg.cache === false,
        onStage: (stage) =>
          stage.status === "waiting" ? report.waiting(stage.position) : report.tell("uploading", undefined),
      });
      context.report({ id, state: "queued", duration: item.duration });
      if (job) account.settle(job);
      setFields(msg, {
        id,
        result_url: result_url ?? `${account.settings.apiUrl}/v2/pre-recorded/${id}`,
        ...(audio_url === undefined ? {} : { audio_url }),
        ...(audio_metadata ? { audio_metadata } : {}),
        ...(cached ? { cached } : {}),
      });
      // What was added has to be there after a restart, too.
      await account.update(item, { message: { ...item.message, gladia: { ...msg.gladia } } });
      return { id, job };
    };

    const handle: Handler = async (msg, context) => {
      const { resumed } = context;
      const output: Output = choiceSetting(RED, this, "output", def.output, OUTPUTS);
      const wait = choiceSetting(RED, this, "wait", def.wait, ["result", "no"] as const);
      const { id: known, job, text } = msg.gladia ?? {};
      const report = new ProgressReport(msg, context);
      const value = resumed?.audio ?? (await audioValue(RED, this, def, msg));
      if (!resumed && known && value !== undefined && value === text && job?.id === known && job.status === "done") {
        await finish(msg, job, { RED, node: this, output, place: def });
        return [msg, null];
      }
      let id = resumed?.id;
      if (!id && !resumed && known && value === known) {
        id = known;
        await context.persist({ id, state: "created" });
      }
      const started = id ? { id } : await start(msg, context, value, report);
      id = started.id;
      if (wait === "result" && started.job) {
        await finish(msg, started.job, { RED, node: this, output, place: def });
      } else if (wait === "result") {
        await waitForResult(id, msg, context, { report, output, RED, node: this, place: def });
      } else {
        context.release();
        await putOutput(RED, this, msg, def, id);
      }
      return [msg, null];
    };

    onAudioInput(RED, this, def, handle);
  }
  RED.nodes.registerType("gladia-transcribe", GladiaTranscribe);
  serveTry(RED);
}
