// What an answer of the server means for what was sent.

import { isObject } from "./canonical.js";
import { Refused } from "./errors.js";
import { MARKER } from "./redact_text.js";
import { Unreachable } from "./transport.js";
import type { Send } from "./transport.js";
import type { Request } from "./wire.js";

// The event is at fault, and will be tomorrow, if it is the server who says so and not something
// on the way to it. All else may pass: a server that is down, a key that is not there yet.
const REFUSALS = [400, 409, 413, 415, 422];
// Of an answer as much is kept.
const REASON_BYTES_MAX = 1024;
// Of these a 403 says that nobody with this key may say so of it.
const OF_EVENT = /^(events\[\d+\]\.)?(type|causationId)$/;

// Where an event stands in the log, durably.
export interface Receipt {
  readonly id: string;
  readonly sequence: number;
  readonly time: string;
}

// Not now. What was sent may or may not have arrived.
export class Later extends Error {
  constructor(reason: string, readonly afterMs = 0) {
    super(reason);
  }
}

// Not the server says so but something on the way: in smaller pieces it may pass.
export class TooLarge extends Later {}

// What is spooled waits for its key to work.
export type Patience = "spooled" | "waited for";

async function ask(send: Send, request: Request, patience: Patience): Promise<unknown> {
  const final = patience === "spooled" ? REFUSALS : [...REFUSALS, 401, 403];
  const answer = await send(request).catch((error: unknown) => {
    if (error instanceof Unreachable) throw new Later(error.message);
    throw error;
  });
  const body = isObject(answer.body) ? answer.body : {};
  if (answer.status === 200 || answer.status === 201) return body["data"];
  const said = isObject(body["error"]) ? body["error"] : {};
  const code = typeof said["code"] === "string" ? said["code"] : "";
  const detail = detailOf(said);
  const isUnicode = Buffer.from(code + detail).toString() === code + detail;
  const key = request.headers["Authorization"]!.slice("Bearer ".length);
  const kept = (text: string) => keptOf(text, key);
  const refused = new Refused(answer.status, kept(isUnicode ? code : ""), kept(detail));
  const isFinal = final.includes(answer.status) || (answer.status === 403 && isOfEvent(said));
  if (isFinal && code !== "" && isUnicode) throw refused;
  const Kind = answer.status === 413 ? TooLarge : Later;
  throw new Kind(refused.message, (answer.retryAfter ?? 0) * 1000);
}

// What is told of an answer, which may say anything: an echo of the key, a whole page.
function keptOf(text: string, key: string): string {
  const whole = Buffer.from(text.replaceAll(key, MARKER));
  if (whole.length <= REASON_BYTES_MAX) return whole.toString();
  let end = REASON_BYTES_MAX;
  while ((whole[end]! & 0xc0) === 0x80) end -= 1;  // Not within a character.
  return `${whole.toString("utf8", 0, end)}…`;
}

// Whether it is the event that must not be, and not the key that does not work (yet).
function isOfEvent(said: Record<string, unknown>): boolean {
  return fieldsOf(said).some(({ path }) => typeof path === "string" && OF_EVENT.test(path));
}

function fieldsOf(said: Record<string, unknown>): readonly Record<string, unknown>[] {
  return Array.isArray(said["fieldErrors"]) ? said["fieldErrors"].filter(isObject) : [];
}

function detailOf(said: Record<string, unknown>): string {
  const texts = fieldsOf(said).map((field) => `${field["path"]} ${field["message"]}`);
  return texts.join("; ") || String(said["message"] ?? "no reason given");
}

function receiptOf(id: string, data: unknown): Receipt {
  if (!isObject(data) || data["id"] !== id) throw new Later("the answer is not of this event");
  const { sequence, time } = data;
  if (!Number.isSafeInteger(sequence) || typeof time !== "string") {
    throw new Later("the answer does not say where the event is");
  }
  return { id, sequence: sequence as number, time };
}

export async function sendBlob(send: Send, request: Request, patience: Patience): Promise<void> {
  await ask(send, request, patience);
}

export async function sendEvent(send: Send, request: Request, id: string,
                                patience: Patience): Promise<Receipt> {
  return receiptOf(id, await ask(send, request, patience));
}

export async function sendBatch(send: Send, request: Request,
                                ids: readonly string[]): Promise<readonly Receipt[]> {
  const data = await ask(send, request, "spooled");
  const events: unknown = isObject(data) ? data["events"] : undefined;
  if (!Array.isArray(events) || events.length !== ids.length) {
    throw new Later("the answer is not of these events");
  }
  return ids.map((id, place) => receiptOf(id, events[place]));
}
