// The small documents of a bundle: manifest, keys, proofs, witnesses; and the event.

import { hashFromBase64, isHash, same, utf8Bytes } from "./bytes.js";
import { canonicalFrom, countAt, documentFrom, isObject, membersOf, textAt, type Json,
  type JsonObject } from "./json.js";
import { FIXED, rankOf, type FileEntry } from "./members.js";
import { Key, openCheckpoint } from "./note.js";
import { need } from "./rejected.js";
import type { Hash } from "./tree.js";

const HASHES_MAX = 64;
const EVENT_DEPTH_MAX = 80;

export type Selection = { kind: "range"; begin: number; end: number } |
  { kind: "members"; count: number; query: JsonObject };

export interface Manifest {
  tenant: string;
  origin: string;
  selection: Selection;
  size: number;
  verifierKey: string;
  createdAt: string;
  files: Map<string, FileEntry>;
  missingBlobs: string[];
  views: string[];
}

function listAt(value: JsonObject, name: string): Json[] {
  const list = value[name];
  need(Array.isArray(list), name + " is no list");
  return list;
}

function selectionFrom(value: Json | undefined, size: number): Selection {
  need(isObject(value), "the selection is no JSON object");
  if (value["kind"] === "range") {
    membersOf(value, "the selection", ["kind", "begin", "end"]);
    const begin = countAt(value, "begin");
    const end = countAt(value, "end");
    need(begin <= end && end <= size, "the range is not within the checkpoint's size");
    return { kind: "range", begin, end };
  }
  need(value["kind"] === "members", "the selection is neither a range nor members");
  membersOf(value, "the selection", ["kind", "count", "query"]);
  const query = value["query"];
  need(isObject(query), "the query is no JSON object");
  const count = countAt(value, "count");
  need(count <= size, "there are more members than events");
  return { kind: "members", count, query };
}

function filesFrom(value: Json | undefined): Map<string, FileEntry> {
  need(isObject(value), "the manifest's files are no JSON object");
  const files = new Map<string, FileEntry>();
  for (const name of Object.keys(value)) {
    need(rankOf(name) > 0, "the manifest lists itself");
    const entry = membersOf(value[name], "the manifest's entry of a file", ["bytes", "sha256"]);
    const digits = entry["sha256"];
    need(isHash(digits), "the manifest has a sha256 that is none");
    files.set(name, { bytes: countAt(entry, "bytes"), sha256: digits });
  }
  for (const name of FIXED.slice(1)) need(files.has(name), "the manifest lists no " + name);
  return files;
}

// As the log writes times, and a day that exists.
function isTime(text: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$/.test(text)) return false;
  const millis = text.slice(0, 23) + "Z";
  const at = new Date(millis);
  return !Number.isNaN(at.getTime()) && at.toISOString() === millis;
}

export function parseManifest(bytes: Uint8Array): Manifest {
  const value = documentFrom(bytes, "the manifest");
  if (isObject(value)) {
    need(value["format"] === "assent-bundle/1", "the bundle is of another format");
  }
  const manifest = membersOf(value, "the manifest", ["format", "tenant", "origin", "selection",
    "size", "verifierKey", "createdAt", "files"], ["missingBlobs", "views"]);
  const size = countAt(manifest, "size");
  const files = filesFrom(manifest["files"]);
  const missingBlobs = "missingBlobs" in manifest ? listAt(manifest, "missingBlobs") : [];
  for (const digits of missingBlobs) {
    need(isHash(digits), "the missing blobs have what is no hash");
    need(!files.has("blobs/" + digits), "the manifest calls a blob missing that it lists");
  }
  const views = "views" in manifest ? listAt(manifest, "views") : [];
  for (const view of views) {
    need(typeof view === "string" && view.startsWith("views/") && files.has(view),
      "the manifest names a view that is no file of it");
  }
  const createdAt = textAt(manifest, "createdAt");
  need(isTime(createdAt), "createdAt is no time of the log's notation");
  return { tenant: textAt(manifest, "tenant"), origin: textAt(manifest, "origin"),
    selection: selectionFrom(manifest["selection"], size), size,
    verifierKey: textAt(manifest, "verifierKey"), createdAt, files,
    missingBlobs: missingBlobs as string[], views: views as string[] };
}

export interface LogKey {
  key: Key;
  fromSize: number;
  handover: Uint8Array | null;
}

