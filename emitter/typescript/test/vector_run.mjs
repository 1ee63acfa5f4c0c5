// Runs one case of tests/vectors/emitter, and says what came of it. As a program it reads a list of
// cases from its input, and writes what came of each.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Emitter, EmitterError } from "../dist/index.js";
import { fakeServer } from "./lib.mjs";

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
    report: () => {},
    log: (line) => machine.lines.push(line),
    ...(producer === null ? {}
      : { spool: { directory, producer, sync: "never", flushIntervalMs: null } }),
  };
}

function call(emitter, how, { input, build }) {
  if (input) return emitter[how](input);
  return build.reduce((audit, [name, ...given]) => audit[name](...given), emitter.audit())[how]();
}

async function callsOf(emitter, vector, machine) {
  const events = [];
  for (const event of vector.events) {
    machine.now = event.now;
    machine.random = Buffer.from(event.random, "hex");
    machine.lines.length = 0;
    const { log, error, ...made } = event;
    try {
      await call(emitter, vector.call, event);
      made.log = machine.lines[0];
    } catch (caught) {
      if (!(caught instanceof EmitterError)) throw caught;
      made.error = caught.message;
      assert.deepEqual(machine.lines, []);
    }
    events.push(made);
  }
  return events;
}

// The case with what this emitter makes of it.
export async function expectedOf(vector) {
  const directory = mkdtempSync(join(tmpdir(), "assent-emitter-"));
  try {
    const { random = "", state } = vector.emitter;
    const machine = { now: 0, random: Buffer.from(random, "hex"), lines: [] };
    if (state !== undefined) writeFileSync(join(directory, "state.json"), state);
    const server = fakeServer();
    const emitter = new Emitter(optionsOf(vector, directory, machine, server.send));
    const out = { name: vector.name, call: vector.call, emitter: vector.emitter };
    if (emitter.producer !== null) {
      assert.equal(machine.random.length, 0, "what is given for the spool is for the spool");
      out.producer = emitter.producer;
    }
    out.events = await callsOf(emitter, vector, machine);
    if (vector.call === "buffer") {
      out.spool = readFileSync(join(directory, "0000000000000001.spool")).toString("hex");
    }
    assert.equal(await emitter.close(), 0);
    out.requests = server.requests.map(({ method, path, headers, body }) => {
      const { "User-Agent": agent, ...rest } = headers;
      assert.equal(agent, "assent-emitter-ts/1");
      return { method, path, headers: rest, body: body.toString("utf8") };
    });
    return out;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const out = [];
  for (const each of JSON.parse(readFileSync(0, "utf8"))) out.push(await expectedOf(each));
  console.log(JSON.stringify(out));
}
