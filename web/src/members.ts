// A bundle's members: a tar file, read where it lies, and the lines of one member.

import { sha256 } from "@noble/hashes/sha2";
import { concat, hex } from "./bytes.js";
import { need, Rejected } from "./rejected.js";

// What can be read in pieces: a File in a browser, a file on a disk.
export interface Source {
  readonly size: number;
  read(begin: number, end: number): Promise<Uint8Array>;
}

export interface Member {
  name: string;
  offset: number;
  size: number;
}

export interface FileEntry {
  bytes: number;
  sha256: string;
}

export const FIXED = ["manifest.json", "checkpoint", "keys.json", "events.ndjson", "proofs.ndjson",
  "witnesses.json"] as const;
export const FIXED_COUNT = FIXED.length;

export function rankOf(name: string): number {
  const fixed = (FIXED as readonly string[]).indexOf(name);
  if (fixed >= 0) return fixed;
  if (/^blobs\/[0-9a-f]{64}$/.test(name)) return FIXED_COUNT;
  if (/^views\/[a-z0-9_-][a-z0-9._-]{0,63}$/.test(name)) return FIXED_COUNT + 1;
  throw new Rejected("the bundle has a member that no bundle has");
}

const BLOCK = 512;
const PIECE = 1024 * 1024;

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function octal(field: Uint8Array): number {
  const text = latin1(field);
  need(/^[0-7 \0]*$/.test(text), "the archive has a damaged header");
  const digits = /^ *([0-7]*)/.exec(text)?.[1] ?? "";
  return digits === "" ? 0 : parseInt(digits, 8);
}

function checksumFits(block: Uint8Array): boolean {
  let unsigned = 0;
  let signed = 0;
  block.forEach((byte, at) => {
    const counted = at >= 148 && at < 156 ? 0x20 : byte;
    unsigned += counted;
    signed += counted > 127 ? counted - 256 : counted;
  });
  const said = octal(block.subarray(148, 156));
  return said === unsigned || said === signed;
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

// The size in a pax header, which may hold nothing else.
function paxSize(bytes: Uint8Array): number {
  const [, length, size] = /^([0-9]+) size=([1-9][0-9]{0,15})\n$/.exec(latin1(bytes)) ?? [];
  need(size !== undefined && Number(length) === bytes.length && Number.isSafeInteger(Number(size)),
    "the archive has a pax header of another kind");
  return Number(size);
}

function headerFrom(block: Uint8Array): { kind: string; size: number; name: string } {
  need(checksumFits(block), "the archive has a damaged header");
  need(latin1(block.subarray(257, 262)) === "ustar", "the archive is not of the ustar format");
  const kind = latin1(block.subarray(156, 157));
  const name = latin1(block.subarray(0, 100)).split("\0")[0] ?? "";
  if (kind !== "x") {
    need(kind === "0" || kind === "\0", "the archive has what is no plain file");
    need(isZero(block.subarray(157, 257)), "the archive has a link");
    need(block[345] === 0, "the archive has a member that no bundle has");
    rankOf(name);
  }
  return { kind, size: octal(block.subarray(124, 136)), name };
}

// Strict: plain files with a bundle's names, in the archive's order.
export async function* membersOfTar(source: Source): AsyncGenerator<Member, void, void> {
  need(source.size > 0, "the file is no tar archive");
  let large: number | null = null;
  for (let at = 0; at < source.size;) {
    need(at + BLOCK <= source.size, "the archive is cut off");
    const block = await source.read(at, at + BLOCK);
    if (isZero(block)) return;
    const header = headerFrom(block);
    if (header.kind === "x") {
      need(large === null && header.size <= BLOCK, "the archive has two pax headers");
      large = paxSize(await source.read(at + BLOCK, at + BLOCK + header.size));
      at += 2 * BLOCK;
      continue;
    }
    const size: number = large ?? header.size;
    large = null;
    const end: number = at + BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    need(end <= source.size, "the archive is cut off");
    yield { name: header.name, offset: at + BLOCK, size };
    at = end;
  }
}

async function* piecesOf(source: Source, member: Member): AsyncGenerator<Uint8Array, void, void> {
  const end = member.offset + member.size;
  for (let at = member.offset; at < end; at += PIECE) {
    yield await source.read(at, Math.min(at + PIECE, end));
  }
}

export async function checkHash(source: Source, member: Member, entry: FileEntry): Promise<void> {
  const hasher = sha256.create();
  for await (const piece of piecesOf(source, member)) hasher.update(piece);
  need(hex(hasher.digest()) === entry.sha256, "the file is not the one that the manifest says");
}

export async function readWhole(source: Source, member: Member, most: number): Promise<Uint8Array> {
  need(member.size <= most, "the file is larger than it can be");
  return source.read(member.offset, member.offset + member.size);
}

// The lines of a member, and at the end whether it is the file that the manifest says.
export class Lines {
  private readonly pieces: AsyncGenerator<Uint8Array, void, void>;
  private readonly hasher = sha256.create();
  private rest: Uint8Array = new Uint8Array();
  private used = 0;

  constructor(source: Source, member: Member, private readonly most: number) {
    this.pieces = piecesOf(source, member);
  }

  // The next line without its newline; null after the last.
  async next(): Promise<Uint8Array | null> {
    for (;;) {
      const end = this.rest.indexOf(0x0a, this.used);
      need((end < 0 ? this.rest.length : end) - this.used <= this.most,
        "a line is longer than one can be");
      if (end >= 0) {
        const line = this.rest.subarray(this.used, end);
        this.used = end + 1;
        return line;
      }
      if (await this.fill()) continue;
      need(this.used === this.rest.length, "the last line is cut off");
      return null;
    }
  }

  private async fill(): Promise<boolean> {
    const piece = await this.pieces.next();
    if (piece.done === true) return false;
    this.hasher.update(piece.value);
    this.rest = concat(this.rest.subarray(this.used), piece.value);
    this.used = 0;
    return true;
  }

  async finish(entry: FileEntry): Promise<void> {
    while (await this.fill()) this.used = this.rest.length;
    need(hex(this.hasher.digest()) === entry.sha256,
      "the file is not the one that the manifest says");
  }
}

