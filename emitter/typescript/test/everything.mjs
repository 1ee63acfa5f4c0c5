// Everything that can be said, to a real server: everything.mjs URL KEY SPOOL
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Emitter } from "../dist/index.js";

const [url, key, directory] = process.argv.slice(2);
const SHA = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const ids = [];
const keep = async (done) => ids.push((await done).id);

const plain = new Emitter({ url, keys: { default: key } });
const draft = plain.audit().forClient("default").action("content.draft").actor("human", "ann")
  .target("post", "Zürich/世界").withCorrelation("episode-9");
await keep(draft.succeeded().emit());
await keep(draft.failed("E42", "401 from https://bot:hunter2@api.example.com").emit());
await plain.close();
const unnumbered = ids.length;

const emitter = new Emitter({
  url, keys: { default: key }, spool: { directory, producer: "typescript", sync: "each" },
});
const audit = emitter.audit().forClient("default").action("content.publish").target("post", "42")
  .actor("user", "ann").withMetadata({ lane: "api", n: [0.1, 1e21, -0] });
await keep(audit.pending().emit());
for (const kind of ["human", "agent", "service", "system", "webhook"]) {
  await keep(audit.actor(kind, "x").partial().buffer());
}
const ok = audit.succeeded();
await keep(ok.childOf(ids[2]).withScreenshotProof("https://x/1.png").buffer());
await keep(ok.withScreenshotProof("https://x/1.png", SHA).buffer());
await keep(ok.withProof({ type: "hash", sha256: SHA }).buffer());
await keep(ok.withProof({
  type: "url", url: "https://x/?token=hunter2", capturedAt: "2026-11-21T07:00:00Z",
}).buffer());
await keep(ok.withApiProof({ password: "hunter2", kept: "y".repeat(20000) }).buffer());
const kept = "k".repeat(20000);  // A blob whose name the program knows: its canonical form's hash.
const blob = "sha256:" + createHash("sha256").update(`"${kept}"`).digest("hex");
await keep(ok.withApiProof(kept).buffer());
for (const proof of [
  { type: "screenshot", blob }, { type: "hash", sha256: SHA, blob },
  { type: "url", url: "https://x/", blob }, { type: "url", sha256: SHA },
  { type: "screenshot", data: "seen" }, { type: "api_response", sha256: SHA },
  { type: "api_response", url: "https://x/" }, { type: "none" },
]) await keep(ok.withProof(proof).buffer());
await keep(ok.actor("agent", "bot token=hunter2").target("password:hunter2", "1")
  .withCorrelation("https://u:hunter2@x/").buffer());
await keep(audit.failed("E1").withMetadata({ lane: "browser", "\u{1f600}": "\u0007" }).emit());
assert.equal(await emitter.flush(60_000), 0);
await emitter.close();
console.log(JSON.stringify({ ids, unnumbered }));
