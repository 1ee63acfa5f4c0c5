// Surroundings that mean harm: nothing is lost, no number is given twice, and all goes on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cpSync, readFileSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync }
  from "node:fs";
import { join } from "node:path";
import { Emitter, SpoolUnusable } from "../dist/index.js";
import { Segment } from "../dist/segment.js";
import { PLAIN, eventsIn, made, numbered, range, scratch, taken, targets } from "./lib.mjs";

// So many processes, of which each spooled some events that could not be sent.
async function starts(t, counts) {
  const directory = scratch(t);
  let n = 0;
  for (const count of counts) {
    const { emitter } = made(t, { directory, answer: () => undefined });
    for (let i = 0; i < count; i += 1) await emitter.buffer(numbered(n++));
    await emitter.close(0);
  }
  return directory;
}

test("a file that is read is not kept open", async (t) => {
  const open = () => readdirSync("/proc/self/fd").length;
  const directory = await starts(t, range(40).map(() => 1));
  let most = 0;
  const before = open();
  const { emitter, server } = made(t, {
    directory, answer: (request) => { most = open(); return taken(request); } });
  assert.equal(await emitter.flush(5000), 0);
  await emitter.close();
  assert.deepEqual(targets(server.log), range(40));
  assert.ok(most < before + 10, `${most} of ${before}`);
});

test("a refusal that is no Unicode is none of the server's", async (t) => {
  const said = JSON.parse('{"error": {"code": "VALIDATION", "message": "\\ud800"}}');
  const { emitter, server } = made(t, { answer: () => ({ status: 422, body: said }) });
  await emitter.buffer(numbered(1));
  assert.equal(await emitter.flush(500), 1);
  server.answer = taken;
  assert.equal(await emitter.flush(5000), 0);
});

test("files that were swapped lose nothing", async (t) => {
  const directory = await starts(t, [3, 3]);
  const [one, two] = [1, 2].map((number) => new Segment(directory, number).path);
  renameSync(one, `${one}-x`);
  renameSync(two, one);
  renameSync(`${one}-x`, two);
  // What is on the way takes half of it, and then the network is gone.
  let tries = 0;
  const halves = (request) => {
    tries += 1;
    if (tries > 2) return undefined;
    return eventsIn(request.body).length === 6 ? { status: 413 } : taken(request);
  };
  const first = made(t, { directory, answer: halves });
  await first.emitter.close(500);
  const second = made(t, { directory });
  await second.emitter.close();
  assert.deepEqual([...targets(first.server.log), ...targets(second.server.log)].sort(), range(6));
});

test("a line that was torn does not spoil the next refusal", async (t) => {
  const { emitter, directory } = made(t, {
    answer: () => ({ status: 422, body: { error: { code: "VALIDATION", message: "no" } } }) });
  const path = join(directory, "refused.ndjson");
  writeFileSync(path, '{"answer":{"at"');
  await emitter.buffer(PLAIN);
  await emitter.close();
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  assert.equal(JSON.parse(lines.at(-1)).event.target.id, PLAIN.targetId);
});

test("what is refused with many words is kept with few, and without the key", async (t) => {
  const message = `Bearer key-a ${"é".repeat(50_000)}`;
  const { emitter, directory, reports } = made(t, {
    answer: () => ({ status: 422, body: { error: { code: "VALIDATION", message } } }) });
  await emitter.buffer(PLAIN);
  await emitter.close();
  const text = readFileSync(join(directory, "refused.ndjson"), "utf8");
  assert.ok(text.length < 4000);
  assert.ok(!`${text}${reports.join()}`.includes("key-a"));
  assert.ok(!text.includes("\ufffd"));
});

test("a clock that was set back does not keep a spool locked", (t) => {
  const directory = scratch(t);
  const path = join(directory, "lock.taking");
  writeFileSync(path, "");
  const tomorrow = Date.now() / 1000 + 86_400;
  utimesSync(path, tomorrow, tomorrow);
  made(t, { directory });
});

test("a name beyond which there is none is an error", async (t) => {
  const directory = scratch(t);
  writeFileSync(join(directory, "9999999999999999.spool.damaged"), "");
  const { emitter } = made(t, { directory });
  await assert.rejects(emitter.buffer(PLAIN), SpoolUnusable);
});

test("a digit of the state that flipped loses nothing and gives no number twice", async (t) => {
  const directory = scratch(t);
  const first = made(t, { directory });
  for (const n of range(3)) await first.emitter.buffer(numbered(n));
  await first.emitter.close();
  const second = made(t, { directory, answer: () => undefined });
  await second.emitter.buffer(numbered(3));
  await second.emitter.close(0);
  const text = readFileSync(join(directory, "state.json"));
  for (const place of text.keys()) {
    const copy = join(scratch(t), "copy");
    cpSync(directory, copy, { recursive: true });
    const flipped = Buffer.from(text);
    flipped[place] ^= 1;
    writeFileSync(join(copy, "state.json"), flipped);
    const { emitter, server } = made(t, { directory: copy });
    await emitter.buffer(numbered(4));
    await emitter.close();
    assert.deepEqual(targets(server.log), [3, 4], `${place}`);
    assert.notEqual(emitter.producer, second.emitter.producer);
    rmSync(copy, { recursive: true });
  }
});

test("a state of before the CRC goes on", async (t) => {
  const directory = scratch(t);
  writeFileSync(join(directory, "state.json"),
    '{"next":{"acme":7},"producer":"worker-1","sent":{"acme":6}}\n');
  const { emitter } = made(t, { directory });
  assert.equal((await emitter.buffer(PLAIN)).sequence, 7);
  assert.equal(emitter.producer, "worker-1");
});
