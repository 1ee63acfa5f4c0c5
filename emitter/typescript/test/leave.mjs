// Leaves three events in the spool DIRECTORY, the second with a blob; prints their ids.
import { Emitter } from "../dist/index.js";
import { PLAIN } from "./lib.mjs";

const emitter = new Emitter({
  url: "http://127.0.0.1:1", keys: { acme: "key-a" }, report: () => {},
  send: async () => ({ status: 503, body: undefined }),
  spool: { directory: process.argv[2], producer: "worker-1", sync: "each" },
});
const big = { ...PLAIN, proof: { type: "api_response", data: "x".repeat(20000) } };
const ids = [];
for (const event of [PLAIN, big, PLAIN]) ids.push((await emitter.buffer(event)).id);
console.log(JSON.stringify(ids).replaceAll(",", ", "));
await emitter.close(0);
