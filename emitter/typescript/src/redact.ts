// Takes secrets out of what is about to be spooled or sent: docs/redaction.md, rule by rule.

import { DEPTH_MAX, isObject } from "./canonical.js";
import { InvalidEvent, Misconfigured } from "./errors.js";
import { plainName, secrecyOfPlain } from "./redact_names.js";
import type { Secrecy } from "./redact_names.js";
import { isCardNumber } from "./redact_shapes.js";
import { MARKER, redactedText } from "./redact_text.js";

const DECLARED_BYTES_MAX = 64;

// The rules, and the names that a program declares besides.
export class Redactor {
  readonly #declared: ReadonlySet<string>;
  readonly #secrecyOf = (name: string): Secrecy => {
    const plain = plainName(name);
    return this.#declared.has(plain) ? "declared" : secrecyOfPlain(plain);
  };

  constructor(declared: readonly string[] = []) {
    this.#declared = new Set(declared.map(declarable));
  }

  text(text: string): string {
    return redactedText(text, this.#secrecyOf);
  }

  // A copy of `value`, which is at `path`, without secrets.
  value(value: unknown, path: string, depth = 1): unknown {
    if (typeof value === "string") return this.text(value);
    if (typeof value === "number") return isCard(value) ? MARKER : value;
    const isArray = Array.isArray(value);
    if (!isArray && !isObject(value)) return value;  // What needs nothing, or cannot be written.
    if (depth > DEPTH_MAX) throw new InvalidEvent(path, "is nested too deep");
    if (isArray) return Array.from(value, (item) => this.value(item, path, depth + 1));
    return this.#members(value, path, depth);
  }

  #members(members: Record<string, unknown>, path: string, depth: number): unknown {
    const names = Object.keys(members).filter((name) => members[name] !== undefined);
    const known = nameOfValue(names, members);
    const paired = known === undefined ? "open" : this.#secrecyOf(known);
    return Object.fromEntries(this.#renamed(names).map((clean, place) => {
      const name = names[place]!;
      const member = members[name];
      const isSecret = (name === "value" && isHidden(paired, member)) ||
        isHidden(this.#secrecyOf(name), member);
      return [clean, isSecret ? MARKER : this.value(member, path, depth + 1)];
    }));
  }

  // A secret may be a name. Two of them in one object stay two members.
  #renamed(names: readonly string[]): readonly string[] {
    const taken = new Set(names);
    const numbers = new Map<string, number>();
    return names.map((name) => {
      const clean = this.text(name);
      if (clean === name) return name;
      let unused = clean;
      while (taken.has(unused)) {
        const number = (numbers.get(clean) ?? 1) + 1;
        numbers.set(clean, number);
        unused = `${clean} ${number}`;
      }
      taken.add(unused);
      return unused;
    });
  }
}

function declarable(name: string): string {
  const plain = plainName(name);
  if (plain === "" || Buffer.byteLength(name) > DECLARED_BYTES_MAX) {
    throw new Misconfigured(`redact: "${name}" must have a letter or digit, and at most ` +
      `${DECLARED_BYTES_MAX} bytes`);
  }
  return plain;
}

function isHidden(secrecy: Secrecy, value: unknown): boolean {
  if (secrecy === "open" || value === null) return false;
  if (secrecy === "declared") return true;
  return typeof value !== "boolean" && !(secrecy === "counted" && typeof value === "number");
}

function isCard(value: number): boolean {
  return value >= 1e12 && value <= 1e16 && Number.isInteger(value) && isCardNumber(String(value));
}

// The name under which `value` is kept where it has a place: {"name": …, "value": …}.
function nameOfValue(names: readonly string[],
                     members: Record<string, unknown>): string | undefined {
  if (!names.includes("value")) return undefined;
  const texts = names.filter((name) => name === "name" || name === "key")
    .map((name) => members[name]).filter((text): text is string => typeof text === "string");
  return texts[texts.length - 1];
}
