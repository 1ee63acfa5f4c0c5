// The spool's files: what is damaged, torn, lost or somebody else's, and a disk that is full.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  closeSync, cpSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, statSync,
  writeFileSync, writeSync,
} from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { Emitter, Misconfigured, SpoolUnusable } from "../dist/index.js";
import {
  PLAIN, eventsIn, fakeServer, made, numbered, optionsFor, program, range, scratch, sequences,
  spooledFor, taken, targets,
} from "./lib.mjs";

// A spool in which so many events wait, as a killed process leaves it.
async function left(t, count = 5, spool = {}) {
  const { emitter, directory } = made(t, { answer: () => undefined, spool });
  const path = join(directory, "state.json"), state = readFileSync(path);
  for (const n of range(count)) await emitter.buffer(numbered(n));
  await emitter.close(0);
  writeFileSync(path, state);
  const file = join(directory, "0000000000000001.spool");
  const data = readFileSync(file), places = [];
  for (let at = 0; at < data.length; at += 8 + data.readUInt32LE(at)) places.push(at);
  return { directory, file, data, places, path, producer: emitter.producer };
}

// What the next process sends, and with which number it would go on.
async function sent(t, directory) {
  const { emitter, server, reports } = made(t, { directory });
  assert.equal(await emitter.flush(20_000), 0);
  const next = (await emitter.buffer(numbered(99))).sequence;
  await emitter.close();
  return { targets: targets(server.log).slice(0, -1), reports, next };
}

function renew(directory, file, data) {
  rmSync(directory, { recursive: true });
  cpSync(data.origin, directory, { recursive: true });
  writeFileSync(file, data.bytes);
}

test("a torn end is cut off without a word", async (t) => {
  const { directory, file, data, places } = await left(t, 2);
  const origin = scratch(t);
  cpSync(directory, origin, { recursive: true });
  for (let length = places[1]; length < data.length; length += 23) {
    renew(directory, file, { origin, bytes: data.subarray(0, length) });
    assert.deepEqual(await sent(t, directory), { targets: [0], reports: [], next: 2 });
  }
});

test("damage anywhere sends what is before and keeps the rest", async (t) => {
  const { directory, file, data, places } = await left(t, 5);
  const origin = scratch(t);
  cpSync(directory, origin, { recursive: true });
  for (let at = places[2]; at < places[3]; at += 29) {
    const bytes = Buffer.from(data);
    bytes[at] ^= 0x20;
    renew(directory, file, { origin, bytes });
    const { targets: arrived, reports, next } = await sent(t, directory);
    assert.deepEqual(arrived, [0, 1]);
    assert.match(reports[0], /is damaged at byte/);
    assert.deepEqual(readFileSync(`${file}.damaged`), bytes);
    assert.equal(next, 6, "the numbers of what is lost are missing at the server");
  }
});

test("a hole in the file is damage", async (t) => {
  const { directory, file, data } = await left(t, 2);
  writeFileSync(file, Buffer.concat([data, Buffer.alloc(64)]));
  const { targets: arrived, reports } = await sent(t, directory);
  assert.deepEqual(arrived, [0, 1]);
  assert.equal(reports.length, 1);
});

test("damage while running is told and the others arrive", async (t) => {
  const { emitter, server, directory, reports } = made(t);
  const handles = [];
  for (const n of range(5)) handles.push(await emitter.buffer(numbered(n)));
  const file = join(directory, "0000000000000001.spool");
  const data = readFileSync(file);
  data[data.indexOf('"id":"2"')] ^= 1;
  writeFileSync(file, data, { flag: "r+" });
  assert.equal(await emitter.flush(20_000), 0);
  await assert.rejects(handles[2].confirmed(), SpoolUnusable);
  assert.deepEqual(targets(server.log), [0, 1, 3, 4]);
  assert.match(reports[0], /is damaged at byte/);
});

// A program that starts, with the number that it would go on with; then it is gone.
async function goesOn(t, directory, tenant = "acme") {
  const { emitter } = made(t, { directory });
  const { sequence } = await emitter.buffer(numbered(9, { clientId: tenant }));
  await emitter.close();
  return sequence;
}