export function parseKeys(bytes: Uint8Array): LogKey[] {
  const items = documentFrom(bytes, "the list of keys");
  need(Array.isArray(items) && items.length > 0, "the list of keys has no key");
  const keys: LogKey[] = [];
  for (const item of items) {
    const entry = membersOf(item, "the key", ["verifierKey", "fromSize", "handover"]);
    const key = new Key(textAt(entry, "verifierKey"));
    const fromSize = countAt(entry, "fromSize");
    const handover = entry["handover"] === null ? null : utf8Bytes(textAt(entry, "handover"));
    const before = keys.at(-1);
    need(before !== undefined || handover === null, "the first key has a handover");
    need(before === undefined ? fromSize === 0 : fromSize > before.fromSize,
      "the keys do not follow one another from size 0 on");
    keys.push({ key, fromSize, handover });
  }
  return keys;
}

export interface KeyChain {
  key: Key;
  isPinned: boolean;
  heads: Map<number, Hash>;  // Of the handovers, by size.
}

// The key that speaks for `size`. Handovers lead forwards only.
export async function followKeys(keys: readonly LogKey[], size: number, pinned: string | null,
  origin: string): Promise<KeyChain> {
  const heads = new Map<number, Hash>();
  let pinnedAt: number | null = null;
  let current = 0;
  for (const [at, { key, fromSize, handover }] of keys.entries()) {
    need(key.name === origin, "a key is another log's");
    const before = keys[at - 1];
    if (before !== undefined && handover !== null) {
      await openCheckpoint(handover, before.key);
      const head = await openCheckpoint(handover, key);
      need(head.size === BigInt(fromSize), "the handover is of another size");
      heads.set(fromSize, head.root);
    } else if (before !== undefined && pinnedAt !== null) {
      need(fromSize > size, "there is no handover to the key that follows the pinned one");
    }
    if (key.text === pinned) pinnedAt = at;
    if (fromSize <= size) current = at;
  }
  need(pinned === null || pinnedAt !== null, "the key that you gave is none of this log's");
  need(pinnedAt === null || pinnedAt <= current, "the key that you gave is too new");
  return { key: (keys[current] as LogKey).key, isPinned: pinnedAt !== null, heads };
}

function hashesAt(value: JsonObject, name: string): Hash[] {
  const list = listAt(value, name);
  need(list.length <= HASHES_MAX, name + " is no list of hashes");
  return list.map(hashFromBase64);
}

export interface RangeProof {
  peaks: Hash[];
  consistency: Hash[];
}

export function parseRangeProof(line: Uint8Array): RangeProof {
  const proof = membersOf(documentFrom(line, "the proof"), "the proof", ["peaks", "consistency"]);
  return { peaks: hashesAt(proof, "peaks"), consistency: hashesAt(proof, "consistency") };
}

export function parseMemberProof(line: Uint8Array): { sequence: number; path: Hash[] } {
  const proof = membersOf(documentFrom(line, "the proof"), "the proof", ["sequence", "path"]);
  return { sequence: countAt(proof, "sequence"), path: hashesAt(proof, "path") };
}

export function parseWitnesses(bytes: Uint8Array): string[] {
  const value = membersOf(documentFrom(bytes, "the list of witnesses"), "the list of witnesses",
    ["policy", "keys"]);
  need(value["policy"] === null || typeof value["policy"] === "string", "policy is no text");
  const keys = listAt(value, "keys");
  need(keys.every((key) => typeof key === "string"), "the witnesses' keys have what is no text");
  return keys as string[];
}

export interface Event {
  sequence: bigint;
  tenant: string;
  type: string;
  json: JsonObject;
}

// A member's text, which has nothing to escape.
function plainAt(event: JsonObject, name: string): string {
  const value = event[name];
  need(typeof value === "string" && JSON.stringify(value) === '"' + value + '"',
    "the entry is no event: " + name + " is missing");
  return value;
}

export function parseEvent(line: Uint8Array): Event {
  const json = canonicalFrom(line, EVENT_DEPTH_MAX);
  need(isObject(json), "the entry is no event");
  const digits = plainAt(json, "sequence");
  need(/^[0-9]{20}$/.test(digits) && BigInt(digits) < 2n ** 64n,
    "the entry is no event: its sequence is not 20 digits");
  plainAt(json, "source");
  need(isObject(json["data"]), "the entry is no event: it has no data");
  return { sequence: BigInt(digits), tenant: plainAt(json, "tenantid"),
    type: plainAt(json, "type"), json };
}

export function isAt(heads: Map<number, Hash>, size: number, root: () => Hash): boolean {
  const known = heads.get(size);
  return known === undefined || same(known, root());
}
