// The emitter: what a program holds.

import { Audit } from "./builder.js";
import { isObject } from "./canonical.js";
import { Closed, Misconfigured, Unconfirmed } from "./errors.js";
import { prepare } from "./event.js";
import type { Event, Prepared } from "./event.js";
import { Flusher, pauseMs } from "./flusher.js";
import type { Trace } from "./ids.js";
import type { Spooled } from "./lane.js";
import { settingsOf, spoolSettingsOf } from "./options.js";
import type { EmitterOptions, Settings } from "./options.js";
import { Redactor } from "./redact.js";
import { Later, sendBlob, sendEvent } from "./sending.js";
import type { Receipt } from "./sending.js";
import { Spool } from "./spool.js";
import { Transport } from "./transport.js";
import type { Send } from "./transport.js";
import { blobRequest, eventRequest } from "./wire.js";

// Of an emit without a spool, which the caller waits for.
const ATTEMPTS_MAX = 5;

// Whoever listens may fail; what they listen to goes on.
function guarded<Arguments extends unknown[]>(call: (...arguments_: Arguments) => void) {
  return (...arguments_: Arguments): void => {
    try {
      call(...arguments_);
    } catch {
      // Theirs to notice.
    }
  };
}

// Tells an Assent server what a program did. `close()` it at the end.
export class Emitter {
  readonly #settings: Settings;
  readonly #redactor: Redactor;
  readonly #transport: Transport | undefined;
  readonly #send: Send;
  readonly #flusher: Flusher | undefined;
  readonly #atExit = () => void this.close();
  #closing: Promise<number> | undefined;

  constructor(options: EmitterOptions) {
    const given = settingsOf(options);
    const log = given.log && guarded(given.log);
    this.#settings = { ...given, report: guarded(given.report), log };
    this.#redactor = new Redactor(this.#settings.redact);
    const transport = options.send ? undefined
      : new Transport(options.url, this.#settings.timeoutMs, options.tls);
    this.#transport = transport;
    this.#send = options.send ?? ((request) => transport!.send(request));
    if (options.spool) {
      const settings = spoolSettingsOf(options.spool);
      const { keys, random, report } = this.#settings;
      const { producer: name, bytesMax, segmentBytes } = settings;
      const spool = new Spool(settings.directory,
        { name, tenants: keys.keys(), random, bytesMax, segmentBytes, report });
      this.#flusher = new Flusher(this.#settings, settings, spool, this.#send);
    }
    process.once("beforeExit", this.#atExit);
  }

  // The id under which the server sees this spool's numbers. null without a spool.
  get producer(): string | null {
    return this.#flusher?.producer ?? null;
  }

  // A new event under construction.
  audit(): Audit {
    return new Audit(this);
  }

  // Sends the event; resolves when it is durable in the log. Rejects with InvalidEvent before
  // anything is sent, with Refused if the server says no, and with Unconfirmed if no answer came.
  // With a spool the event is spooled first, and in the last case will still be sent.
  async emit(event: Event): Promise<Receipt> {
    const prepared = this.#prepare(event);
    const receipt = this.#flusher
      ? await (await this.#flusher.add(prepared, true)).confirmed(this.#settings.emitTimeoutMs)
      : await this.#emitNow(prepared);
    this.#settings.log?.(prepared.logLine);
    return receipt;
  }

  // Spools the event, to be sent soon. What this resolved for survives the process. Rejects with
  // InvalidEvent, SpoolFull, SpoolUnusable or Closed; the event was not taken then.
  async buffer(event: Event): Promise<Spooled> {
    if (!this.#flusher) throw new Misconfigured("buffer() needs a spool");
    const prepared = this.#prepare(event);
    const handle = await this.#flusher.add(prepared, false);
    this.#settings.log?.(prepared.logLine);
    return handle;
  }

  // Sends everything buffered so far. Resolves with how many events still wait after that time.
  async flush(timeoutMs?: number): Promise<number> {
    this.#checkOpen();
    return this.#flusher ? this.#flusher.flush(timeoutMs) : 0;
  }

  // Sends what it can in that time; resolves with how many events stay in the spool.
  close(timeoutMs = 10_000): Promise<number> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<number> {
    process.removeListener("beforeExit", this.#atExit);
    const left = this.#flusher ? await this.#flusher.close(timeoutMs) : 0;
    this.#transport?.close();
    return left;
  }

  #checkOpen(): void {
    if (this.#closing) throw new Closed("the emitter is closed");
  }

  #prepare(event: Event): Prepared {
    this.#checkOpen();
    if (!isObject(event)) throw new TypeError("an event is expected");
    const { keys, now, random } = this.#settings;
    return prepare(event as unknown as Record<string, unknown>, {
      tenants: keys, now: now(), random, redactor: this.#redactor, active: this.#activeTrace(),
    });
  }

  #activeTrace(): Trace | undefined {
    try {
      return this.#settings.currentTrace?.() ?? undefined;
    } catch {
      return undefined;  // Whoever traces must not stop what is recorded.
    }
  }

  async #emitNow(prepared: Prepared): Promise<Receipt> {
    const key = this.#settings.keys.get(prepared.tenant)!;
    const request = eventRequest(key, prepared.bytes(), prepared.traceparent);
    const deadline = performance.now() + this.#settings.emitTimeoutMs;
    for (let attempt = 0; ; ++attempt) {
      try {
        const blob = prepared.blob && blobRequest(key, prepared.blob);
        if (blob) await sendBlob(this.#send, blob, "waited for");
        return await sendEvent(this.#send, request, prepared.id, "waited for");
      } catch (error) {
        if (!(error instanceof Later)) throw error;
        const wait = pauseMs(attempt, error.afterMs);
        if (attempt + 1 === ATTEMPTS_MAX || performance.now() + wait > deadline) {
          throw new Unconfirmed(prepared.id, error.message);
        }
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }
}
