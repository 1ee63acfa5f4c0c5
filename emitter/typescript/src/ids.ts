// Event ids, times and traces as text.

const BASE32 = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,6}))?Z$/;
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
const EVENT_ID = /^evt_[0-7][0-9a-hjkmnp-tv-z]{25}$/;
const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

// A position in a distributed trace: 32 and 16 lower-case hexadecimal digits.
export interface Trace {
  readonly traceId: string;
  readonly spanId: string;
}

export function isTraceId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text) && !/^0+$/.test(text);
}

// All zeros mean "no trace", as OpenTelemetry has it.
export function isTrace({ traceId, spanId }: Trace): boolean {
  return isTraceId(traceId) && /^[0-9a-f]{16}$/.test(spanId) && !/^0+$/.test(spanId);
}

// What a W3C `traceparent` names, or nothing if it is none.
export function traceFrom(traceparent: string): Trace | undefined {
  const [, traceId = "", spanId = ""] = TRACEPARENT.exec(traceparent) ?? [];
  const trace = { traceId, spanId };
  return isTrace(trace) ? trace : undefined;
}

export const traceparentOf = ({ traceId, spanId }: Trace) => `00-${traceId}-${spanId}-01`;

// Forty bits. Shifts know only 32.
function eightDigits(number: number): string {
  let text = "";
  for (const half of [Math.floor(number / 2 ** 20), number % 2 ** 20]) {
    for (let shift = 15; shift >= 0; shift -= 5) text += BASE32[(half >> shift) & 31];
  }
  return text;
}

// `evt_` and a UUIDv7 of that time and ten random bytes, in the notation of TypeID.
export function eventId(micros: number, random: Uint8Array): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(Math.floor(micros / 1000), 0, 6);
  bytes.set(random, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const first = `evt_${BASE32[bytes[0]! >> 5]}${BASE32[bytes[0]! & 31]}`;
  return first + [1, 6, 11].map((at) => eightDigits(bytes.readUIntBE(at, 5))).join("");
}

// The name that the program chose and forty random bits, so that no other spool has it.
export function producerId(name: string, random: Uint8Array): string {
  return `${name}.${eightDigits(Buffer.from(random).readUIntBE(0, 5))}`;
}

// Older spools have the name alone.
export function isProducerOf(name: string, id: string): boolean {
  return id === name ||
    (id.startsWith(`${name}.`) && /^[0-9a-hjkmnp-tv-z]{8}$/.test(id.slice(name.length + 1)));
}

export function isEventId(text: string): boolean {
  return EVENT_ID.test(text) || UUID7.test(text);
}

export function timeText(micros: number): string {
  const seconds = new Date(Math.floor(micros / 1_000_000) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(micros % 1_000_000).padStart(6, "0")}Z`;
}

// A time of UTC as RFC 3339 has it, with all six digits; nothing if `text` is none.
export function timeFrom(text: string): string | undefined {
  const found = TIME.exec(text);
  if (!found) return undefined;
  const seconds = text.slice(0, 19);
  const at = new Date(`${seconds}Z`);
  // Date reads the 30th of February as the 1st of March, and 24:00 as tomorrow.
  if (Number.isNaN(at.getTime()) || at.toISOString().slice(0, 19) !== seconds) return undefined;
  return `${seconds}.${(found[1] ?? "").padEnd(6, "0")}Z`;
}
