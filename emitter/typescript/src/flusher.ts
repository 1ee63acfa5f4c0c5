// The one that sends what was spooled: by size, by time, on demand and at the end.

import { canonical } from "./canonical.js";
import { Closed, Refused, SpoolFull, SpoolUnusable, Unconfirmed } from "./errors.js";
import type { Prepared } from "./event.js";
import { timeText } from "./ids.js";
import { Lane, Spooled } from "./lane.js";
import type { Item, Outcome } from "./lane.js";
import type { Settings, SpoolSettings } from "./options.js";
import { blobOf } from "./segment.js";
import type { Entry } from "./segment.js";
import { Later, TooLarge, sendBatch, sendBlob, sendEvent } from "./sending.js";
import { reasonOf } from "./spool.js";
import type { ProblemKind, Spool } from "./spool.js";
import type { Send } from "./transport.js";
import { batchRequest, blobRequest, eventRequest } from "./wire.js";

// Between attempts. The first doubles each time, up to the second.
const PAUSE_MS = 100, PAUSE_MS_MAX = 10_000;

// At random, so that those whom one failure stopped do not all come back at once.
export function pauseMs(failures: number, afterMs: number): number {
  const longest = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** failures);
  return Math.max(afterMs, PAUSE_MS / 2 + Math.random() * (longest - PAUSE_MS / 2));
}

// What waits, with its bytes.
interface Loaded {
  readonly item: Item;
  readonly id: string;
  readonly event: Buffer;
  readonly blob: Buffer | undefined;
}

// Somebody who waits for something to come true.
interface Waiter {
  readonly isDone: () => boolean;
  readonly resolve: () => void;
}

// An event that waits for room in the spool.
interface Blocked {
  readonly prepared: Prepared;
  readonly isAlone: boolean;
  readonly resolve: (handle: Promise<Spooled>) => void;
  readonly reject: (error: unknown) => void;
}

// Owns the spool.
export class Flusher {
  readonly #settings: Settings;
  readonly #options: SpoolSettings;
  readonly #spool: Spool;
  readonly #send: Send;
  readonly #lanes = new Map<string, Lane>();
  readonly #blocked: Blocked[] = [];
  readonly #waiters = new Set<Waiter>();
  #timer: NodeJS.Timeout | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  #isSending = false;
  #isClosing = false;
  #deadline = Infinity;

  constructor(settings: Settings, options: SpoolSettings, spool: Spool, send: Send) {
    this.#settings = settings;
    this.#options = options;
    this.#spool = spool;
    this.#send = send;
    for (const entry of spool.left) {
      this.#laneOf(entry.event.tenant).add({ entry, since: performance.now() });
    }
    this.#wake();
  }

  get producer(): string {
    return this.#spool.producer;
  }

  // ---- for those who emit ----

