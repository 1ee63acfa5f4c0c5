// What an emitter is told when it is made.

import { randomBytes } from "node:crypto";
import type { AgentOptions } from "node:https";
import { Misconfigured } from "./errors.js";
import type { Trace } from "./ids.js";
import type { ProblemKind } from "./spool.js";
import type { Send } from "./transport.js";

const TENANT = /^[a-z0-9][a-z0-9-]{0,62}$/;
const PRODUCER = /^[A-Za-z0-9._-]{1,91}$/;
const KEY = /^[\x21-\x7e]+$/;

// For buffer(): where events wait on disk, and who numbers them.
export interface SpoolOptions {
  readonly directory: string;
  // The name of who numbers the events. A new spool adds eight characters of its own, so that no
  // two count under one id: see Emitter.producer.
  readonly producer: string;
  // When what was buffered survives a loss of power. `each`: before buffer() resolves. `interval`:
  // after `syncIntervalMs` at most. `never`: when the system likes. kill -9 is survived by all.
  readonly sync: "each" | "interval" | "never";
  readonly syncIntervalMs?: number;  // 1000
  readonly bytesMax?: number;  // 64 MiB
  readonly segmentBytes?: number;  // 4 MiB
  readonly whenFull?: "fail" | "block";  // buffer() rejects (the default), or waits for room.
  readonly flushSize?: number;  // 100 events
  // 5000; null: by size and on demand only.
  readonly flushIntervalMs?: number | null;
}

export interface EmitterOptions {
  readonly url: string;
  readonly keys: Readonly<Record<string, string>>;  // Of each tenant, the key of its principal.
  readonly spool?: SpoolOptions;
  readonly timeoutMs?: number;  // Of one request: 10000.
  readonly emitTimeoutMs?: number;  // Of emit(), with all its attempts: 30000.
  readonly redact?: readonly string[];  // Names that are secret here, besides the well-known ones.
  readonly currentTrace?: () => Trace | null | undefined;
  readonly log?: (line: string) => void;  // Gets a line for each event.
  // Is told what nobody else would hear. By default a warning of the process.
  readonly report?: (kind: ProblemKind, text: string) => void;
  readonly tls?: AgentOptions;

  readonly now?: () => number;  // Microseconds since 1970.
  readonly random?: (count: number) => Uint8Array;
  readonly send?: Send;  // Instead of HTTP.
}

type WithDefaults = "timeoutMs" | "emitTimeoutMs" | "redact" | "report" | "now" | "random";
export type Settings = Required<Pick<EmitterOptions, WithDefaults>> &
  Pick<EmitterOptions, "log" | "currentTrace"> & { readonly keys: ReadonlyMap<string, string> };
export type SpoolSettings = Required<SpoolOptions>;

// One call to the system serves many events.
function systemRandom(): (count: number) => Uint8Array {
  const POOL_BYTES = 1024;
  let pool: Buffer = Buffer.alloc(0);
  let used = 0;
  return (count) => {
    if (count > POOL_BYTES) return randomBytes(count);
    if (pool.length - used < count) {
      pool = randomBytes(POOL_BYTES);
      used = 0;
    }
    used += count;
    return pool.subarray(used - count, used);
  };
}

export function settingsOf(options: EmitterOptions): Settings {
  const keys = Object.entries(options.keys);
  if (keys.length === 0) throw new Misconfigured("keys must name a tenant");
  for (const [tenant, key] of keys) {
    if (!TENANT.test(tenant)) throw new Misconfigured(`keys: "${tenant}" is no tenant's name`);
    if (!KEY.test(key)) {
      throw new Misconfigured(`keys: the key of ${tenant} must be printable ASCII`);
    }
  }
  return {
    timeoutMs: 10_000,
    emitTimeoutMs: 30_000,
    redact: [],
    report: (kind, text) => process.emitWarning(`${kind}: ${text}`, "AssentEmitter"),
    now: () => Date.now() * 1000,
    random: systemRandom(),
    ...options,
    keys: new Map(keys),
  };
}

export function spoolSettingsOf(options: SpoolOptions): SpoolSettings {
  const settings = {
    syncIntervalMs: 1000,
    bytesMax: 64 * 1024 * 1024,
    segmentBytes: 4 * 1024 * 1024,
    whenFull: "fail" as const,
    flushSize: 100,
    flushIntervalMs: 5000,
    ...options,
  };
  if (!PRODUCER.test(settings.producer)) {
    throw new Misconfigured("producer must be 1 to 91 of A-Z, a-z, 0-9, '.', '_' and '-'");
  }
  if (!["each", "interval", "never"].includes(settings.sync)) {
    throw new Misconfigured("sync must be one of each, interval, never");
  }
  if (!["fail", "block"].includes(settings.whenFull)) {
    throw new Misconfigured("whenFull must be one of fail, block");
  }
  if (!(settings.flushSize >= 1)) throw new Misconfigured("flushSize must be at least 1");
  return settings;
}
