// tests/vectors/emitter and tests/vectors/redaction: the same bytes as the other emitters'.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { Emitter, EmitterError } from "../dist/index.js";
import { Redactor } from "../dist/redact.js";
import { ROOT, fakeServer, scratch } from "./lib.mjs";

const read = (path) => JSON.parse(readFileSync(new URL(path, ROOT), "utf8"));

function optionsOf({ emitter }, directory, machine, send) {
  const { keys, producer, trace, redact } = emitter;
  return {
    url: "http://127.0.0.1:1", keys, redact, send,
    currentTrace: () => trace,
    now: () => machine.now,
    random: (count) => {
      const taken = machine.random.subarray(0, count);
      assert.equal(taken.length, count, "the case has too few random bytes");
      machine.random = machine.random.subarray(count);
      return taken;
    },
    log: (line) => machine.lines.push(line),
    ...(producer === null ? {}
      : { spool: { directory, producer, sync: "never", flushIntervalMs: null } }),
  };
}

function call(emitter, how, { input, build }) {
  if (input) return emitter[how](input);
  return build.reduce((audit, [name, ...given]) => audit[name](...given), emitter.audit())[how]();
}

for (const vector of read("tests/vectors/emitter/vectors.json")) {
  test(vector.name, async (t) => {
    const directory = scratch(t);
    const machine = { now: 0, random: Buffer.alloc(0), lines: [] };
    const server = fakeServer();
    const emitter = new Emitter(optionsOf(vector, directory, machine, server.send));
    for (const event of vector.events) {
      machine.now = event.now;
      machine.random = Buffer.from(event.random, "hex");
      machine.lines.length = 0;
      if (event.error !== undefined) {
        await assert.rejects(call(emitter, vector.call, event), (error) => {
          assert.ok(error instanceof EmitterError);
          assert.equal(error.message, event.error);
          return true;
        });
        assert.deepEqual(machine.lines, []);
      } else {
        await call(emitter, vector.call, event);
        assert.deepEqual(machine.lines, [event.log]);
      }
    }
    if (vector.spool !== undefined) {
      const bytes = readFileSync(join(directory, "0000000000000001.spool"));
      assert.equal(bytes.toString("hex"), vector.spool);
    }
    assert.equal(await emitter.close(), 0);
    const sent = server.requests.map(({ method, path, headers, body }) => {
      const { "User-Agent": agent, ...rest } = headers;
      assert.equal(agent, "assent-emitter-ts/1");
      return { method, path, headers: rest, body: body.toString("utf8") };
    });
    assert.deepEqual(sent, vector.requests);
  });
}

for (const { name, keys = [], in: given, out } of read("tests/vectors/redaction/vectors.json")) {
  test(`redaction: ${name}`, () => {
    const redactor = new Redactor(keys);
    assert.deepEqual(redactor.value(given, "x"), out);
    assert.deepEqual(redactor.value(out, "x"), out);
  });
}