test("a damaged last record has a number that is not given again", async (t) => {
  const { directory, file, data, places } = await left(t, 3);
  const origin = scratch(t), last = places[2];
  cpSync(directory, origin, { recursive: true });
  const damaged = [];
  for (let at = last; at < data.length; at += at < last + 8 ? 1 : 23) {
    const bytes = Buffer.from(data);
    bytes[at] ^= 0x20;
    damaged.push(bytes);
  }
  const head = data.subarray(0, last);
  const renumbered = data.toString("latin1", last).replace('"sequence":3', '"sequence":1');
  damaged.push(Buffer.concat([data.subarray(0, last + 8), Buffer.alloc(data.length - last - 8)]),
    Buffer.concat([head, Buffer.alloc(64)]),
    Buffer.concat([head, Buffer.from(renumbered, "latin1")]));
  for (const bytes of damaged) {
    renew(directory, file, { origin, bytes });
    assert.deepEqual((await sent(t, directory)).targets, [0, 1]);
    assert.equal(await goesOn(t, directory), 5, "4 was the next, which sent() used");
    assert.equal(await goesOn(t, directory, "beta"), 2, "it may have been of another tenant");
  }
});

test("a damaged end costs one number, however often the program starts", async (t) => {
  const { directory, file, data } = await left(t, 3);
  writeFileSync(file, Buffer.concat([data.subarray(0, data.length - 5), Buffer.alloc(5)]));
  for (const _ of range(3)) {
    await made(t, { directory, answer: () => undefined }).emitter.close(0);
  }
  assert.equal(await goesOn(t, directory), 4);
});

test("the only record may be the damaged one", async (t) => {
  const { directory, file, data } = await left(t, 1);
  writeFileSync(file, Buffer.concat([data.subarray(0, data.length - 5), Buffer.alloc(5)]));
  await made(t, { directory }).emitter.close();
  assert.equal(await goesOn(t, directory), 2);
});

test("damage before a whole end costs no number", async (t) => {
  const { directory, file, data, places } = await left(t, 3);
  data[places[1] + 20] ^= 1;
  writeFileSync(file, data);
  assert.equal(await goesOn(t, directory), 4);
  assert.equal(await goesOn(t, directory, "beta"), 1);
});

test("a state that is lost or damaged begins another id", async (t) => {
  for (const text of [undefined, "", "{", "[]", '{"next":' + "[".repeat(100_000),
    '{"next":{},"sent":{}}', '{"next":{},"sent":{},"producer":1}',
    '{"next":{"acme":"x"},"sent":{},"producer":"worker-1"}',
    '{"next":{"acme":-1},"sent":{},"producer":"worker-1"}',
    Buffer.from('{"next":{},"sent":{},"producer":"worker-1\xff"}', "latin1"),
    '{"next":{"acme":true},"sent":{},"producer":"worker-1"}']) {
    const { directory, path, producer: old } = await left(t, 3);
    if (text === undefined) rmSync(path);
    else writeFileSync(path, text);
    const { emitter, server, reports } = made(t, { directory });
    const { producer } = emitter;
    assert.match(producer, /^worker-1\.[0-9a-hjkmnp-tv-z]{8}$/);
    assert.notEqual(producer, old);
    // It is on the disk before anything has a number under it.
    assert.equal(JSON.parse(readFileSync(path, "utf8")).producer, producer);
    assert.equal((await emitter.buffer(numbered(3))).sequence, 1);
    assert.equal(await emitter.flush(20_000), 0);
    await emitter.close();
    // What was there goes as it is, in order; none of it counts for the new id.
    assert.deepEqual(server.log.map((event) => [event.producer.id, event.producer.sequence]),
      [[old, 1], [old, 2], [old, 3], [producer, 1]]);
    assert.deepEqual(JSON.parse(readFileSync(path, "utf8")),
      { next: { acme: 2 }, producer, sent: { acme: 1 } });
    assert.equal(existsSync(`${path}.damaged`), text !== undefined);
    assert.equal(reports.filter((report) => /state\.json was damaged/.test(report)).length,
      text === undefined ? 0 : 1);
  }
});

test("damaged records of another id take no numbers", async (t) => {
  const { directory, file, data, path } = await left(t, 3);
  writeFileSync(file, Buffer.concat([data.subarray(0, data.length - 5), Buffer.from("xxxxx")]));
  rmSync(path);
  const { emitter } = made(t, { directory, more: { keys: { beta: "key-b" } } });
  assert.equal((await emitter.buffer(numbered(3, { clientId: "beta" }))).sequence, 1);
  await emitter.close(300);
  assert.equal(await goesOn(t, directory), 1);
});

