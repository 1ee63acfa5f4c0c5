// A key of one tenant under the name of another: foreign.mjs URL KEY SPOOL
import { Emitter } from "../dist/index.js";
import { PLAIN } from "./lib.mjs";

const [url, key, directory] = process.argv.slice(2);
const foreign = { ...PLAIN, clientId: "somebody-else" };
const keys = { "somebody-else": key };
const plain = new Emitter({ url, keys });
const { status } = await plain.emit(foreign).catch((error) => error);
await plain.close();
const emitter = new Emitter({
  url, keys, report: () => {}, spool: { directory, producer: "p", sync: "never" },
});
await emitter.buffer(foreign);
console.log(JSON.stringify({ status, left: await emitter.flush(1000) }));
await emitter.close(0);
