// What the official JavaScript client says: run with the folder of its node_modules and what the scenarios need.
// It reads no REPLICATE_BASE_URL by itself, so it is given one.
const path = require("node:path");
const { createRequire } = require("node:module");

const [modules, given] = [process.argv[2], JSON.parse(process.argv[3])];
const Replicate = createRequire(path.join(modules, "x.js"))("replicate");
const { validateWebhook } = Replicate;
const replicate = new Replicate({ baseUrl: process.env.REPLICATE_BASE_URL });

async function collect(items) {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

const scenarios = {
  run_text: () => replicate.run(given.shout, { input: { text: "a", times: 2 } }),
  run_official_model: () => replicate.run("acme/number", { input: { text: "four" } }),
  run_items: () => replicate.run(given.counter, { input: { to: 3 } }),
  run_object: () => replicate.run(given.describe, { input: { text: "x" } }),
  run_file: async () => {
    const output = await replicate.run(given.reverse, { input: { document: Buffer.from("desserts") } });
    return replicate.run(given.size, { input: { document: String(output) } });
  },
  run_that_fails: async () => {
    try {
      return await replicate.run(given.moody, { input: { mood: "bad" } });
    } catch (error) {
      return error.message;
    }
  },
  stream_text: async () => {
    const events = await collect(replicate.stream("acme/llm", { input: { prompt: "a b c" } }));
    return events.filter((event) => event.event === "output").map((event) => event.data);
  },
  prediction_read: async () => {
    const { id, status, output } = await replicate.predictions.get(given.prediction);
    return { id, status, output };
  },
  prediction_cancelled: async () => {
    const made = await replicate.predictions.create({ version: given.version_of_sleeper, input: {} });
    return (await replicate.predictions.cancel(made.id)).status;
  },
  predictions_paged: async () => {
    const pages = await collect(replicate.paginate(replicate.predictions.list));
    return pages.map((page) => page.map((each) => each.id));
  },
  model_read: async () => (await replicate.models.get("acme", "shout")).latest_version.id,
  models_searched: async () => (await replicate.models.search("shout")).results.map((each) => each.name),
  versions_listed: async () => {
    const listed = await replicate.models.versions.list("acme", "shout");
    return (listed.results ?? listed).map((each) => each.id);
  },
  deployment_lived: async () => {
    const about = { name: "mine", model: "acme/shout", version: given.version_of_shout, hardware: "cpu" };
    await replicate.deployments.create({ ...about, min_instances: 0, max_instances: 1 });
    const made = await replicate.deployments.predictions.create("sandbox", "mine", { input: { text: "d" } });
    const ended = await replicate.wait(made, { interval: 20 });
    await replicate.deployments.delete("sandbox", "mine");
    return ended.output;
  },
  training_lived: async () => {
    const options = { destination: "sandbox/trained", input: { text: "t" } };
    const made = await replicate.trainings.create("acme", "shout", given.version_of_shout, options);
    return (await replicate.trainings.get(made.id)).id === made.id;
  },
  collections_read: async () => (await replicate.collections.get("loud-ones")).models.map((each) => each.name),
  hardware_listed: async () => (await replicate.hardware.list()).map((each) => each.sku),
  account_read: async () => (await replicate.accounts.current()).username,
  file_lived: async () => {
    const made = await replicate.files.create(new Blob(["desserts"], { type: "text/plain" }), { a: 1 });
    const read = await replicate.files.get(made.id);
    await replicate.files.delete(made.id);
    return [read.size, read.metadata];
  },
  webhook_checked: async () => {
    const secret = (await replicate.webhooks.default.secret.get()).key;
    const { headers, body } = given;
    const signed = { id: headers["webhook-id"], timestamp: headers["webhook-timestamp"], body, secret };
    return validateWebhook({ ...signed, signature: headers["webhook-signature"] });
  },
  not_found: async () => {
    try {
      return await replicate.predictions.get("nothing");
    } catch (error) {
      return error.response.status;
    }
  },
};

(async () => {
  const answers = {};
  for (const [name, scenario] of Object.entries(scenarios)) {
    try {
      answers[name] = await scenario();
    } catch (error) {
      answers[name] = { broken: String(error.stack) };
    }
  }
  console.log(JSON.stringify(answers));
})();
