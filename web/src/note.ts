// Verifier keys, signed notes, checkpoints (C2SP).

import { ed25519 } from "@noble/curves/ed25519";
import { sha256 } from "@noble/hashes/sha2";
import { concat, fromBase64, hashFromBase64, hex, same, utf8Bytes } from "./bytes.js";
import { utf8 } from "./json.js";
import { need, Rejected } from "./rejected.js";
import { EMPTY_ROOT, type Hash } from "./tree.js";

export const NOTE_BYTES_MAX = 1_000_000;
const SIGNATURES_MAX = 100;
const SIZE_MAX = 2n ** 63n - 1n;
const ED25519 = 1;
const COSIGNATURE_V1 = 4;

type Bytes = Uint8Array<ArrayBuffer>;

// The browser's own Ed25519 where it has one; few do not.
async function isSignedBy(publicKey: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  if (signature.length !== 64) return false;
  const subtle = globalThis.crypto?.subtle;
  if (subtle !== undefined) {
    try {
      const key = await subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
      return await subtle.verify("Ed25519", key, signature, message);
    } catch {
      // It does not know the algorithm, or not this point: the code below knows both.
    }
  }
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}

const WHITE_SPACE_OR_PLUS = /[\u0000-\u0020+\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

function isKeyName(name: string): boolean {
  return name !== "" && !WHITE_SPACE_OR_PLUS.test(name);
}

// A verifier key from its text form, `name+hex(id)+base64(algorithm, public key)`.
export class Key {
  readonly name: string;
  readonly id: string;
  private readonly algorithm: number;
  private readonly publicKey: Bytes;

  constructor(readonly text: string, algorithms: readonly number[] = [ED25519]) {
    const [, name, id, encoded] = /^([^+]*)\+([^+]*)\+(.*)$/s.exec(text) ?? [];
    need(name !== undefined && id !== undefined && encoded !== undefined && isKeyName(name),
      "a verifier key is none");
    const bytes = fromBase64(encoded);
    this.algorithm = bytes[0] ?? 0;
    need(bytes.length === 33 && algorithms.includes(this.algorithm), "a verifier key is none");
    this.name = name;
    this.publicKey = bytes.slice(1);
    this.id = hex(sha256(concat(utf8Bytes(name + "\n"), bytes)).subarray(0, 4));
    need(this.id === id, "a verifier key's id is not its own");
  }

  // Of a witness, which may sign as a log does or with a time.
  static ofWitness(text: string): Key {
    return new Key(text, [ED25519, COSIGNATURE_V1]);
  }

  async verifies(text: string, signature: Bytes): Promise<boolean> {
    if (this.algorithm === ED25519) {
      return isSignedBy(this.publicKey, utf8Bytes(text), signature);
    }
    if (signature.length !== 72) return false;
    const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
    if (time > SIZE_MAX) return false;
    const message = utf8Bytes(`cosignature/v1\ntime ${time}\n${text}`);
    return isSignedBy(this.publicKey, message, signature.slice(8));
  }
}

export interface Signature {
  name: string;
  keyId: string;
  bytes: Bytes;
}

export interface Note {
  text: string;
  signatures: Signature[];
}

function signatureFrom(line: string): Signature {
  const [, name, encoded] = /^\u2014 ([^ ]+) (.*)$/s.exec(line) ?? [];
  need(name !== undefined && encoded !== undefined && isKeyName(name),
    "a line after the note's text is no signature");
  const bytes = fromBase64(encoded);
  need(bytes.length > 4, "a line after the note's text is no signature");
  return { name, keyId: hex(bytes.subarray(0, 4)), bytes: bytes.slice(4) };
}

// Believes nothing of it.
export function parseNote(raw: Uint8Array): Note {
  need(raw.length <= NOTE_BYTES_MAX, "the note is too long");
  need(!raw.some((byte) => byte < 0x20 && byte !== 0x0a), "the note has a control character");
  const whole = utf8(raw, "the note");
  const split = whole.lastIndexOf("\n\n");
  need(split >= 0, "no empty line ends the note's text");
  const rest = whole.slice(split + 2);
  need(rest.endsWith("\n"), "the note has no signature");
  const lines = rest.slice(0, -1).split("\n");
  need(lines.length <= SIGNATURES_MAX, "the note has too many signatures");
  return { text: whole.slice(0, split + 1), signatures: lines.map(signatureFrom) };
}

export interface Checkpoint {
  size: bigint;
  root: Hash;
}

// The checkpoint, if the key signed the note, at least once and never wrongly.
export async function openCheckpoint(raw: Uint8Array, key: Key): Promise<Checkpoint> {
  const note = parseNote(raw);
  const ours = note.signatures.filter((s) => s.name === key.name && s.keyId === key.id);
  need(ours.length > 0, "the log's key has not signed the checkpoint");
  for (const signature of ours) {
    need(await key.verifies(note.text, signature.bytes), "the log's signature is wrong");
  }
  const lines = note.text.split("\n");
  need(lines.pop() === "" && lines.length >= 3 && !lines.includes(""),
    "the note is no checkpoint");
  const [origin, digits, encoded] = lines;
  need(digits !== undefined && /^(0|[1-9][0-9]{0,19})$/.test(digits), "the size is none");
  const size = BigInt(digits);
  need(size <= SIZE_MAX, "the size is too large");
  const root = hashFromBase64(encoded);
  need(size > 0n || same(root, EMPTY_ROOT), "an empty log cannot have that root");
  need(origin === key.name, "the checkpoint is another log's");
  return { size, root };
}

export interface Cosignature {
  name: string;
  keyId: string;
  verified: boolean;
}

// Who else signed. Told, not judged: the keys are the bundle's own, so they cannot fail it.
export async function cosignaturesOf(raw: Uint8Array, log: Key, witnesses: readonly string[]):
  Promise<Cosignature[]> {
  const known: Key[] = [];
  for (const text of witnesses) {
    try {
      known.push(Key.ofWitness(text));
    } catch (fault) {
      if (!(fault instanceof Rejected)) throw fault;
    }
  }
  const note = parseNote(raw);
  const out: Cosignature[] = [];
  for (const { name, keyId, bytes } of note.signatures) {
    if (name === log.name && keyId === log.id) continue;
    const key = known.find((each) => each.name === name && each.id === keyId);
    const verified = key !== undefined && await key.verifies(note.text, bytes);
    out.push({ name, keyId, verified });
  }
  return out;
}
