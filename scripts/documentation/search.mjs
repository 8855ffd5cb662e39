// Query the search of the built site: `node search.mjs SITE` reads one question per line from stdin, and prints for each
// a JSON list of the matching sections, best first. It runs what a browser runs: the theme's search worker, behind the
// site's own script, which drops stop words.
import { readFileSync, readdirSync } from "node:fs";
import vm from "node:vm";

const site = process.argv[2];
const workers = `${site}/assets/javascripts/workers`;
const worker = readdirSync(workers).find((name) => /^search\..*\.min\.js$/.test(name));

let listener, resolveAnswer;
class Worker {
  postMessage(message) {
    listener({ data: message });
  }
}
const scope = {
  console, URL, setTimeout, Worker,
  addEventListener: (_, handler) => (listener = handler),
  postMessage: (message) => resolveAnswer(message.data),
};
scope.self = scope;
vm.createContext(scope);
vm.runInContext(readFileSync(`${workers}/${worker}`, "utf8"), scope);
vm.runInContext(readFileSync(`${site}/assets/search.js`, "utf8"), scope);

const page = new Worker();
const ask = (message) => new Promise((resolve) => ((resolveAnswer = resolve), page.postMessage(message)));
const index = JSON.parse(readFileSync(`${site}/search/search_index.json`, "utf8"));
await ask({ type: 0, data: { ...index, options: { suggest: true } } });
for (const question of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const { items } = await ask({ type: 2, data: question });
  // A result is a page with its sections; take the best section.
  const best = (sections) => sections.reduce((one, other) => (other.score > one.score ? other : one));
  console.log(JSON.stringify(items.slice(0, 5).map((sections) => best(sections).location)));
}
