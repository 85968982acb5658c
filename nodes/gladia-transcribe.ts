import type { Node, NodeAPI, NodeDef } from "node-red";
import { submit } from "../src/jobs/submit";
import { type Options, readOptions } from "../src/options";
import { OUTPUTS, type Output } from "../src/output";
import { type Account, accountOf } from "./shared/account";
import { type AudioSettings, audioValue, messageAudio, takesChunks } from "./shared/audio";
import { Chunks } from "./shared/chunks";
import { type Context, onInput } from "./shared/input";
import { beginJob, gather, type Message } from "./shared/message";
import { choiceSetting } from "./shared/settings";
import { translate } from "./shared/texts";
import { finish, ProgressReport, waitForResult } from "./shared/waiting";

interface TranscribeDef extends NodeDef, AudioSettings {
  config?: string;
  options?: Options;
  wait?: string;
  output?: string;
}

/** Audio or a URL in, a job; by default it waits and gives the text. Output 2 is progress. */
export default function (RED: NodeAPI): void {
  function GladiaTranscribe(this: Node, def: TranscribeDef) {
    RED.nodes.createNode(this, def);
    const warned = new Set<string>();

    /** One job from this message, or the one it has already. */
    const start = async (msg: Message, context: Context, account: Account, report: ProgressReport): Promise<string> => {
      const { options, old } = readOptions({ account: account.options, node: def.options, message: msg.options });
      const names = old.join(", ");
      if (names && !warned.has(names)) {
        warned.add(names);
        this.warn(translate(RED, "warning-old-options", { names }));
      }
      const { signal } = context;
      const value = await audioValue(RED, this, def, msg);
      const audio = await messageAudio(RED, this, def, msg, { value, account, signal });
      beginJob(msg);
      const { id, audio_url, audio_metadata, result_url } = await submit(account.client, account.tracker, {
        audio,
        options,
        signal,
        deadline: account.deadline,
        retries: account.retries,
        onStage: (stage) =>
          stage.status === "waiting" ? report.waiting(stage.position) : report.tell("uploading", undefined),
      });
      gather(msg, {
        id,
        result_url: result_url ?? `${account.apiUrl}/v2/pre-recorded/${id}`,
        audio_url,
        ...(audio_metadata ? { audio_metadata } : {}),
      });
      return id;
    };

    const handle = async (msg: Message, context: Context) => {
      const account = accountOf(RED, def.config);
      const output: Output = choiceSetting("output", def.output, OUTPUTS);
      const wait = choiceSetting("wait", def.wait, ["result", "no"] as const);
      const { id: known, job, text } = msg.gladia ?? {};
      const report = new ProgressReport(msg, context);
      const value = await audioValue(RED, this, def, msg);
      if (
        known &&
        wait === "result" &&
        job?.id === known &&
        job.status === "done" &&
        value === text &&
        value !== undefined
      ) {
        finish(RED, this, msg, job, output);
        context.send([msg, null]);
        return;
      }
      const id = known && value === known ? known : await start(msg, context, account, report);
      if (wait === "result") {
        await waitForResult(account, id, msg, context, { report, output, RED, node: this });
      } else {
        msg.payload = id;
      }
      context.send([msg, null]);
    };
    const chunks = new Chunks(() => accountOf(RED, def.config).timeout);
    onInput(RED, this, handle, (incoming, run) => takesChunks(def) && chunks.take(incoming, run, handle));
  }
  RED.nodes.registerType("gladia-transcribe", GladiaTranscribe);
}
