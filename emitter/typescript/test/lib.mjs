// What the tests have in common: directories that go away, and servers that do as they are told.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Emitter } from "../dist/index.js";
import { Unreachable } from "../dist/transport.js";

export const ROOT = new URL("../../../", import.meta.url);
export const program = (name) => fileURLToPath(new URL(name, import.meta.url));

export function scratch(t) {
  const directory = mkdtempSync(join(tmpdir(), "assent-emitter-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export const PLAIN = Object.freeze({
  clientId: "acme", actionType: "content.publish", actorType: "agent", actorId: "agent-7",
  targetType: "post", targetId: "post-42", outcome: "success",
});

const ID = /"id":"(evt_[0-9a-z]{26})","(?:metadata|occurredAt)"/g;
const idsIn = (body) => [...body.matchAll(ID)].map((found) => found[1]);
export const eventsIn = (body) => body.toString("utf8").split("\n").filter(Boolean)
  .map((line) => JSON.parse(line));

// The answer of a server that takes everything.
export function taken({ headers, body }, sequence = 0) {
  const events = idsIn(body.toString("utf8"))
    .map((id, place) => ({ id, sequence: sequence + place, time: "2026-11-21T07:00:01.000000Z" }));
  const isBatch = headers["Content-Type"] === "application/x-ndjson";
  return { status: 201, body: { data: isBatch ? { events } : events[0] ?? {} } };
}

// A `send` that keeps what it is asked; `answer` decides about each request.
// (undefined: nobody is there). `log` is what such a server keeps: each event once.
export function fakeServer(answer = taken) {
  const server = { requests: [], log: [], answer };
  server.send = async (request) => {
    const given = await server.answer(request);
    server.requests.push(request);
    if (given === undefined) throw new Unreachable("nobody is there");
    if (given.status === 201 && request.path === "/v1/events") {
      const known = new Set(server.log.map((event) => event.id));
      server.log.push(...eventsIn(request.body).filter((event) => !known.has(event.id)));
    }
    return given;
  };
  return server;
}

export async function httpServer(t, handle) {
  const server = createServer(handle);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

export const soon = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Emitter's options for a test: what it reports is kept in `reports`, its lines in `lines`.
export function optionsFor(server, more = {}) {
  const reports = [], lines = [];
  const options = {
    url: "http://127.0.0.1:1", keys: { acme: "key-a", beta: "key-b" }, send: server.send,
    report: (kind, text) => reports.push(`${kind}: ${text}`), log: (line) => lines.push(line),
    ...more,
  };
  return { options, reports, lines };
}

// The same with a spool that is sent when the test says so.
export function spooledFor(directory, server, more = {}, spool = {}) {
  return optionsFor(server, {
    spool: {
      directory, producer: "worker-1", sync: "never", flushIntervalMs: null, flushSize: 1e9,
      ...spool,
    },
    ...more,
  });
}

export const numbered = (n, more = {}) => ({ ...PLAIN, targetId: String(n), ...more });
export const targets = (events, tenant = "acme") => events
  .filter((event) => event.tenantId === tenant).map((event) => Number(event.target.id));
export const unavailable = () => ({
  status: 503, body: { error: { code: "OVERLOADED", message: "later" } },
});

export async function until(condition, ms = 120_000) {
  for (const ends = performance.now() + ms; !condition();) {
    if (performance.now() > ends) throw new Error("that did not happen in time");
    await soon(5);
  }
}

export const range = (count) => Array.from({ length: count }, (_, n) => n);
export const sequences = (log) => log.map((event) => event.producer.sequence);

// An emitter with a spool, and the server that it talks to.
export function made(t, { answer = taken, more = {}, spool = {}, directory = scratch(t) } = {}) {
  const server = fakeServer(answer);
  const given = spooledFor(directory, server, more, spool);
  const emitter = new Emitter(given.options);
  t.after(() => emitter.close(0));
  return { ...given, server, emitter, directory };
}
