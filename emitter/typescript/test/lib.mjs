// What the tests have in common: directories that go away, and servers that do as they are told.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const ROOT = new URL("../../../", import.meta.url);

export function scratch(t) {
  const directory = mkdtempSync(join(tmpdir(), "assent-emitter-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export const PLAIN = Object.freeze({
  clientId: "acme", actionType: "content.publish", actorType: "agent", actorId: "agent-7",
  targetType: "post", targetId: "post-42", outcome: "success",
});

const idsIn = (body) => [...body.matchAll(/"id":"(evt_[0-9a-z]{26})","(?:metadata|occurredAt)"/g)].map((found) => found[1]);

// The answer of a server that takes everything.
export function taken({ headers, body }, sequence = 0) {
  const events = idsIn(body.toString("utf8"))
    .map((id, place) => ({ id, sequence: sequence + place, time: "2026-11-21T07:00:01.000000Z" }));
  const isBatch = headers["Content-Type"] === "application/x-ndjson";
  return { status: 201, body: { data: isBatch ? { events } : events[0] ?? {} } };
}

// A `send` that keeps what it is asked; `answer` decides about each request.
export function fakeServer(answer = taken) {
  const requests = [];
  const send = async (request) => {
    requests.push(request);
    return answer(request, requests.length);
  };
  const events = () => requests.filter((request) => request.path === "/v1/events")
    .flatMap((request) => request.body.toString("utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line)));
  return { requests, send, events };
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
