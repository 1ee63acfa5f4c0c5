// Opens each spool of a list of directories, sends what is there, and goes on with one event more of
// each tenant. Prints what came of each.
import { readFileSync, readdirSync } from "node:fs";
import { Emitter, Misconfigured } from "../dist/index.js";
import { fakeServer, numbered, spooledFor } from "./lib.mjs";

const out = [];
for (const directory of JSON.parse(readFileSync(0, "utf8"))) {
  const server = fakeServer();
  const random = (count) => new Uint8Array(count).fill(1);
  const { options, reports } = spooledFor(directory, server, { random });
  let emitter;
  try {
    emitter = new Emitter(options);
  } catch (error) {
    if (!(error instanceof Misconfigured)) throw error;
    out.push({ refused: true });  // What is damaged may be the name alone.
    continue;
  }
  await emitter.flush(60_000);
  const next = [];
  for (const clientId of ["acme", "beta"]) {
    next.push((await emitter.buffer(numbered(99, { clientId }))).sequence);
  }
  const left = await emitter.close();
  const sent = server.requests.flatMap(({ path, body }) => (path === "/v1/events"
    ? body.toString("utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line)) : []))
    .map(({ tenantId, producer, target }) => [tenantId, producer.id, producer.sequence, target.id]);
  out.push({
    producer: emitter.producer, next, left, sent: sent.sort(),
    reported: reports.map((text) => text.split(":")[0]).sort(),
    files: readdirSync(directory).filter((name) => name !== "refused.ndjson").sort(),
    state: JSON.parse(readFileSync(`${directory}/state.json`, "utf8")),
  });
}
console.log(JSON.stringify(out));
