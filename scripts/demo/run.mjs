import { WebSocket } from "undici";

/**
 * Presses the button of the flow's first node, as a person would in the editor, and listens to what the editor is told:
 * statuses go to `onStatus`, the transcript or the error comes back.
 * @param url Node-RED's address
 * @param steps see `threeSteps`
 * @returns the text
 * @throws Error with the message of the flow's error
 */
export async function runFlow(url, { inject, upload, transcribe, result, shown, failed }, onStatus) {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/comms`);
  try {
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", () => reject(new Error(`Node-RED's editor does not answer at ${url}`)), {
        once: true,
      });
    });
    for (const topic of ["debug", "status/#"]) socket.send(JSON.stringify({ subscribe: topic }));
    const watched = new Set([upload, transcribe, result].map(({ id }) => `status/${id}`));
    const outcome = new Promise((resolve, reject) => {
      socket.addEventListener("close", () => reject(new Error("Node-RED ended before the transcript came")), {
        once: true,
      });
      socket.addEventListener("message", ({ data }) => {
        for (const { topic, data: told } of [JSON.parse(data)].flat()) {
          if (watched.has(topic) && told?.text) onStatus(told.text.replace(/^.*\.status\./, ""));
          if (topic !== "debug") continue;
          if (told.id === shown.id) resolve(told.msg);
          if (told.id === failed.id) reject(new Error(told.msg));
        }
      });
    });
    outcome.catch(() => {}); // it is awaited below, also when pressing the button fails
    const pressed = await fetch(`${url}/inject/${inject.id}`, { method: "POST" });
    if (!pressed.ok) throw new Error(`Node-RED did not start the flow: HTTP ${pressed.status}`);
    return await outcome;
  } finally {
    socket.close();
  }
}
