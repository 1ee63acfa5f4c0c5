// An event: its fields, what is checked of them, and its bytes.

import { createHash } from "node:crypto";
import { canonical, isObject, isUnicode } from "./canonical.js";
import { InvalidEvent } from "./errors.js";
import {
  eventId, isEventId, isTrace, isTraceId, timeFrom, timeText, traceFrom, traceparentOf,
} from "./ids.js";
import type { Trace } from "./ids.js";
import type { Redactor } from "./redact.js";

const EVENT_BYTES_MAX = 32 * 1024;
const INLINE_DATA_BYTES_MAX = 16 * 1024;
const DATA_BYTES_MAX = 1024 * 1024;

const ACTOR_TYPES = ["human", "agent", "service", "system", "webhook"] as const;
const OUTCOMES = ["success", "failure", "partial", "pending"] as const;
const PROOF_TYPES = ["screenshot", "api_response", "hash", "url", "none"] as const;
// The families of types that say what the server itself decided.
const RESERVED_FAMILIES = new Set(
  ("approval evidence grant execution rule escalation ir notification policy principal key " +
    "killswitch breakglass ledger security").split(" "));

const TYPE = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;
const SHA256 = /^sha256:[0-9a-f]{64}$/;
const CONTROL = /[\x00-\x1f\x7f]/;

export type ActorType = (typeof ACTOR_TYPES)[number] | "user";
export type Outcome = (typeof OUTCOMES)[number];

// What shows the outcome. `sha256` and `blob` are `sha256:` and 64 lower-case hexadecimal digits.
export interface Proof {
  readonly type: (typeof PROOF_TYPES)[number];
  readonly data?: unknown;
  readonly url?: string | undefined;
  readonly sha256?: string | undefined;
  readonly capturedAt?: string | undefined;
  readonly blob?: string | undefined;
}

// What one did, on what, by whom, with what outcome and what proof.
export interface Event {
  readonly clientId: string;
  readonly actionType: string;
  readonly actorType: ActorType;
  readonly actorId: string;
  readonly targetType: string;
  readonly targetId: string;
  readonly outcome: Outcome;
  readonly proof?: Proof | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  // Any text, or a W3C traceparent, which stands for its trace.
  readonly correlationId?: string | undefined;
  readonly causationId?: string | undefined;
}

const REQUIRED = ["clientId", "actionType", "actorType", "actorId", "targetType", "targetId",
  "outcome"] as const;
const FIELDS: readonly string[] =
  [...REQUIRED, "proof", "metadata", "correlationId", "causationId"];

// Where an event is made: what the emitter knows, and the world that it is told of.
export interface Surroundings {
  readonly tenants: ReadonlyMap<string, string>;
  readonly now: number;  // Microseconds since 1970.
  readonly random: (count: number) => Uint8Array;
  readonly redactor: Redactor;
  readonly active: Trace | undefined;
}

// A checked event without secrets, whose bytes are final but for the producer's number.
export class Prepared {
  constructor(
    readonly id: string,
    readonly tenant: string,
    readonly blob: Buffer | undefined,  // What is to be stored before the event is sent.
    readonly traceparent: string | undefined,
    readonly logLine: string,
    private readonly members: Readonly<Record<string, unknown>>,
  ) {}

  bytes(producer?: { readonly id: string; readonly sequence: number }): Buffer {
    const bytes = Buffer.from(canonical({ ...this.members, producer }), "utf8");
    if (bytes.length > EVENT_BYTES_MAX) {
      throw new InvalidEvent("event", `is longer than ${EVENT_BYTES_MAX} bytes`);
    }
    return bytes;
  }
}

function checkText(path: string, text: unknown, bytesMax: number): string {
  if (typeof text !== "string") throw new InvalidEvent(path, "must be a string");
  if (!isUnicode(text)) throw new InvalidEvent(path, "is not Unicode text");
  if (text === "") throw new InvalidEvent(path, "must not be empty");
  if (Buffer.byteLength(text) > bytesMax) {
    throw new InvalidEvent(path, `is longer than ${bytesMax} bytes`);
  }
  if (CONTROL.test(text)) throw new InvalidEvent(path, "has a control character");
  return text;
}

// Without secrets. What counts is what is sent.
function cleanText(path: string, text: unknown, bytesMax: number, redactor: Redactor): string {
  if (typeof text !== "string") throw new InvalidEvent(path, "must be a string");
  return checkText(path, redactor.text(text), bytesMax);
}

