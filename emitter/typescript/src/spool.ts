// The spool: events on disk until the server has them. See emitter/README.md.

import { mkdirSync, readFileSync, readdirSync, renameSync, truncateSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { canonical, isObject } from "./canonical.js";
import { EmitterError, Misconfigured, SpoolFull, SpoolUnusable } from "./errors.js";
import { appendSynced, replaceSynced, replaceSyncedNow, syncDirectory } from "./files.js";
import { isProducerOf, producerId } from "./ids.js";
import { Reserve, isNoRoom } from "./reserve.js";
import { HEADER_BYTES, Segment, blobPayload, framed, isTorn, readRest } from "./segment.js";
import type { Entry, Name, Place, Rest } from "./segment.js";
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
  readonly state: Buffer | undefined;
  readonly unneeded: readonly Segment[];
}

// What the next numbers will be if more is added behind a damaged end, or that goes.
interface Skipped {
  readonly segment: Segment;
  readonly next: Counts;
}

type Counts = Map<string, number>;

export const reasonOf = (error: unknown) =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code ?? error.message : String(error);

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
    if (!Number.isSafeInteger(count) || (count as number) < 0) throw new SyntaxError();
    return [tenant, count as number];
  });
  return new Map(counts);
}

// Whose spool it is, and what it may take.
export interface SpoolTerms {
  readonly name: string;  // The program's.
  readonly tenants: Iterable<string>;
  readonly random: (count: number) => Uint8Array;
  readonly bytesMax: number;
  readonly segmentBytes: number;
  readonly report: Report;
}

// Append at one end; read, settle and remove at the other. The numbers are those of `producer`,
// which is this spool alone: they cannot begin again under an id that was used.
export class Spool {
  readonly producer: string;
  readonly #tenants: readonly string[];
  readonly #bytesMax: number;
  readonly #segmentBytes: number;
  readonly #smallBytes: number;
  readonly #report: Report;
  readonly #lock: SpoolLock;
  readonly #reserve: Reserve;
  #segments: Segment[] = [];
  #next: Counts = new Map();
  #sent: Counts = new Map();
  #skipped: Skipped | undefined;
  #isStateSaved = true;
  #isSynced = true;
  #syncing = Promise.resolve();
  // What was found, in order, for whoever sends it.
  readonly left: readonly Entry[];

  constructor(readonly directory: string, options: SpoolTerms) {
    this.#tenants = [...options.tenants];
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
      this.#reserve = new Reserve(directory);
      const known = this.#readState(options.name);
      this.producer = known ?? producerId(options.name, options.random(5));
      this.left = this.#readSegments();
      if (known === undefined) this.#begin();
      this.#reserve.restore();
    } catch (error) {
      for (const segment of this.#segments) segment.close();
      lock?.release();
      if (error instanceof EmitterError) throw error;
      throw new SpoolUnusable(`${directory}: ${reasonOf(error)}`);
    }
  }

  // ---- what was there ----

