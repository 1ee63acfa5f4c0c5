// RFC 8785: JSON in exactly one way of writing it.

import { InvalidEvent } from "./errors.js";

// Of arrays and objects, the outermost included, as the server reads.
export const DEPTH_MAX = 64;

const LONE_SURROGATE = /\p{Surrogate}/u;

// A path to that place would be as long as it is deep, so it has none.
class TooDeep extends Error {}

export function isUnicode(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

const joined = (path: string, name: string) => (path ? `${path}.${name}` : name);

function text(value: string, path: string): string {
  if (!isUnicode(value)) throw new InvalidEvent(path, "is not Unicode text");
  return JSON.stringify(value);
}

function number(value: number, path: string): string {
  if (!Number.isFinite(value)) throw new InvalidEvent(path, "is not a finite number");
  // A larger one is written with an exponent, which says that it is no integer.
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21) {
    throw new InvalidEvent(path, `is beyond ±${Number.MAX_SAFE_INTEGER}`);
  }
  return String(value);
}

function write(value: unknown, path: string, depth: number): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return text(value, path);
  if (typeof value === "number") return number(value, path);
  const isArray = Array.isArray(value);
  if (!isArray && !isObject(value)) throw new InvalidEvent(path, "cannot be written as JSON");
  if (depth === DEPTH_MAX) throw new TooDeep();
  if (isArray) {
    // Not map(), which leaves out what was never set.
    const items = Array.from(value, (item, place) => write(item, `${path}[${place}]`, depth + 1));
    return `[${items.join(",")}]`;
  }
  // sort() compares UTF-16 code units, as the RFC wants it.
  const members = Object.keys(value).sort().filter((name) => value[name] !== undefined)
    .map((name) => `${text(name, path)}:${write(value[name], joined(path, name), depth + 1)}`);
  return `{${members.join(",")}}`;
}

// The one text of `value`. InvalidEvent names what cannot be written. `depth` is how deep inside
// another value this one will be.
export function canonical(value: unknown, path = "", depth = 0): string {
  try {
    return write(value, path, depth);
  } catch (error) {
    if (error instanceof TooDeep) throw new InvalidEvent(path, "is nested too deep");
    throw error;
  }
}
