import type { Node, NodeAPI, NodeDef } from "node-red";
import { type Options, readOptions } from "../src/options";
import { OUTPUTS, type Output } from "../src/output";
import { presetOf } from "./account/account";
import { choiceSetting } from "./account/settings";
import { serveTry } from "./admin/try-it";
import { type AudioSettings, audioReference, audioValue, messageAudio } from "./messages/audio";
import { onAudioInput } from "./messages/audio-input";
import type { Context, Handler } from "./messages/input";
import { beginJob, gather, type Message } from "./messages/message";
import { finish, ProgressReport, waitForResult } from "./messages/waiting";
import { translate } from "./shared/texts";

interface TranscribeDef extends NodeDef, AudioSettings {
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

    /** One job from this message, taken up where an earlier run stopped. */
    const start = async (msg: Message, context: Context, value: unknown, report: ProgressReport): Promise<string> => {
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
      const entry = resumed ?? (await context.keep({ audio: audioReference(value), options }));
      if (typeof audio !== "function" && audio.kind === "stream") await audio.ready?.(signal);
      const { id, audio_url, audio_metadata, result_url } = await account.submit({
        entry,
        audio,
        signal,
        onStage: (stage) =>
          stage.status === "waiting" ? report.waiting(stage.position) : report.tell("uploading", undefined),
      });
      context.seen({ id, state: "queued", duration: entry.duration });
      gather(msg, {
        id,
        result_url: result_url ?? `${account.settings.apiUrl}/v2/pre-recorded/${id}`,
        ...(audio_url === undefined ? {} : { audio_url }),
        ...(audio_metadata ? { audio_metadata } : {}),
      });
      // What was added has to be there after a restart, too.
      await account.update(entry, { message: { ...entry.message, gladia: { ...msg.gladia } } });
      return id;
    };

    const handle: Handler = async (msg, context) => {
      const { resumed } = context;
      const output: Output = choiceSetting(RED, this, "output", def.output, OUTPUTS);
      const wait = choiceSetting(RED, this, "wait", def.wait, ["result", "no"] as const);
      const { id: known, job, text } = msg.gladia ?? {};
      const report = new ProgressReport(msg, context);
      const value = resumed?.audio ?? (await audioValue(RED, this, def, msg));
      if (!resumed && known && value !== undefined && value === text && job?.id === known && job.status === "done") {
        await finish(RED, this, msg, job, output);
        return [msg, null];
      }
      let id = resumed?.id;
      if (!id && !resumed && known && value === known) {
        id = known;
        await context.keep({ id, state: "created" });
      }
      id ??= await start(msg, context, value, report);
      if (wait === "result") {
        await waitForResult(id, msg, context, { report, output, RED, node: this });
      } else {
        context.release();
        msg.payload = id;
      }
      return [msg, null];
    };

    onAudioInput(RED, this, def, handle);
  }
  RED.nodes.registerType("gladia-transcribe", GladiaTranscribe);
  serveTry(RED);
}