test("two spools of one name have two ids, and each keeps its own", async (t) => {
  const one = made(t), other = made(t);
  assert.notEqual(one.emitter.producer, other.emitter.producer);
  for (const { emitter } of [one, other]) {
    assert.equal((await emitter.buffer(PLAIN)).sequence, 1);
  }
  await one.emitter.close();
  assert.equal(made(t, { directory: one.directory }).emitter.producer, one.emitter.producer);
  assert.equal(new Emitter(optionsFor(fakeServer()).options).producer, null);
});

test("a spool is for one producer and one emitter at a time", async (t) => {
  const { emitter, directory, server } = made(t);
  await emitter.buffer(PLAIN);
  assert.throws(() => new Emitter(spooledFor(directory, server).options), SpoolUnusable);
  await emitter.close();
  for (const producer of ["worker-2", "worker", "worker-1.a"]) {
    const other = spooledFor(directory, server, {}, { producer }).options;
    assert.throws(() => new Emitter(other), (error) => error instanceof Misconfigured &&
      error.message.endsWith(`is of producer ${emitter.producer}`));
  }
  const path = join(directory, "state.json"), state = readFileSync(path);
  for (const producer of ["worker-1.0123abc", "worker-1.0123abcde", "worker-1.0123abcu",
    "worker-1.0123ABCD", "worker-10123abcd"]) {
    writeFileSync(path, JSON.stringify({ next: {}, producer, sent: {} }));
    assert.throws(() => new Emitter(spooledFor(directory, server).options), Misconfigured);
  }
  writeFileSync(path, state);
  for (const dead of ["", "nonsense\n", "999999999 1\n", `${process.ppid} 1\n`]) {
    writeFileSync(join(directory, "lock"), dead);
    await new Emitter(spooledFor(directory, server).options).close();
  }
});

test("planted secrets are nowhere in the spool", async (t) => {
  const secret = "hunter2-planted";
  const { emitter, directory, reports, lines } = made(t, { answer: () => undefined });
  await emitter.buffer(numbered(`https://u:${secret}@h/`, {
    actorId: `bot token=${secret}`, targetType: `password:${secret}`,
    correlationId: `https://u:${secret}@h/`,
    metadata: { password: secret, n: `token=${secret}` },
    proof: { type: "url", url: `https://x/?api_key=${secret}` },
  }));
  await emitter.buffer(numbered(2, {
    proof: { type: "api_response", data: { auth: secret, x: "y".repeat(20_000) } },
  }));
  await emitter.close(0);
  const found = spawnSync("grep", ["-r", secret, directory], { encoding: "utf8" });
  assert.equal(found.status, 1, found.stdout);
  assert.ok(![...reports, ...lines].join("\n").includes(secret));
});

test("a spool of the Python emitter is read", async (t) => {
  const directory = scratch(t);
  const done = spawnSync("python3", ["-B", program("../../python/tests/leave.py"), directory],
    { encoding: "utf8" });
  assert.equal(done.status, 0, done.stderr);
  const { emitter, server } = made(t, { directory });
  assert.equal(await emitter.flush(20_000), 0);
  assert.equal((await emitter.buffer(numbered(9))).sequence, 4);
  assert.deepEqual(server.log.map(({ id }) => id), JSON.parse(done.stdout));
  assert.deepEqual(server.requests.map(({ method }) => method), ["PUT", "POST"]);
});

// ---- a full disk ----

// A file system of 1 MiB, if this user may have one.
function smallDisk(t) {
  const disk = join(scratch(t), "disk");
  mkdirSync(disk);
  const options = ["-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", disk];
  if (spawnSync("mount", options).status !== 0) {
    t.skip("only root can mount a small file system");
    return undefined;
  }
  return disk;
}

// What another program takes of it: everything.
function fill(disk) {
  const file = openSync(join(disk, "another's"), "w");
  try {
    for (;;) writeSync(file, Buffer.alloc(4096));
  } catch (error) {
    assert.equal(error.code, "ENOSPC");
  } finally {
    closeSync(file);
  }
}

