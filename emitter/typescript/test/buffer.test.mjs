// buffer(): what it resolved for is never lost, and arrives in order.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import test from "node:test";
import {
  Closed, Emitter, InvalidEvent, Misconfigured, Refused, SpoolFull, Unconfirmed,
} from "../dist/index.js";
import {
  PLAIN, eventsIn, fakeServer, httpServer, made, numbered, optionsFor, program, range, scratch,
  sequences, soon, taken, targets, unavailable, until,
} from "./lib.mjs";

test("H53_order is kept through failures", async (t) => {
  let asked = 0;
  const { emitter, server } = made(t, {
    answer: (request) => (asked++ % 3 === 0 ? undefined : taken(request)), spool: { flushSize: 10 },
  });
  await Promise.all(range(500).map((n) => emitter.buffer(numbered(n))));
  assert.equal(await emitter.flush(30_000), 0);
  assert.deepEqual(targets(server.log), range(500));
  assert.deepEqual(sequences(server.log), range(500).map((n) => n + 1));
});

test("H53_a hundred events are sent without being asked", async (t) => {
  const { emitter, server } = made(t, { spool: { flushSize: 100 } });
  for (const n of range(99)) await emitter.buffer(numbered(n));
  await soon(200);
  assert.equal(server.requests.length, 0);
  await emitter.buffer(numbered(99));
  await until(() => server.log.length === 100);
  assert.equal(server.requests.length, 1);
});

test("H53_one event is sent when it has waited long enough", async (t) => {
  const { emitter, server } = made(t, { spool: { flushIntervalMs: 300 } });
  const began = performance.now();
  await emitter.buffer(PLAIN);
  await until(() => server.log.length === 1);
  assert.ok(performance.now() - began >= 299);
});

test("H53_one flusher at a time", async (t) => {
  let sending = 0, most = 0;
  const { emitter, server } = made(t, {
    spool: { flushSize: 5 },
    answer: async (request) => {
      most = Math.max(most, ++sending);
      await soon(3);
      --sending;
      return taken(request);
    },
  });
  await Promise.all(range(6).map(async (worker) => {
    for (const n of range(50)) {
      await emitter.buffer(numbered(worker * 1000 + n));
      if (n % 10 === 0) await emitter.flush();
    }
  }));
  await emitter.close();
  assert.equal(most, 1);
  assert.deepEqual(sequences(server.log), range(300).map((n) => n + 1));
});

test("H53_a failure keeps the events", async (t) => {
  const { emitter, server, reports } = made(t, { answer: unavailable });
  const handles = [];
  for (const n of range(3)) handles.push(await emitter.buffer(numbered(n)));
  assert.equal(await emitter.flush(500), 3);
  await assert.rejects(handles[0].confirmed(1), (error) =>
    error instanceof Unconfirmed && error.eventId === handles[0].id);
  server.answer = taken;
  assert.equal(await emitter.flush(20_000), 0);
  const receipts = await Promise.all(handles.map((handle) => handle.confirmed()));
  assert.deepEqual(receipts.map(({ id }) => id), server.log.map(({ id }) => id));
  assert.equal(reports.filter((text) => text.startsWith("unreachable")).length, 1);
});

test("H53_what could not be sent at the end is sent by the next process", async (t) => {
  const first = made(t, { answer: () => undefined });
  const told = [];
  for (const n of range(5)) told.push((await first.emitter.buffer(numbered(n))).id);
  assert.equal(await first.emitter.close(300), 5);
  const { emitter, server } = made(t, { directory: first.directory });
  await emitter.buffer(numbered(5));
  assert.equal(await emitter.close(), 0);
  assert.deepEqual(server.log.slice(0, 5).map(({ id }) => id), told);
  assert.deepEqual(sequences(server.log), [1, 2, 3, 4, 5, 6]);
});

test("H53_kill -9 loses nothing that was spooled", async (t) => {
  for (const sync of ["each", "interval", "never"]) {
    const directory = scratch(t);
    const child = spawn(process.execPath, [program("buffering.mjs"), directory, sync]);
    const told = [];
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (line) => {
      told.push(line);
      if (told.length === 300) child.kill("SIGKILL");
    });
    await Promise.all([once(lines, "close"), once(child, "exit")]);
    const { emitter, server } = made(t, { directory });
    assert.equal(await emitter.flush(30_000), 0);
    await emitter.close();
    const arrived = server.log.map(({ id }) => id);
    assert.deepEqual(arrived.slice(0, told.length), told);
    assert.ok(arrived.length <= told.length + 1, "one may not have been told yet");
    assert.deepEqual(sequences(server.log), arrived.map((_, place) => place + 1));
  }
});

