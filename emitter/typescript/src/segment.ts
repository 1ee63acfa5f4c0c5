// One file of a spool: records of a length, a CRC and a payload. See emitter/README.md.

import {
  closeSync, constants, fsyncSync, ftruncateSync, openSync, readSync, writeSync,
} from "node:fs";
import { join } from "node:path";
import { crc32 } from "./crc32.js";
import { EVENT_BYTES_MAX } from "./event.js";

export const HEADER_BYTES = 8;
// An event is far below it; a length beyond is no length.
const PAYLOAD_BYTES_MAX = 2 * 1024 * 1024;

// In damaged bytes: where an event begins, its number, and whose it is.
const BEGIN = '{"actor":{"id":"';
const NUMBER = /"producer":\{"id":"([A-Za-z0-9._-]+)","sequence":(\d{1,16})\}/g;
const TENANT = /"tenantId":"([a-z0-9-]+)","type":"[a-z0-9_.]+"\}/;

// A payload's place: an event with its number, or a blob (sequence 0).
export interface Place {
  readonly segment: Segment;
  readonly offset: number;
  readonly size: number;
  readonly tenant: string;
  readonly sequence: number;
  readonly producer: string;
}

// An event in the spool, and the blob that has to go before it.
export interface Entry {
  readonly event: Place;
  readonly blob: Place | undefined;
}

export const NUMBER_MAX = 1e16 - 1;
export const segmentName = (number: number) => `${String(number).padStart(16, "0")}.spool`;

// One file of records, of which the first `size` bytes are known to be good.
export class Segment {
  readonly path: string;
  size = 0;
  waiting = 0;  // Events that are neither sent nor refused.
  isOpen = false;  // Whether more may be appended.
  isDamaged = false;
  #file: number | undefined;

  constructor(directory: string, readonly number: number) {
    this.path = join(directory, segmentName(number));
  }

  get file(): number {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND;
    this.#file ??= openSync(this.path, flags, 0o600);
    return this.#file;
  }

  close(): void {
    this.isOpen = false;
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  sync(): void {
    fsyncSync(this.file);
  }

  // All of `data`, or an error and none of it.
  append(data: Buffer): void {
    try {
      for (let done = 0; done < data.length;) done += writeSync(this.file, data, done);
    } catch (error) {
      this.isOpen = false;  // If this cannot be undone, nothing may come behind it.
      ftruncateSync(this.file, this.size);
      this.isOpen = true;
      throw error;
    }
    this.size += data.length;
  }

  // The payload, or nothing if the file no longer holds it.
  read(place: Place): Buffer | undefined {
    const data = Buffer.alloc(HEADER_BYTES + place.size);
    const done = this.#readAt(place.offset - HEADER_BYTES, data);
    const payload = data.subarray(HEADER_BYTES);
    if (done === data.length && fits(data, payload)) return payload;
    this.isDamaged = true;
    return undefined;
  }

  // How much there was.
  #readAt(start: number, data: Buffer): number {
    // What an earlier process left may be more files than one may have open.
    const isKept = this.#file !== undefined;
    let file: number;
    try {
      file = this.#file ?? openSync(this.path, constants.O_RDONLY);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
      throw error;
    }
    try {
      let done = 0, count = 1;
      while (count > 0 && done < data.length) {
        count = readSync(file, data, done, data.length - done, start + done);
        done += count;
      }
      return done;
    } finally {
      if (!isKept) closeSync(file);
    }
  }

  // The records of the file's whole content, up to the first that is none.
  *scan(data: Buffer): Generator<Place> {
    for (let at = 0; data.length - at >= HEADER_BYTES;) {
      const size = data.readUInt32LE(at);
      const offset = at + HEADER_BYTES;
      // A hole in a file reads as an empty payload with a fitting CRC.
      if (size === 0 || size > PAYLOAD_BYTES_MAX || data.length - offset < size) return;
      const payload = data.subarray(offset, offset + size);
      const named = fits(data.subarray(at), payload) ? nameOf(payload) : undefined;
      if (!named) return;
      yield { segment: this, offset, size, ...named };
      at = offset + size;
    }
  }
}

function fits(header: Buffer, payload: Buffer): boolean {
  return header.readUInt32LE(0) === payload.length && header.readUInt32LE(4) === crc32(payload);
}

// What an event is known by; of a blob only the tenant.
export interface Name {
  readonly tenant: string;
  readonly sequence: number;
  readonly producer: string;
}

function nameOf(payload: Buffer): Name | undefined {
  const end = payload.indexOf("\n");
  if (payload[0] === 0x42 && end > 0) {
    return { tenant: payload.toString("latin1", 1, end), sequence: 0, producer: "" };
  }
  try {
    const event = JSON.parse(payload.toString("utf8")) as
      { tenantId?: unknown; producer?: { id?: unknown; sequence?: unknown } };
    const tenant = event.tenantId, { id, sequence } = event.producer ?? {};
    if (typeof tenant !== "string" || typeof id !== "string") return undefined;
    if (!Number.isSafeInteger(sequence)) return undefined;
    return { tenant, sequence: sequence as number, producer: id };
  } catch {
    return undefined;
  }
}

export function framed(payload: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(payload.length, 0);
  header.writeUInt32LE(crc32(payload), 4);
  return Buffer.concat([header, payload]);
}

export function blobPayload(tenant: string, blob: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`B${tenant}\n`), blob]);
}

export const blobOf = (payload: Buffer) => payload.subarray(payload.indexOf("\n") + 1);

// Whether `rest` is the beginning of a record, as a crash while writing leaves it.
export function isTorn(rest: Buffer): boolean {
  if (rest.length < HEADER_BYTES) return true;
  const size = rest.readUInt32LE(0);
  return size > 0 && size <= PAYLOAD_BYTES_MAX && rest.length < HEADER_BYTES + size;
}

// What can still be told of damaged bytes.
export interface Rest {
  readonly certain: readonly Name[];  // Of records that are whole.
  readonly likely: readonly Name[];  // Of what looks like a number.
  readonly endsWhole: boolean;  // Whether a record that is whole is the last thing there.
}

export function readRest(rest: Buffer): Rest {
  const certain: Name[] = [];
  let end = 0;
  for (let at = rest.indexOf(BEGIN); at >= 0; at = rest.indexOf(BEGIN, at + 1)) {
    if (at < end + HEADER_BYTES) continue;
    const header = rest.subarray(at - HEADER_BYTES, at);
    const size = header.readUInt32LE(0);
    if (size > EVENT_BYTES_MAX) continue;  // Where any byte may be wrong, each costs its CRC.
    const payload = rest.subarray(at, at + size);
    const name = fits(header, payload) ? nameOf(payload) : undefined;
    if (!name) continue;
    certain.push(name);
    end = at + size;
  }
  return { certain, likely: numbersIn(rest.toString("latin1")), endsWhole: end === rest.length };
}

function numbersIn(rest: string): Name[] {
  const numbers = [...rest.matchAll(NUMBER)];
  return numbers.flatMap((found, place) => {
    const tenant = TENANT.exec(rest.slice(found.index! + found[0].length,
                                          numbers[place + 1]?.index));
    return tenant ? [{ tenant: tenant[1]!, sequence: Number(found[2]), producer: found[1]! }] : [];
  });
}
