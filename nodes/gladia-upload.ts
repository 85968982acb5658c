import type { Node, NodeAPI, NodeDef } from "node-red";
import { accountOf } from "./shared/account";
import { type AudioSettings, audioValue, isUploaded, messageAudio, takesChunks } from "./shared/audio";
import { Chunks } from "./shared/chunks";
import { type Context, onInput } from "./shared/input";
import { gather, type Message } from "./shared/message";

interface UploadDef extends NodeDef, AudioSettings {
  config?: string;
}

/** Audio from anywhere in, an `audio_url` at Gladia out. */
export default function (RED: NodeAPI): void {
  function GladiaUpload(this: Node, def: UploadDef) {
    RED.nodes.createNode(this, def);
    const handle = async (msg: Message, { send, signal, status }: Context) => {
      const account = accountOf(RED, def.config);
      const value = await audioValue(RED, this, def, msg);
      if (typeof value === "string" && value === msg.gladia?.audio_url && isUploaded(account, value)) {
        send(msg);
        return;
      }
      const audio = await messageAudio(RED, this, def, msg, { value, account, signal });
      status.stage("uploading");
      const { audio_url, audio_metadata } =
        audio.kind === "link"
          ? await account.client.uploadLink(audio.url, signal)
          : await account.client.upload(audio, { signal });
      gather(msg, { audio_url, audio_metadata });
      msg.payload = audio_url;
      send(msg);
    };
    const chunks = new Chunks(() => accountOf(RED, def.config).timeout);
    onInput(RED, this, handle, (incoming, run) => takesChunks(def) && chunks.take(incoming, run, handle));
  }
  RED.nodes.registerType("gladia-upload", GladiaUpload);
}
