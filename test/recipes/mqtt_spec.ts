import { connect, type MqttClient } from "mqtt";
import should from "should";
import { wav } from "../support/engine";
import { startBroker } from "../support/programs";
import { bodyOf, hasOthers, type RecipeRun, serve, startRecipes } from "../support/recipes";

describe("the recipes with an MQTT broker", function () {
  this.timeout(60_000);
  let recipes: RecipeRun;
  let broker: Awaited<ReturnType<typeof startBroker>>;
  let client: MqttClient;

  /** What comes at a topic next. */
  const next = (topic: string) =>
    new Promise<string>((resolve) => {
      client.on("message", (at, payload) => at === topic && resolve(payload.toString()));
    });
  /** Where the flow's broker is, told to its node, and that both have subscribed. */
  const run = async (name: string, topic: string, changes: Record<string, object> = {}) => {
    await recipes.run(name, { ...changes, "mqtt-broker": { broker: "127.0.0.1", port: String(broker?.port) } });
    // A retained clip reaches the flow whenever it subscribes.
    await client.publishAsync(topic, wav(1, 2), { qos: 1, retain: true });
  };

  before(async function () {
    this.timeout(300_000);
    if (!hasOthers()) this.skip();
    broker = await startBroker();
    if (!broker) {
      console.log("      skipped: needs mosquitto on the PATH");
      this.skip();
    }
    recipes = await startRecipes();
    client = connect(`mqtt://127.0.0.1:${broker.port}`);
    await client.subscribeAsync("doorbell/said");
  });
  after(async () => {
    await client?.endAsync(true);
    await recipes?.close();
    await broker?.stop();
  });

  it("Doorbell clip to notification", async () => {
    recipes.engine.control.script({ text: "A parcel for you." });
    const said = next("doorbell/said");
    await run("Doorbell clip to notification", "doorbell/clip");
    should(await said).equal("At the door: A parcel for you.");
  });

  it("Spoken command to Home Assistant", async () => {
    recipes.engine.control.script({ text: "Turn on the kitchen light." });
    const asked: { path: string | undefined; authorization: string | undefined; body: unknown }[] = [];
    const home = await serve(async (request, response) => {
      const { url: path, headers } = request;
      asked.push({ path, authorization: headers.authorization, body: JSON.parse(await bodyOf(request)) });
      const answer = { response: { speech: { plain: { speech: "Turned on the light" } } } };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
    try {
      const url = `${home.url}/api/conversation/process`;
      await run("Spoken command to Home Assistant", "voice/command", {
        "Home Assistant": { url, credentials: { password: "a-token" } },
      });
      should(await recipes.sidebar.next("its answer")).equal("Turned on the light");
      should(asked).eql([
        {
          path: "/api/conversation/process",
          authorization: "Bearer a-token",
          body: { text: "Turn on the kitchen light.", language: "en" },
        },
      ]);
    } finally {
      home.close();
    }
  });
});