  // Spools the event. Nothing has happened if this rejects.
  async add(prepared: Prepared, isAlone: boolean): Promise<Spooled> {
    try {
      if (this.#blocked.length > 0) throw new SpoolFull("others wait for room");
      return await this.#addNow(prepared, isAlone);
    } catch (error) {
      const isFull = error instanceof SpoolFull && !error.isHopeless;
      if (!isFull || this.#options.whenFull === "fail") throw error;
    }
    for (const lane of this.#lanes.values()) lane.hurry();
    return new Promise((resolve, reject) => {
      this.#blocked.push({ prepared, isAlone, resolve, reject });
      this.#wake();
    });
  }

  // How many of what waits now still waits after that time.
  async flush(timeoutMs: number | undefined): Promise<number> {
    const wanted = [...this.#lanes.values()].map((lane) => ({ lane, to: lane.added }));
    const missing = () => wanted.map(({ lane, to }) => Math.max(0, to - lane.noted))
      .reduce((sum, count) => sum + count, 0);
    for (const { lane } of wanted) {
      lane.hurry();
      lane.notBefore = 0;
    }
    this.#wake();
    await this.#until(() => missing() === 0, timeoutMs);
    return missing();
  }

  // Sends what it can in that time. What is left stays in the spool.
  async close(timeoutMs: number): Promise<number> {
    this.#isClosing = true;
    this.#deadline = performance.now() + timeoutMs;
    for (const { reject } of this.#blocked.splice(0)) reject(new Closed("the emitter is closed"));
    for (const lane of this.#lanes.values()) lane.notBefore = 0;
    this.#wake();
    await this.#until(() => this.#waiting() === 0, timeoutMs);
    await this.#until(() => !this.#isSending, undefined);  // A request under way has its own limit.
    clearTimeout(this.#timer);
    clearTimeout(this.#syncTimer);
    await this.#spool.sync().catch((error: unknown) => this.#tellOfDisk(error));
    await this.#spool.close();
    return this.#waiting();
  }

  // Synchronous up to the append: what is buffered later has a later number.
  #addNow(prepared: Prepared, isAlone: boolean): Promise<Spooled> {
    if (this.#isClosing) throw new Closed("the emitter is closed");
    const { tenant, id, traceparent } = prepared;
    const sequence = this.#spool.nextSequence(tenant);
    const event = prepared.bytes({ id: this.#spool.producer, sequence });
    const entry = this.#spool.append(tenant, event, prepared.blob);
    const handle = new Spooled(id, sequence);
    this.#laneOf(tenant).add({ entry, since: performance.now(), handle, isAlone, traceparent });
    this.#wake();
    return this.#synced(handle);
  }

  async #synced(handle: Spooled): Promise<Spooled> {
    if (this.#options.sync === "each") {
      await this.#spool.sync().catch((error: unknown) => {
        throw new Unconfirmed(handle.id, `it is spooled, but the disk says ${reasonOf(error)}`);
      });
    } else if (this.#options.sync === "interval") {
      const { syncIntervalMs } = this.#options;
      this.#syncTimer ??= setTimeout(() => this.#syncInTime(), syncIntervalMs).unref();
    }
    return handle;
  }

  #syncInTime(): void {
    this.#syncTimer = undefined;
    this.#spool.sync().catch((error: unknown) => this.#tellOfDisk(error));
  }

  #laneOf(tenant: string): Lane {
    const lane = this.#lanes.get(tenant) ?? new Lane(tenant);
    this.#lanes.set(tenant, lane);
    return lane;
  }

  #waiting(): number {
    let waiting = 0;
    for (const lane of this.#lanes.values()) waiting += lane.items.length;
    return waiting;
  }

  #until(isDone: () => boolean, timeoutMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const waiter: Waiter = {
        isDone,
        resolve: () => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve();
        },
      };
      this.#waiters.add(waiter);
      if (timeoutMs !== undefined) timer = setTimeout(waiter.resolve, timeoutMs);
      this.#changed();
    });
  }

  #changed(): void {
    for (const waiter of this.#waiters) if (waiter.isDone()) waiter.resolve();
  }

  // ---- when ----

  // Begins to send if something is due, or sees to it that it will.
  #wake(): void {
    if (this.#isSending) return;
    clearTimeout(this.#timer);
    const lanes = [...this.#lanes.values()].filter((lane) => lane.items.length > 0);
    const isAll = this.#isClosing || this.#blocked.length > 0 ||
      this.#waiting() >= this.#options.flushSize;
    const now = performance.now();
    if (lanes.length === 0 || now >= this.#deadline) return;
    const dueAt = (lane: Lane) => {
      if (isAll || lane.isHurried) return lane.notBefore;
      const interval = this.#options.flushIntervalMs;
      if (interval === null) return Infinity;
      return Math.max(lane.notBefore, lane.items[0]!.since + interval);
    };
    const next = lanes.reduce((best, lane) => (dueAt(lane) < dueAt(best) ? lane : best));
    const at = dueAt(next);
    if (at <= now) {
      void this.#sendBatchOf(next);
    } else if (at < Infinity) {
      this.#timer = setTimeout(() => this.#wake(), Math.ceil(at - now));
      // Nobody waits: what is spooled need not keep the program from ending.
      if (!next.isHurried && !this.#isClosing && this.#blocked.length === 0) this.#timer.unref();
    }
  }

  async #sendBatchOf(lane: Lane): Promise<void> {
    this.#isSending = true;
    try {
      await this.#spool.sync();  // What the server has must not be numbered again.
      await this.#deliver(lane, lane.batch());
      lane.failures = 0;
    } catch (error) {
      this.#putOff(lane, error);
    }
    await this.#spool.save().catch((error: unknown) => this.#tellOfDisk(error));
    lane.noted = lane.settled;
    this.#isSending = false;
    this.#unblock();
    this.#changed();
    this.#wake();
  }

  #putOff(lane: Lane, error: unknown): void {
    const afterMs = error instanceof Later ? error.afterMs : 0;
    lane.notBefore = performance.now() + pauseMs(lane.failures, afterMs);
    lane.failures += 1;
    if (lane.failures > 1) return;
    this.#tell("unreachable", `events of ${lane.tenant} wait in the spool: ${reasonOf(error)}`);
  }

  #unblock(): void {
    while (this.#blocked.length > 0) {
      const { prepared, isAlone, resolve, reject } = this.#blocked[0]!;
      try {
        resolve(this.#addNow(prepared, isAlone));
      } catch (error) {
        if (error instanceof SpoolFull) return;
        reject(error);
      }
      this.#blocked.shift();
    }
  }

  #tell(kind: ProblemKind, text: string): void {
    this.#settings.report(kind, text);
  }

  #tellOfDisk(error: unknown): void {
    this.#tell("disk", `${this.#spool.directory}: ${reasonOf(error)}`);
  }