  // The id that it names, if it is there and can be read.
  #readState(name: string): string | undefined {
    const path = this.#statePath;
    let bytes: Buffer;
    try {
      bytes = readFileSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    let producer: unknown;
    try {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      const state = JSON.parse(text) as { next?: unknown; producer?: unknown; sent?: unknown };
      [this.#next, this.#sent] = [countsOf(state.next), countsOf(state.sent)];
      producer = state.producer;
      if (typeof producer !== "string") throw new SyntaxError();
    } catch {
      [this.#next, this.#sent] = [new Map(), new Map()];
      renameSync(path, `${path}.damaged`);
      this.#report("damaged", `${path} was damaged and is kept as ${path}.damaged`);
      return undefined;
    }
    if (!isProducerOf(name, producer)) {
      throw new Misconfigured(`the spool in ${this.directory} is of producer ${producer}`);
    }
    return producer;
  }

  // Under a new id, which is on the disk before there is a number that could be given again.
  #begin(): void {
    this.#skipped = undefined;
    const write = () => replaceSyncedNow(this.#statePath, this.#state());
    try {
      write();
    } catch (error) {
      if (!isNoRoom(error) || !this.#reserve.lend()) throw error;
      write();
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
    let isForeign = false;
    for (const place of segment.scan(data)) {
      segment.size = place.offset + place.size;
      if (place.sequence === 0) {
        blob = place;
        continue;
      }
      const isOwn = this.#isOwn(place);
      if (isOwn) this.#count(place);
      isForeign ||= !isOwn;
      const sent = this.#sent.get(place.tenant) ?? 0;
      if (!isOwn || place.sequence > sent) entries.push({ event: place, blob });
      blob = undefined;
    }
    const rest = data.subarray(segment.size);
    const read = readRest(rest);
    // A length that was damaged looks as if its record went on beyond the end.
    const hasEvent = read.certain.length + read.likely.length > 0;
    if (rest.length > 0 && isNewest && isTorn(rest) && !hasEvent) {
      truncateSync(segment.path, segment.size);  // Nobody was told that it was spooled.
    } else if (rest.length > 0) {
      segment.isDamaged = true;
      this.#report("damaged",
        `${segment.path} is damaged at byte ${segment.size}: what stands before is sent`);
      this.#countDamaged(segment, read, isNewest && !isForeign);
    }
    segment.waiting = entries.length;
    return entries;
  }

  // The numbers of what is lost are not given again, so the server misses them.
  #countDamaged(segment: Segment, { certain, likely, endsWhole }: Rest, isEnd: boolean): void {
    for (const name of certain) if (this.#isOwn(name)) this.#count(name);
    const ownLikely = likely.filter((name) => this.#isOwn(name));
    if (!isEnd || endsWhole) {
      for (const name of ownLikely) this.#count(name);
      return;
    }
    // The last record may have had the next number of any tenant. As long as the file is the
    // newest, the next start finds out the same: it must not add to what is in the state.
    const next: Counts = new Map();
    for (const tenant of [...this.#tenants, ...this.#next.keys()]) {
      next.set(tenant, (this.#next.get(tenant) ?? 1) + 1);
    }
    for (const { tenant, sequence } of ownLikely) {
      next.set(tenant, Math.max(next.get(tenant) ?? 1, sequence + 1));
    }
    this.#skipped = { segment, next };
  }

  #skip(): void {
    if (!this.#skipped) return;
    for (const [tenant, number] of this.#skipped.next) this.#next.set(tenant, number);
    this.#skipped = undefined;
    this.#isStateSaved = false;
  }

  #isOwn({ producer }: Name): boolean {
    return producer === this.producer;
  }

  #count({ tenant, sequence }: Name): void {
    if (sequence < (this.#next.get(tenant) ?? 1)) return;
    this.#next.set(tenant, sequence + 1);
    this.#isStateSaved = false;
  }

  // ---- adding ----

  nextSequence(tenant: string): number {
    this.#skip();
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
      this.#reserve.require();
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
    const place = (offset: number, size: number, number: number, producer: string): Place =>
      ({ segment, offset, size, tenant, sequence: number, producer });
    return {
      event: place(segment.size - event.length, event.length, sequence, this.producer),
      blob: before && place(start + HEADER_BYTES, before.length, 0, ""),
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
      if (!this.#isOwn(event)) continue;
      this.#sent.set(event.tenant, event.sequence);
      this.#isStateSaved = false;
    }
  }

  // Remembers what was settled, then removes the files that nobody needs any more.
  async save(): Promise<void> {
    const { state, unneeded } = this.#prepareSave();
    const kept = new Set(unneeded);
    try {
      if (state) await this.#withRoom(() => replaceSynced(this.#statePath, state));
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
    } finally {
      this.#reserve.restore();
    }
  }

  // On a full disk, too, it must be possible to note what gives room back.
  async #withRoom(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (!isNoRoom(error) || !this.#reserve.lend()) throw error;
      await write();
    }
  }

  get #statePath(): string {
    return join(this.directory, "state.json");
  }

  #state(): Buffer {
    const state = canonical({
      next: Object.fromEntries(this.#next),
      producer: this.producer,
      sent: Object.fromEntries(this.#sent),
    });
    return Buffer.from(`${state}\n`);
  }

  #prepareSave(): Save {
    const unneeded = this.#segments.filter((segment) =>
      segment.waiting === 0 && !(segment.isOpen && segment.size < this.#smallBytes));
    this.#segments = this.#segments.filter((segment) => !unneeded.includes(segment));
    if (this.#skipped && unneeded.includes(this.#skipped.segment)) this.#skip();
    const save = { state: this.#isStateSaved ? undefined : this.#state(), unneeded };
    this.#isStateSaved = true;
    return save;
  }

  // Keeps what the server will never take.
  async setAside(line: Buffer): Promise<void> {
    const path = join(this.directory, "refused.ndjson");
    await this.#withRoom(() => appendSynced(path, Buffer.concat([line, Buffer.from("\n")])));
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
