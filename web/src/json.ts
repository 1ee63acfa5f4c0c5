// JSON as the bundle's documents have it (strict) and as events have it (RFC 8785, byte for byte).

import { need, Rejected } from "./rejected.js";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function utf8(bytes: Uint8Array, what: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Rejected(what + " is not UTF-8");
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasHalfSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

// Whole numbers that half of the world's readers would round.
function isUnsafe(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) > Number.MAX_SAFE_INTEGER &&
    Math.abs(value) < 1e21;
}

function numberFrom(literal: string): number {
  const value = Number(literal);
  const mantissa = literal.split(/[eE]/)[0] ?? "";
  const isInteger = /^-?[0-9]+$/.test(literal);
  need(Number.isFinite(value), "a number is too large");
  need(value !== 0 || !/[1-9]/.test(mantissa), "a number is too small");
  need(!isUnsafe(value) && !(isInteger && !Number.isSafeInteger(value)),
    "a whole number is too large");
  return value;
}

// Strict: no name twice, which JSON.parse would let pass.
class Parser {
  private at = 0;
  constructor(private readonly text: string, private readonly depthMax: number) {}

  whole(): Json {
    const value = this.value(1);
    this.skipSpace();
    need(this.at === this.text.length, "it goes on after its end");
    return value;
  }

  private skipSpace(): void {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at += 1;
  }

  private take(character: string): boolean {
    this.skipSpace();
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private token(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) return null;
    this.at += found[0].length;
    return found[0];
  }

  private value(depth: number): Json {
    this.skipSpace();
    if (this.take("{")) return this.object(depth);
    if (this.take("[")) return this.array(depth);
    if (this.text[this.at] === '"') return this.string();
    const word = this.token(/true|false|null/y);
    if (word !== null) return word === "null" ? null : word === "true";
    const literal = this.token(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y);
    need(literal !== null, "it is not JSON");
    return numberFrom(literal);
  }

  private string(): string {
    this.skipSpace();
    const literal = this.token(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
    need(literal !== null, "it is not JSON");
    const text = JSON.parse(literal) as string;
    need(!hasHalfSurrogate(text), "it has half a surrogate pair");
    return text;
  }

  private object(depth: number): JsonObject {
    need(depth <= this.depthMax, "it is too deep");
    const out = Object.create(null) as JsonObject;
    if (this.take("}")) return out;
    do {
      const name = this.string();
      need(!(name in out), "it has a name twice");
      need(this.take(":"), "it is not JSON");
      out[name] = this.value(depth + 1);
    } while (this.take(","));
    need(this.take("}"), "it is not JSON");
    return out;
  }

  private array(depth: number): Json[] {
    need(depth <= this.depthMax, "it is too deep");
    const out: Json[] = [];
    if (this.take("]")) return out;
    do out.push(this.value(depth + 1));
    while (this.take(","));
    need(this.take("]"), "it is not JSON");
    return out;
  }
}

const DOCUMENT_DEPTH_MAX = 64;

// One JSON document, and a newline after it or not.
export function documentFrom(bytes: Uint8Array, what: string): Json {
  const text = utf8(bytes, what);
  try {
    return new Parser(text.endsWith("\n") ? text.slice(0, -1) : text, DOCUMENT_DEPTH_MAX).whole();
  } catch (fault) {
    if (fault instanceof Rejected) throw new Rejected(what + ": " + fault.what);
    throw fault;
  }
}

export function membersOf(value: Json | undefined, what: string, required: readonly string[],
  optional: readonly string[] = []): JsonObject {
  need(isObject(value), what + " is no JSON object");
  for (const name of required) need(name in value, what + " has no " + name);
  for (const name of Object.keys(value)) {
    need(required.includes(name) || optional.includes(name),
      what + " has a member of no such format");
  }
  return value;
}

export function countAt(value: JsonObject, name: string): number {
  const count = value[name];
  need(typeof count === "number" && Number.isSafeInteger(count) && count >= 0 &&
    !Object.is(count, -0), name + " is no count");
  return count;
}

export function textAt(value: JsonObject, name: string): string {
  const text = value[name];
  need(typeof text === "string", name + " is no text");
  return text;
}

// RFC 8785: JavaScript's own notation of strings and numbers, and its own order of strings.
function canonical(value: Json, depth: number, depthMax: number): string {
  if (typeof value === "string") {
    need(!hasHalfSurrogate(value), "the entry has half a surrogate pair");
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    need(!isUnsafe(value), "the entry has a whole number that is too large");
    return JSON.stringify(value);
  }
  if (value === null || typeof value === "boolean") return String(value);
  need(depth <= depthMax, "the entry is too deep");
  if (Array.isArray(value)) {
    return "[" + value.map((item) => canonical(item, depth + 1, depthMax)).join(",") + "]";
  }
  const names = Object.keys(value).sort();
  return "{" + names.map((name) =>
    canonical(name, depth, depthMax) + ":" + canonical(value[name] as Json, depth + 1, depthMax))
    .join(",") + "}";
}

// The value of canonical bytes. A name that is there twice is not in the rendering twice.
export function canonicalFrom(bytes: Uint8Array, depthMax: number): Json {
  const text = utf8(bytes, "the entry");
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new Rejected("the entry is not JSON");
  }
  need(canonical(value, 1, depthMax) === text, "the entry is not in canonical form");
  return value;
}