function checkWord<Word extends string>(path: string, text: unknown, words: readonly Word[]): Word {
  const word = words.find((each) => each === text);
  if (word === undefined) throw new InvalidEvent(path, `must be one of ${words.join(", ")}`);
  return word;
}

function checkType(text: string): string {
  checkText("actionType", text, 100);
  if (!TYPE.test(text)) {
    throw new InvalidEvent("actionType", "must be dotted lower-case words such as content.publish");
  }
  if (RESERVED_FAMILIES.has(text.slice(0, text.indexOf(".")))) {
    throw new InvalidEvent("actionType", "is of a family that only the server writes");
  }
  return text;
}

function required(event: Record<string, unknown>): Record<(typeof REQUIRED)[number], string> {
  for (const name of Object.keys(event)) {
    if (!FIELDS.includes(name)) throw new InvalidEvent(name, "is an unknown field");
  }
  for (const name of REQUIRED) {
    const value = event[name];
    if (value === undefined || value === null || value === "") {
      throw new InvalidEvent(name, "is required");
    }
  }
  for (const name of REQUIRED) {
    if (typeof event[name] !== "string") throw new InvalidEvent(name, "must be a string");
  }
  return event as Record<(typeof REQUIRED)[number], string>;
}

function given(path: string, value: unknown, known?: readonly string[]): Record<string, unknown> {
  if (!isObject(value)) throw new InvalidEvent(path, "must be an object");
  for (const name of Object.keys(value).sort()) {
    if (known && !known.includes(name)) {
      throw new InvalidEvent(`${path}.${name}`, "is an unknown field");
    }
  }
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}

const PROOF_FIELDS = ["type", "data", "url", "sha256", "capturedAt", "blob"];

function checkProof(said: unknown, redactor: Redactor): Record<string, unknown> {
  const proof = given("proof", said, PROOF_FIELDS);
  for (const name of PROOF_FIELDS) if (proof[name] === null) delete proof[name];
  if (proof["type"] === undefined) throw new InvalidEvent("proof.type", "is required");
  const type = checkWord("proof.type", proof["type"], PROOF_TYPES);
  if (proof["url"] !== undefined) {
    proof["url"] = cleanText("proof.url", proof["url"], 2048, redactor);
  }
  for (const name of ["sha256", "blob"]) {
    const hash = proof[name];
    if (hash !== undefined && !(typeof hash === "string" && SHA256.test(hash))) {
      throw new InvalidEvent(
        `proof.${name}`, "must be sha256: and 64 lower-case hexadecimal digits");
    }
  }
  const at = proof["capturedAt"];
  if (at !== undefined) {
    proof["capturedAt"] = typeof at === "string" ? timeFrom(at) : undefined;
    if (proof["capturedAt"] === undefined) {
      throw new InvalidEvent(
        "proof.capturedAt", "must be a time of UTC such as 2026-11-21T07:00:00Z");
    }
  }
  checkParts(type, proof);
  return proof;
}

// A proof shows something, in whatever way, as the server wants it.
function checkParts(type: string, proof: Record<string, unknown>): void {
  const has = (name: string) => proof[name] !== undefined;
  if (type === "none") {
    const odd = ["data", "url", "sha256", "capturedAt", "blob"].find(has);
    if (odd) throw new InvalidEvent(`proof.${odd}`, "is not for a proof of type none");
    return;
  }
  if (type === "hash" && !has("sha256")) throw new InvalidEvent("proof.sha256", "is required");
  if (["data", "url", "sha256", "blob"].some(has)) return;
  throw new InvalidEvent(type === "api_response" ? "proof.data" : "proof.url", "is required");
}

// What an address shows may change after the fact.
function markUnverified(proof: Record<string, unknown>): void {
  const isSeen = proof["type"] === "screenshot" || proof["type"] === "url";
  if (isSeen && proof["sha256"] === undefined && proof["blob"] === undefined) {
    proof["unverified"] = true;
  }
}

