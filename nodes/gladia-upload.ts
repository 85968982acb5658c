import type { Node, NodeAPI, NodeDef } from "node-red";
import { type AudioSettings, audioReference, audioValue, isUploaded, messageAudio } from "./messages/audio";
import { onAudioInput } from "./messages/audio-input";
import type { Handler } from "./messages/input";
import { type Message, setFields } from "./messages/message";
import { type OutputSettings, putOutput } from "./messages/property";

interface UploadDef extends NodeDef, AudioSettings, OutputSettings {
  config?: string;
}

/** Audio from anywhere in, an `audio_url` at Gladia out. */
export default function (RED: NodeAPI): void {
  function GladiaUpload(this: Node, def: UploadDef) {
    RED.nodes.createNode(this, def);
    const give = async (msg: Message, url: string) => {
      await putOutput(RED, this, msg, def, url);
      return msg;
    };
    const handle: Handler = async (msg, context) => {
      const { account, resumed, signal, status } = context;
      const value = resumed?.audio ?? (await audioValue(RED, this, def, msg));
      if (typeof value === "string" && value === msg.gladia?.audio_url && isUploaded(account, value))
        return give(msg, value);
      const onWait = () => status.stage("growing");
      const audio = await messageAudio(RED, this, def, msg, { value, account, signal, resumed, onWait });
      if (!resumed) await context.persist({ audio: audioReference(value) });
      if (audio.kind === "stream") await audio.ready?.(signal);
      status.stage("uploading");
      const { audio_url, audio_metadata } =
        audio.kind === "link"
          ? await account.client.uploadLink(audio.url, signal)
          : await account.client.upload(audio, { signal });
      setFields(msg, { audio_url, audio_metadata });
      return give(msg, audio_url);
    };
    onAudioInput(RED, this, def, handle);
  }
  RED.nodes.registerType("gladia-upload", GladiaUpload);
}
