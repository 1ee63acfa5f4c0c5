// Buffers for some seconds, then sends all: load.mjs URL KEY SPOOL PRODUCER SECONDS
// Prints the ids that it was told at the end, or each at once if ASSENT_TELL is set.
import { writeSync } from "node:fs";
import { Emitter } from "../dist/index.js";
import { PLAIN, soon } from "./lib.mjs";

const [url, key, directory, producer, seconds] = process.argv.slice(2);
const ids = [];
const emitter = new Emitter({
  url, keys: { default: key }, timeoutMs: 5000, report: () => {},
  spool: { directory, producer, sync: "never", flushIntervalMs: 200 },
});
const ends = performance.now() + Number(seconds) * 1000;
while (performance.now() < ends) {
  const event = { ...PLAIN, clientId: "default", targetId: String(ids.length) };
  const handle = await emitter.buffer(event);
  ids.push(handle.id);
  if (process.env.ASSENT_TELL) writeSync(1, `${handle.id}\n`);
  if (ids.length % 20 === 0) await soon(5);
}
const left = await emitter.close(120_000);
if (!process.env.ASSENT_TELL) console.log(JSON.stringify({ ids }));
process.exitCode = left ? 1 : 0;
