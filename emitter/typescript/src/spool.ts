// The spool: events on disk until the server has them. See emitter/README.md.

import {
  closeSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, truncateSync,
} from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { canonical, isObject } from "./canonical.js";
import { EmitterError, Misconfigured, SpoolFull, SpoolUnusable } from "./errors.js";
import { HEADER_BYTES, Segment, blobPayload, framed, isTorn, numbersIn } from "./segment.js";
import type { Entry, Place } from "./segment.js";
import { SpoolLock } from "./spool_lock.js";

// A segment that was sent whole, and is smaller, stays to be appended to.
const SMALL_BYTES = 256 * 1024;
// Room comes back in pieces of segments, so a spool has so many of them.
const SEGMENTS_MIN = 4;
const NAME = /^\d{16}\.spool$/;

export type ProblemKind = "damaged" | "disk" | "refused" | "unreachable";
export type Report = (kind: ProblemKind, text: string) => void;

// What a spool has to write, and the files that go when it is written.
interface Save {
  readonly state: string | undefined;
  readonly unneeded: readonly Segment[];
}

type Counts = Map<string, number>;

export const reasonOf = (error: unknown) =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code ?? error.message : String(error);

function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

async function syncFile(path: string): Promise<void> {
  try {
    const file = await open(path, "r");
    try {
      await file.datasync();
    } finally {
      await file.close();
    }
  } catch (error) {
    // Everything in it was sent meanwhile, and it is gone.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function countsOf(value: unknown): Counts {
  if (!isObject(value)) throw new SyntaxError();
  const counts = Object.entries(value).map(([tenant, count]): [string, number] => {
    if (!Number.isSafeInteger(count)) throw new SyntaxError();
    return [tenant, count as number];
  });
  return new Map(counts);
}

// Append at one end; read, settle and remove at the other.
export class Spool {
  readonly #producer: string;
  readonly #bytesMax: number;
  readonly #segmentBytes: number;
  readonly #smallBytes: number;
  readonly #report: Report;
  readonly #lock: SpoolLock;
  #segments: Segment[] = [];
  #next: Counts = new Map();
  #sent: Counts = new Map();
  #isStateSaved = true;
  #isSynced = true;
  #syncing = Promise.resolve();
  // What was found, in order, for whoever sends it.
  readonly left: readonly Entry[];

  constructor(readonly directory: string, options: {
    readonly producer: string; readonly bytesMax: number; readonly segmentBytes: number;
    readonly report: Report;
  }) {
    this.#producer = options.producer;
    this.#bytesMax = options.bytesMax;
    const share = Math.floor(options.bytesMax / SEGMENTS_MIN);
    this.#segmentBytes = Math.min(options.segmentBytes, share);
    this.#smallBytes = Math.min(SMALL_BYTES, Math.floor(this.#segmentBytes / 2));
    this.#report = options.report;
    let lock: SpoolLock | undefined;
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      lock = new SpoolLock(join(directory, "lock"));
      this.#lock = lock;
      this.#readState();
      this.left = this.#readSegments();
    } catch (error) {
      for (const segment of this.#segments) segment.close();
      lock?.release();
      if (error instanceof EmitterError) throw error;
      throw new SpoolUnusable(`${directory}: ${reasonOf(error)}`);
    }
  }

  // ---- what was there ----

  #readState(): void {
    const path = join(this.directory, "state.json");
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    let producer: unknown;
    try {
      const state = JSON.parse(text) as { next?: unknown; producer?: unknown; sent?: unknown };
      [this.#next, this.#sent] = [countsOf(state.next), countsOf(state.sent)];
      producer = state.producer;
      if (typeof producer !== "string") throw new SyntaxError();
    } catch {
      [this.#next, this.#sent] = [new Map(), new Map()];
      renameSync(path, `${path}.damaged`);
      this.#report("damaged", `${path} was damaged and is kept as ${path}.damaged`);
      return;
    }
    if (producer !== this.#producer) {
      throw new Misconfigured(`the spool in ${this.directory} is of producer ${producer}`);
    }
  }

  #readSegments(): Entry[] {
    const names = readdirSync(this.directory).filter((name) => NAME.test(name)).sort();
    return names.flatMap((name, place) => {
      const segment = new Segment(this.directory, Number(name.slice(0, 16)));
      this.#segments.push(segment);
      return this.#readSegment(segment, place === names.length - 1);
    });
  }

  #readSegment(segment: Segment, isNewest: boolean): Entry[] {
    const data = readFileSync(segment.path);
    const entries: Entry[] = [];
    let blob: Place | undefined;
    for (const place of segment.scan(data)) {
      segment.size = place.offset + place.size;
      if (place.sequence === 0) {
        blob = place;
        continue;
      }
      this.#count(place.tenant, place.sequence);
      const sent = this.#sent.get(place.tenant) ?? 0;
      if (place.sequence > sent) entries.push({ event: place, blob });
      blob = undefined;
    }
    const rest = data.subarray(segment.size);
    if (rest.length > 0 && isNewest && isTorn(rest)) {
      truncateSync(segment.path, segment.size);  // Nobody was told that it was spooled.
    } else if (rest.length > 0) {
      segment.isDamaged = true;
      this.#report("damaged",
        `${segment.path} is damaged at byte ${segment.size}: what stands before is sent`);
      // The numbers of what is lost are not given again, so the server misses them.
      for (const { tenant, sequence } of numbersIn(rest)) this.#count(tenant, sequence);
    }
    segment.waiting = entries.length;
    return entries;
  }

  #count(tenant: string, sequence: number): void {
    if (sequence < this.nextSequence(tenant)) return;
    this.#next.set(tenant, sequence + 1);
    this.#isStateSaved = false;
  }

  // ---- adding ----

  nextSequence(tenant: string): number {
    return this.#next.get(tenant) ?? 1;
  }

  // Adds the event that has the tenant's next number, behind the blob that it names.
  append(tenant: string, event: Buffer, blob: Buffer | undefined): Entry {
    const before = blob && blobPayload(tenant, blob);
    const data = Buffer.concat([...(before ? [framed(before)] : []), framed(event)]);
    if (data.length > this.#bytesMax) {
      throw new SpoolFull("the event is larger than the spool", true);
    }
    const used = this.#segments.reduce((sum, segment) => sum + segment.size, 0);
    if (used + data.length > this.#bytesMax) {
      throw new SpoolFull(`the spool in ${this.directory} is full`);
    }
    let segment: Segment, start: number;
    try {
      segment = this.#writable(data.length);
      start = segment.size;
      segment.append(data);
    } catch (error) {
      throw new SpoolUnusable(`${this.directory}: ${reasonOf(error)}`);
    }
    const sequence = this.nextSequence(tenant);
    this.#next.set(tenant, sequence + 1);
    this.#isSynced = false;
    segment.waiting += 1;
    const place = (offset: number, size: number, number: number): Place =>
      ({ segment, offset, size, tenant, sequence: number });
    return {
      event: place(segment.size - event.length, event.length, sequence),
      blob: before && place(start + HEADER_BYTES, before.length, 0),
    };
  }

  // The newest segment, or a new one if that is full, or was another process's.
  #writable(size: number): Segment {
    const newest = this.#segments[this.#segments.length - 1];
    if (newest?.isOpen) {
      if (newest.size === 0 || newest.size + size <= this.#segmentBytes) return newest;
      newest.sync();
      newest.isOpen = false;
    }
    const segment = new Segment(this.directory, this.#newNumber());
    segment.isOpen = segment.file >= 0;  // Creates it.
    this.#segments.push(segment);
    syncDirectory(this.directory);
    return segment;
  }

  // Beyond those that were set aside, too: no name is used twice.
  #newNumber(): number {
    const numbers = readdirSync(this.directory).filter((name) => /^\d{16}\.spool/.test(name))
      .map((name) => Number(name.slice(0, 16)));
    return Math.max(0, ...numbers) + 1;
  }

  get isUnsynced(): boolean {
    return !this.#isSynced;
  }

  // Makes everything appended so far survive a loss of power.
  sync(): Promise<void> {
    const newest = this.#segments[this.#segments.length - 1];
    if (!this.#isSynced && newest?.isOpen) {
      this.#isSynced = true;
      this.#syncing = syncFile(newest.path).catch((error: unknown) => {
        this.#isSynced = false;
        throw error;
      });
    }
    return this.#syncing;
  }

  // ---- sending ----

  // The payload, or nothing, reported, if the disk did not keep it.
  read(place: Place): Buffer | undefined {
    const payload = place.segment.read(place);
    if (!payload) {
      this.#report("damaged", `${place.segment.path} is damaged at byte ${place.offset}`);
    }
    return payload;
  }

  // They are in the log, or never will be. REQUIRES: in the order of appending.
  settle(entries: readonly Entry[]): void {
    for (const { event } of entries) {
      event.segment.waiting -= 1;
      this.#sent.set(event.tenant, event.sequence);
      this.#isStateSaved = false;
    }
  }

  // Remembers what was settled, then removes the files that nobody needs any more.
  async save(): Promise<void> {
    const { state, unneeded } = this.#prepareSave();
    const kept = new Set(unneeded);
    try {
      if (state !== undefined) await this.#saveState(state);
      for (const segment of unneeded) {  // Only now are its numbers known without it.
        segment.close();
        if (segment.isDamaged) await rename(segment.path, `${segment.path}.damaged`);
        else await rm(segment.path);
        kept.delete(segment);
      }
    } catch (error) {
      // What is left stays as it is until the next time.
      this.#isStateSaved = false;
      this.#segments = [...kept, ...this.#segments].sort((a, b) => a.number - b.number);
      throw error;
    }
  }

  #prepareSave(): Save {
    const unneeded = this.#segments.filter((segment) =>
      segment.waiting === 0 && !(segment.isOpen && segment.size < this.#smallBytes));
    this.#segments = this.#segments.filter((segment) => !unneeded.includes(segment));
    const state = canonical({
      next: Object.fromEntries(this.#next),
      producer: this.#producer,
      sent: Object.fromEntries(this.#sent),
    });
    const save = { state: this.#isStateSaved ? undefined : `${state}\n`, unneeded };
    this.#isStateSaved = true;
    return save;
  }

  async #saveState(state: string): Promise<void> {
    const path = join(this.directory, "state.json");
    const file = await open(`${path}.new`, "w", 0o600);
    try {
      await file.writeFile(state);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    syncDirectory(this.directory);
  }

  // Keeps what the server will never take.
  async setAside(line: Buffer): Promise<void> {
    const file = await open(join(this.directory, "refused.ndjson"), "a", 0o600);
    try {
      await file.writeFile(Buffer.concat([line, Buffer.from("\n")]));
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async close(): Promise<void> {
    for (const segment of this.#segments) segment.isOpen = false;
    try {
      await this.save();
    } catch (error) {
      this.#report("disk", `${this.directory}: ${reasonOf(error)}`);
    }
    for (const segment of this.#segments) segment.close();
    this.#lock.release();
  }
}