test("H53_the end of the program sends what waits", async (t) => {
  const bodies = [];
  const url = await httpServer(t, (request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts);
      bodies.push(body);
      const headers = { "Content-Type": request.headers["content-type"] };
      response.writeHead(201).end(JSON.stringify(taken({ headers, body }).body));
    });
  });
  const child = spawn(process.execPath, [program("buffering.mjs"), scratch(t), "never", url, "7"]);
  const told = [];
  createInterface({ input: child.stdout }).on("line", (line) => told.push(line));
  assert.deepEqual(await once(child, "close"), [0, null]);
  assert.equal(told.length, 7);
  assert.deepEqual(bodies.flatMap(eventsIn).map(({ id }) => id), told);
});

test("an event at fault does not stop the others", async (t) => {
  const isAtFault = ({ target }) => ["3", "7"].includes(target.id);
  const { emitter, server, directory, reports } = made(t, {
    answer: (request) => (eventsIn(request.body).some(isAtFault)
      ? { status: 422, body: { error: { code: "UNPROCESSABLE", message: "no such thing" } } }
      : taken(request)),
  });
  const handles = [];
  for (const n of range(10)) handles.push(await emitter.buffer(numbered(n)));
  assert.equal(await emitter.flush(20_000), 0);
  for (const n of [3, 7]) await assert.rejects(handles[n].confirmed(), Refused);
  assert.equal((await handles[9].confirmed()).id, handles[9].id);
  assert.deepEqual(targets(server.log), [0, 1, 2, 4, 5, 6, 8, 9]);
  const aside = eventsIn(readFileSync(join(directory, "refused.ndjson")));
  assert.deepEqual(aside.map(({ event }) => event.id), [handles[3].id, handles[7].id]);
  assert.equal(aside[0].answer.reason, "422 UNPROCESSABLE: no such thing");
  assert.equal(reports.filter((text) => text.startsWith("refused: ")).length, 2);
});

test("what something on the way refuses waits, and nothing is set aside", async (t) => {
  const { emitter, server, directory, reports } = made(t);
  for (const status of [400, 409, 413, 415, 422]) {
    server.answer = () => ({ status, body: undefined });
    for (const n of range(3)) await emitter.buffer(numbered(n));
    assert.equal(await emitter.flush(50), 3);
    server.answer = taken;
    assert.equal(await emitter.flush(20_000), 0);
  }
  assert.equal(server.log.length, 15);
  assert.deepEqual(sequences(server.log), range(15).map((n) => n + 1));
  assert.ok(!existsSync(join(directory, "refused.ndjson")));
  assert.ok(reports.every((text) => text.startsWith("unreachable: ")));
});

test("a proxy that takes less at once gets less", async (t) => {
  const { emitter, server } = made(t, {
    answer: (request) => (request.body.length > 2000 ? { status: 413, body: undefined }
      : taken(request)),
  });
  for (const n of range(50)) await emitter.buffer(numbered(n));
  assert.equal(await emitter.flush(20_000), 0);
  assert.deepEqual(targets(server.log), range(50));
});

test("a blob at fault takes its event with it alone", async (t) => {
  const { emitter, server } = made(t, {
    answer: (request) => (request.method === "PUT"
      ? { status: 413, body: { error: { code: "TOO_LARGE", message: "no" } } } : taken(request)),
  });
  for (const n of range(5)) {
    const proof = n === 2 ? { type: "api_response", data: "x".repeat(20_000) } : undefined;
    await emitter.buffer(numbered(n, { proof }));
  }
  assert.equal(await emitter.flush(20_000), 0);
  assert.deepEqual(targets(server.log), [0, 1, 3, 4]);
});

test("a tenant whose key fails holds up nobody else", async (t) => {
  const { emitter, server } = made(t, {
    answer: (request) => (request.headers.Authorization === "Bearer key-b"
      ? { status: 401, body: {} } : taken(request)),
  });
  for (const n of range(10)) {
    await emitter.buffer(numbered(n, { clientId: n % 2 ? "beta" : "acme" }));
  }
  await emitter.flush(100);
  await until(() => targets(server.log).join() === "0,2,4,6,8");
  server.answer = taken;
  assert.equal(await emitter.flush(20_000), 0);
  assert.deepEqual(targets(server.log, "beta"), [1, 3, 5, 7, 9]);
});

