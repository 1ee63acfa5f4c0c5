// The active trace, from OpenTelemetry itself: README.md's line, with the real SDK.
import assert from "node:assert/strict";
import { test } from "node:test";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import { Emitter } from "../dist/index.js";
import { PLAIN, eventsIn, fakeServer, optionsFor, soon } from "./lib.mjs";

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(new BasicTracerProvider());
const tracer = trace.getTracer("a program");

function traced() {
  const server = fakeServer();
  const currentTrace = () => trace.getActiveSpan()?.spanContext();
  return { server, emitter: new Emitter(optionsFor(server, { currentTrace }).options) };
}

test("H51: an event belongs to the span that is active, and tells the server so", async () => {
  const { server, emitter } = traced();
  const span = await tracer.startActiveSpan("publish", async (active) => {
    await emitter.emit(PLAIN);
    return active.spanContext();
  });
  const [request] = server.requests;
  assert.equal(eventsIn(request.body)[0].correlationId, span.traceId);
  assert.equal(request.headers.traceparent, `00-${span.traceId}-${span.spanId}-01`);
});

test("H52: spans that interleave keep their events apart", async () => {
  const { server, emitter } = traced();
  const wanted = new Map();
  await Promise.all(Array.from({ length: 100 }, (_, n) => tracer.startActiveSpan("one of many",
    async (span) => {
      wanted.set(String(n), span.spanContext().traceId);
      await soon(n % 7);
      await emitter.emit({ ...PLAIN, targetId: String(n) });
    })));
  const events = server.requests.flatMap((request) => eventsIn(request.body));
  assert.equal(new Set(wanted.values()).size, 100);
  assert.deepEqual(new Map(events.map((event) => [event.target.id, event.correlationId])),
    new Map(events.map((event) => [event.target.id, wanted.get(event.target.id)])));
  assert.equal(events.length, 100);
});

test("without an active span an event begins a trace of its own", async () => {
  const { server, emitter } = traced();
  await emitter.emit(PLAIN);
  await emitter.emit(PLAIN);
  const [first, second] = server.requests.map((request) => eventsIn(request.body)[0].correlationId);
  assert.match(first, /^[0-9a-f]{32}$/);
  assert.notEqual(first, second);
});
