// One event of each type, buffered and sent at once: several.mjs URL KEY SPOOL TYPE...
// Prints what became of each: its id, or the status with which it was refused.
import { Emitter } from "../dist/index.js";
import { PLAIN } from "./lib.mjs";

const [url, key, directory, ...types] = process.argv.slice(2);
const emitter = new Emitter({
  url, keys: { default: key }, report: () => {},
  spool: { directory, producer: "p", sync: "never" },
});
const handles = [];
for (const actionType of types) {
  handles.push(await emitter.buffer({ ...PLAIN, clientId: "default", actionType }));
}
const left = await emitter.flush(20_000);
const told = await Promise.all(handles.map((handle) => handle.confirmed(1)
  .then(({ id }) => id, (error) => error.status)));
console.log(JSON.stringify({ told, left }));
await emitter.close();
