// Buffers until it is killed, or COUNT events; prints the ids that it was told, a line each.
//   buffering.mjs DIRECTORY SYNC [URL COUNT]
import { writeSync } from "node:fs";
import { Emitter } from "../dist/index.js";
import { PLAIN } from "./lib.mjs";

const [directory, sync, url, count] = process.argv.slice(2);
const emitter = new Emitter({
  url: url ?? "http://127.0.0.1:1", keys: { acme: "key-a" }, report: () => {},
  ...(url ? {} : { send: async () => ({ status: 503, body: undefined }) }),
  spool: { directory, producer: "worker-1", sync, flushIntervalMs: null, flushSize: 1e9 },
});
for (let n = 0; n < Number(count ?? Infinity); ++n) {
  writeSync(1, `${(await emitter.buffer(PLAIN)).id}\n`);
}