// Redacts the data, and takes out what is too large to travel inside an event.
function moveData(proof: Record<string, unknown>, redactor: Redactor): Buffer | undefined {
  if (proof["data"] === undefined) return undefined;
  if (proof["blob"] !== undefined) {
    throw new InvalidEvent("proof.blob", "must not be given with proof.data");
  }
  proof["data"] = redactor.value(proof["data"], "proof.data");
  const data = Buffer.from(canonical(proof["data"], "proof.data", 2), "utf8");
  if (data.length <= INLINE_DATA_BYTES_MAX) return undefined;
  if (data.length > DATA_BYTES_MAX) throw new InvalidEvent("proof.data", "is too large");
  delete proof["data"];
  proof["blob"] = "sha256:" + createHash("sha256").update(data).digest("hex");
  return data;
}

function checkMetadata(said: unknown, redactor: Redactor): unknown {
  const metadata = redactor.value(given("metadata", said), "metadata");
  const isEmpty = canonical(metadata, "metadata", 1) === "{}";
  return isEmpty ? undefined : metadata;
}

interface Correlation {
  readonly id: string;
  readonly traceparent: string | undefined;
}

// The caller's word, else the active trace, else a new one.
function correlationOf(event: Record<string, unknown>, around: Surroundings): Correlation {
  const hex = (count: number) => Buffer.from(around.random(count)).toString("hex");
  const said = event["correlationId"] ?? undefined;
  const named = typeof said === "string" ? traceFrom(said) : undefined;
  const text = said === undefined ? undefined
    : cleanText("correlationId", said, 255, around.redactor);
  const trace = named ?? (around.active && isTrace(around.active) ? around.active : undefined);
  if (trace) {
    const id = text === undefined || named ? trace.traceId : text;
    return { id, traceparent: traceparentOf(trace) };
  }
  const traceId = text ?? hex(16);
  if (!isTraceId(traceId)) return { id: traceId, traceparent: undefined };
  return { id: traceId, traceparent: traceparentOf({ traceId, spanId: hex(8) }) };
}

// What a console may show of an event: nothing that it carries.
function logLine(event: Record<(typeof REQUIRED)[number], string>): string {
  const { actionType, targetType, targetId, outcome, clientId } = event;
  const message = `Audit: ${actionType} on ${targetType}/${targetId}`;
  const line = { auditEvent: true, actionType, targetType, targetId, outcome, clientId, message };
  return canonical(line);
}

function checkRequired(event: Record<string, unknown>, around: Surroundings) {
  const said = required(event);
  if (!around.tenants.has(said.clientId)) {
    throw new InvalidEvent("clientId", "has no key in this emitter");
  }
  checkType(said.actionType);
  const actorType = said.actorType === "user" ? "human" : said.actorType;
  if (!(ACTOR_TYPES as readonly string[]).includes(actorType)) {
    throw new InvalidEvent("actorType", `must be one of ${ACTOR_TYPES.join(", ")}, user`);
  }
  const actorId = cleanText("actorId", said.actorId, 255, around.redactor);
  const targetType = cleanText("targetType", said.targetType, 100, around.redactor);
  const targetId = cleanText("targetId", said.targetId, 255, around.redactor);
  checkWord("outcome", said.outcome, OUTCOMES);
  return { ...said, actorType, actorId, targetType, targetId };
}

// Checks the event, takes its secrets out, and gives it its id and time.
export function prepare(event: Record<string, unknown>, around: Surroundings): Prepared {
  const { redactor } = around;
  const said = checkRequired(event, around);
  const causationId = event["causationId"] ?? undefined;
  if (causationId !== undefined && !(typeof causationId === "string" && isEventId(causationId))) {
    throw new InvalidEvent("causationId", "must be evt_ and 26 characters, or a UUID of version 7");
  }
  const hasProof = (event["proof"] ?? undefined) !== undefined;
  const proof = hasProof ? checkProof(event["proof"], redactor) : undefined;
  const blob = proof ? moveData(proof, redactor) : undefined;
  if (proof) markUnverified(proof);
  const hasMetadata = (event["metadata"] ?? undefined) !== undefined;
  const metadata = hasMetadata ? checkMetadata(event["metadata"], redactor) : undefined;
  const id = eventId(around.now, around.random(10));
  const correlation = correlationOf(event, around);
  return new Prepared(id, said.clientId, blob, correlation.traceparent, logLine(said), {
    actor: { id: said.actorId, type: said.actorType },
    causationId,
    correlationId: correlation.id,
    id,
    metadata,
    occurredAt: timeText(around.now),
    outcome: said.outcome,
    proof,
    target: { id: said.targetId, type: said.targetType },
    tenantId: said.clientId,
    type: said.actionType,
  });
}