  // ---- sending ----

  // Rejects with Later if the rest has to wait. In order: what is settled is never behind.
  async #deliver(lane: Lane, batch: readonly Item[]): Promise<void> {
    let run: Loaded[] = [];
    for (const item of batch) {
      const loaded = this.#load(item);
      if (loaded) {
        run.push(loaded);
        continue;
      }
      await this.#sendRun(lane, run);
      run = [];
      this.#settle(lane, [item], [new SpoolUnusable("the disk did not keep the event")]);
    }
    await this.#sendRun(lane, run);
  }

  #load(item: Item): Loaded | undefined {
    const event = this.#spool.read(item.entry.event);
    const blob = item.entry.blob && this.#spool.read(item.entry.blob);
    if (!event || (item.entry.blob && !blob)) return undefined;
    const id = item.handle?.id ?? (JSON.parse(event.toString("utf8")) as { id: string }).id;
    return { item, id, event, blob: blob && blobOf(blob) };
  }

  async #sendRun(lane: Lane, run: readonly Loaded[]): Promise<void> {
    const first = run[0];
    if (!first) return;
    let receipts: readonly Outcome[];
    try {
      receipts = await this.#sendAll(lane, first, run);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof TooLarge)) throw error;
      if (run.length > 1) {
        // One event at fault must not stop the others. Halving finds it.
        const middle = run.length >> 1;
        await this.#sendRun(lane, run.slice(0, middle));
        return this.#sendRun(lane, run.slice(middle));
      }
      if (error instanceof TooLarge) throw error;
      await this.#setAside(first, error);
      receipts = [error];
    }
    this.#settle(lane, run.map((loaded) => loaded.item), receipts);
  }

  async #sendAll(lane: Lane, first: Loaded, run: readonly Loaded[]): Promise<readonly Outcome[]> {
    const key = this.#settings.keys.get(lane.tenant);
    if (key === undefined) throw new Later("there is no key for it");
    for (const { blob } of run) {
      if (blob) await sendBlob(this.#send, blobRequest(key, blob), "spooled");
    }
    if (first.item.isAlone) {
      const request = eventRequest(key, first.event, first.item.traceparent);
      return [await sendEvent(this.#send, request, first.id, "spooled")];
    }
    const request = batchRequest(key, run.map((loaded) => loaded.event));
    return sendBatch(this.#send, request, run.map((loaded) => loaded.id));
  }

  async #setAside({ id, event }: Loaded, refused: Refused): Promise<void> {
    const { message: reason, status } = refused;
    const answer = { at: timeText(this.#settings.now()), reason, status };
    await this.#spool.setAside(Buffer.concat([
      Buffer.from(`{"answer":${canonical(answer)},"event":`), event, Buffer.from("}")]));
    this.#tell("refused", `the server refused ${id}: ${refused.message}`);
  }

  #settle(lane: Lane, items: readonly Item[], outcomes: readonly Outcome[]): void {
    lane.items.splice(0, items.length);
    lane.settled += items.length;
    const entries: Entry[] = items.map((item) => item.entry);
    this.#spool.settle(entries);
    items.forEach((item, place) => item.handle?.settle(outcomes[place]!));
    this.#changed();
  }
}