test("a full spool fails if the program chose so", async (t) => {
  const { emitter, server } = made(t, { answer: unavailable, spool: { bytesMax: 2000 } });
  const told = [];
  await assert.rejects((async () => {
    for (;;) told.push((await emitter.buffer(numbered(told.length))).id);
  })(), SpoolFull);
  assert.ok(told.length > 2 && told.length < 20);
  server.answer = taken;
  assert.equal(await emitter.flush(20_000), 0);
  await emitter.buffer(numbered(told.length));
  await emitter.close();
  // The event that was not taken has no number either: nothing is missing.
  assert.deepEqual(sequences(server.log), range(told.length + 1).map((n) => n + 1));
});

test("a full spool makes wait if the program chose so, in order", async (t) => {
  const { emitter, server } = made(t, {
    answer: async (request) => {
      await soon(2);
      return taken(request);
    },
    spool: { bytesMax: 2000, whenFull: "block" },
  });
  await Promise.all(range(100).map((n) => emitter.buffer(numbered(n))));
  await emitter.close();
  assert.deepEqual(targets(server.log), range(100));
});

test("who waits for room is told of the end", async (t) => {
  const spool = { bytesMax: 2000, whenFull: "block" };
  const { emitter } = made(t, { answer: unavailable, spool });
  const outcomes = Promise.allSettled(range(100).map((n) => emitter.buffer(numbered(n))));
  await soon(50);
  await emitter.close(50);
  const refused = (await outcomes).filter(({ status }) => status === "rejected");
  assert.ok(refused.length > 50 && refused.every(({ reason }) => reason instanceof Closed));
});

test("what never fits is refused even by who waits", async (t) => {
  const { emitter } = made(t, { spool: { bytesMax: 100, whenFull: "block" } });
  await assert.rejects(emitter.buffer(PLAIN), SpoolFull);
});

test("an invalid event leaves the spool unharmed", async (t) => {
  const { emitter, directory } = made(t);
  await emitter.buffer(numbered(1));
  const bytes = () => readFileSync(join(directory, "0000000000000001.spool"));
  const before = bytes();
  for (const bad of [numbered("a\0b"), numbered(1, { outcome: "done" }),
    numbered(1, { actionType: "ledger.reset" }),
    numbered(1, { metadata: { a: "x".repeat(65_536) } }),
    numbered(1, { proof: { type: "api_response", data: "x".repeat(2 ** 21) } })]) {
    await assert.rejects(emitter.buffer(bad), InvalidEvent);
  }
  assert.deepEqual(bytes(), before);
  assert.equal((await emitter.buffer(numbered(2))).sequence, 2);
});

test("an emit goes in its turn", async (t) => {
  const { emitter, server } = made(t);
  await emitter.buffer(numbered(1));
  await emitter.buffer(numbered(2));
  const receipt = await emitter.emit(numbered(3));
  await emitter.buffer(numbered(4));
  await emitter.close();
  assert.deepEqual(targets(server.log), [1, 2, 3, 4]);
  assert.deepEqual(server.requests.map(({ headers }) => headers["Content-Type"]),
    ["application/x-ndjson", "application/json", "application/x-ndjson"]);
  assert.equal(receipt.id, server.log[2].id);
});

test("an emit that is not confirmed stays in the spool", async (t) => {
  const { emitter, server } = made(t, { answer: () => undefined, more: { emitTimeoutMs: 200 } });
  const error = await emitter.emit(numbered(1)).catch((caught) => caught);
  assert.ok(error instanceof Unconfirmed);
  server.answer = taken;
  assert.equal(await emitter.flush(20_000), 0);
  assert.deepEqual(server.log.map(({ id }) => id), [error.eventId]);
});

test("ten thousand events arrive in few requests", async (t) => {
  const { emitter, server } = made(t, { spool: { sync: "interval", syncIntervalMs: 20 } });
  for (const n of range(10_000)) await emitter.buffer(numbered(n));
  assert.equal(await emitter.flush(60_000), 0);
  assert.deepEqual(targets(server.log), range(10_000));
  assert.ok(Math.max(...server.requests.map(({ body }) => body.length)) <= 2 ** 20);
});

test("buffer needs a spool", async () => {
  const emitter = new Emitter(optionsFor(fakeServer()).options);
  await assert.rejects(emitter.buffer(PLAIN), Misconfigured);
  await emitter.close();
});