async function bufferUntilFull(emitter, from = 0) {
  for (let n = from; ; ++n) {
    try {
      await emitter.buffer(numbered(n));
    } catch (error) {
      assert.ok(error instanceof SpoolUnusable && /ENOSPC/.test(error.message), error);
      return n;
    }
  }
}

async function onSmallDisk(t, run) {
  const disk = smallDisk(t);
  if (!disk) return;
  try {
    await run(disk, join(disk, "spool"));
  } finally {
    spawnSync("umount", ["-l", disk]);
  }
}

test("a spool that filled its disk drains and goes on", async (t) => {
  await onSmallDisk(t, async (disk, directory) => {
    for (const spool of [{}, { segmentBytes: 20_000 }]) {
      rmSync(join(disk, "another's"), { force: true });
      const { emitter, server } = made(t, { directory, answer: () => undefined, spool });
      const count = await bufferUntilFull(emitter);
      assert.ok(count > 100);
      fill(disk);
      server.answer = taken;
      assert.equal(await emitter.flush(60_000), 0);
      assert.deepEqual(targets(server.log), range(count));
      // All of its room came back, and what it kept free for such a day is kept free again.
      const files = readdirSync(directory).sort();
      assert.deepEqual(files, ["lock", "reserve", "state.json"]);
      assert.equal(statSync(join(directory, "reserve")).size, 65_536);
      await emitter.buffer(numbered(count));
      assert.equal(await emitter.close(), 0);
      const numbers = sequences(server.log);
      assert.deepEqual(numbers, range(count + 1).map((n) => n + numbers[0]));
    }
  });
});

test("the next program drains a disk that is full", async (t) => {
  await onSmallDisk(t, async (disk, directory) => {
    const first = made(t, { directory, answer: () => undefined });
    const count = await bufferUntilFull(first.emitter);
    await first.emitter.close(0);
    fill(disk);
    const { emitter, server } = made(t, { directory });
    assert.equal(emitter.producer, first.emitter.producer);
    assert.equal(await emitter.flush(60_000), 0);
    assert.deepEqual(sequences(server.log), range(count).map((n) => n + 1));
    assert.equal((await emitter.buffer(numbered(count))).sequence, count + 1);
    await emitter.close();
  });
});

test("a lost state on a full disk begins another id all the same", async (t) => {
  await onSmallDisk(t, async (disk, directory) => {
    const first = made(t, { directory, answer: () => undefined });
    const count = await bufferUntilFull(first.emitter);
    await first.emitter.close(0);
    rmSync(join(directory, "state.json"));
    fill(disk);
    const { emitter, server } = made(t, { directory });
    assert.equal(await emitter.flush(60_000), 0);
    assert.deepEqual(targets(server.log), range(count));
    assert.equal((await emitter.buffer(numbered(count))).sequence, 1);
    await emitter.close();
  });
});

test("what is refused on a full disk is set aside, and the rest goes on", async (t) => {
  await onSmallDisk(t, async (disk, directory) => {
    const { emitter, server } = made(t, { directory, answer: () => undefined });
    const count = await bufferUntilFull(emitter);
    fill(disk);
    const isAtFault = ({ target }) => target.id === "3";
    server.answer = (request) => (eventsIn(request.body).some(isAtFault)
      ? { status: 422, body: { error: { code: "UNPROCESSABLE", message: "no" } } }
      : taken(request));
    assert.equal(await emitter.flush(60_000), 0);
    assert.deepEqual(targets(server.log), range(count).filter((n) => n !== 3));
    const [aside] = eventsIn(readFileSync(join(directory, "refused.ndjson")));
    assert.equal(aside.event.target.id, "3");
    await emitter.close();
  });
});

test("nothing is spooled where there is no reserve", async (t) => {
  await onSmallDisk(t, async (disk, directory) => {
    const { emitter } = made(t, { directory });
    await emitter.close();
    rmSync(join(directory, "reserve"));
    fill(disk);
    const next = made(t, { directory });
    await assert.rejects(next.emitter.buffer(PLAIN), SpoolUnusable);
    rmSync(join(disk, "another's"));
    await next.emitter.buffer(PLAIN);
    assert.equal(await next.emitter.close(), 0);
    assert.deepEqual(sequences(next.server.log), [1], "what was not taken took no number");
  });
});
