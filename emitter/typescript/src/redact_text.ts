// Finds the secrets inside a text, in one walk from left to right.

import { isPhrase, isShort, plainName } from "./redact_names.js";
import type { Secrecy } from "./redact_names.js";
import {
  BLANK, DIGIT, NAME, QUOTE, START, STOP, Shapes, Text, URL_STOP, cardEnd, privateKeyEnd,
} from "./redact_shapes.js";

export const MARKER = "***REDACTED***";

type Span = readonly [begin: number, end: number];
type SecrecyOf = (name: string) => Secrecy;

const SCHEMES = new Set("apikey basic bearer digest negotiate token".split(" "));
// What follows a secret's name in a message without being one: "Invalid token: expected …".
const NO_VALUES = new Set((
  "a absent already an and are at auth authentication authorization by cannot could credential " +
  "credentials denied empty error expected expired false field for from has header in incorrect " +
  "invalid is malformed may mismatch missing must nil no none not null of on optional or realm " +
  "rejected required revoked scheme should string the to token tokens too true type undefined " +
  "unexpected unknown unset value was with wrong").split(" "));
const NO_VALUE_MAX = 14;

// How a value was announced.
type By = "name" | "phrase" | "bearer";

// The text with the marker in place of every secret.
export function redactedText(text: string, secrecyOf: SecrecyOf): string {
  return new Scan(text, secrecyOf).run();
}

function isOneOf(word: string, words: ReadonlySet<string>): boolean {
  // Not of other letters, whose lower case may be one of ASCII.
  return word.length <= NO_VALUE_MAX && /^[A-Za-z]*$/.test(word) && words.has(word.toLowerCase());
}

function withoutEnding(word: string, characters: string): string {
  let end = word.length;
  while (end > 0 && characters.includes(word[end - 1]!)) --end;
  return word.slice(0, end);
}

const span = (begin: number, end: number | undefined): Span | undefined =>
  end === undefined ? undefined : [begin, end];

class Scan {
  readonly #text: Text;
  readonly #secrecyOf: SecrecyOf;
  readonly #shapes = new Shapes();
  #out = "";
  #done = 0;  // Up to here, `#out` has it.
  #password: Span | undefined;  // Of the URL whose user is being looked at.
  #flagEnd: number | undefined;  // Of a flag's name, whose value is secret.
  #noAtSignUntil = 0;

  constructor(text: string, secrecyOf: SecrecyOf) {
    this.#text = new Text(text);
    this.#secrecyOf = secrecyOf;
  }

  run(): string {
    const text = this.#text;
    const whole = text.text;
    for (let at = 0; at < whole.length;) {
      if (this.#password && at === this.#password[0] - 1) {  // At the colon, past the user.
        text.size = whole.length;
        at = this.#replace(this.#password);
        this.#password = undefined;
        continue;
      }
      const mayStart = text.is(at, START) || at === this.#flagEnd;
      const secret = mayStart ? this.#secretAt(at) : undefined;
      at = secret ? this.#replace(secret) : at + 1;
    }
    return this.#done === 0 ? whole : this.#out + whole.slice(this.#done);
  }

  #replace([begin, end]: Span): number {
    this.#out += this.#text.text.slice(this.#done, begin) + MARKER;
    this.#done = this.#text.begin = end;
    this.#flagEnd = undefined;
    return end;
  }

  #secretAt(at: number): Span | undefined {
    const text = this.#text;
    const c = text.at(at);
    if (c === "-") {
      this.#noteFlag(at);
      return span(at, privateKeyEnd(text, at));
    }
    if (at === this.#flagEnd) return this.#afterFlag(at);
    if (c === ":" && text.has(at, "://")) {
      this.#password = this.#urlPassword(at);
      if (this.#password) text.size = this.#password[0] - 1;
      return undefined;
    }
    if (c === ":" || c === "=") return this.#afterSeparator(at);
    if (!text.startsWord(at)) return undefined;
    if (text.is(at, DIGIT)) return span(at, cardEnd(text, at));
    if (c === "b" || c === "B") return this.#afterBearer(at);
    return span(at, this.#shapes.keyEnd(text, at));
  }

  // Of `scheme://user:password@host`, where the password may have a slash in it.
  #urlPassword(colon: number): Span | undefined {
    const text = this.#text;
    const authority = colon + 3;
    let split = -1, atSign = -1;
    const readAuthority = (at: number) => {
      for (; at < text.size && !text.is(at, URL_STOP); at = this.#next(at)) {
        const c = text.at(at);
        if (c === "/" || c === "?" || c === "#" || c === "\\") break;
        if (c === ":" && split < 0) split = at;
        if (c === "@") atSign = at;
      }
      return at;
    };
    let end = readAuthority(authority);
    if (split < 0 || text.at(authority) === "[") return undefined;
    if (atSign < 0) {
      const isPort = end - split <= 6 && text.skip(split + 1, DIGIT) >= end;
      if (isPort || end < this.#noAtSignUntil) return undefined;
      while (end < text.size && !text.is(end, URL_STOP) && text.at(end) !== "@") {
        end = this.#next(end);
      }
      if (text.at(end) === "@") readAuthority(end);
      if (atSign < 0) this.#noAtSignUntil = end;
    }
    return atSign >= split + 2 ? [split + 1, atSign] : undefined;
  }

  // `--password hunter2`: where the name ends, a value follows, unless a secret is met before.
  #noteFlag(at: number): void {
    const text = this.#text;
    if (text.at(at + 1) !== "-" || text.is(at - 1, NAME)) return;
    const end = text.skip(at, NAME);
    if (text.is(end, BLANK) && this.#isSecretName(text.text.slice(at, end))) this.#flagEnd = end;
  }

  #afterFlag(at: number): Span | undefined {
    const begin = this.#text.skip(at, BLANK);
    return this.#text.at(begin) === "-" ? undefined : this.#value(begin, "name", "");
  }

  // `password=hunter2`, `"token": "abc"`, `secret => abc`, `Authorization: Basic abc`
  #afterSeparator(separator: number): Span | undefined {
    const text = this.#text, done = this.#done;
    const c = text.at(separator), following = text.at(separator + 1);
    const before = separator > done ? text.at(separator - 1) : "";
    if (following === c || following === "~" || before === c || before === ":") return undefined;
    if (c === "=" && (before === "!" || before === "<" || before === ">")) return undefined;
    const isLong = c + following === ":=" || c + following === "=>";

    let end = separator;
    while (end > done && text.is(end - 1, BLANK)) --end;
    const isAttached = end === separator;
    if (end > done && text.at(end - 1) === "]") --end;
    const isQuoted = end > done && text.is(end - 1, QUOTE);
    if (isQuoted) --end;
    while (isQuoted && end > done && text.at(end - 1) === "\\") --end;
    const begin = this.#nameBegin(end);
    if (begin === end) return undefined;

    const around = begin > done ? text.at(begin - 1) : "";
    let name = text.text.slice(begin, end);
    const isQuery = isAttached && c === "=" && (around === "?" || around === "&");
    if (isQuery && isShort(plainName(name))) return this.#value(separator + 1, "name", "");
    if (!this.#isSecretName(name)) {
      if (around !== " ") return undefined;
      name = text.text.slice(this.#nameBegin(begin - 1), end);  // Of two words: `API key: abc`.
      if (!this.#isSecretName(name)) return undefined;
    }
    const isAround = !isQuoted && begin > done && text.is(begin - 1, QUOTE);
    const by = isPhrase(plainName(name)) ? "phrase" : "name";
    return this.#value(separator + (isLong ? 2 : 1), by, isAround ? around : "");
  }

  #nameBegin(end: number): number {
    let begin = end;
    while (begin > this.#done && this.#text.is(begin - 1, NAME)) --begin;
    return begin;
  }

  #afterBearer(at: number): Span | undefined {
    const text = this.#text;
    const end = at + 6;
    if (end > text.size || !/^bearer$/i.test(text.text.slice(at, end))) return undefined;
    return text.is(end, BLANK) ? this.#value(end, "bearer", "") : undefined;
  }

  #value(at: number, by: By, quoteAround: string): Span | undefined {
    const text = this.#text;
    while (text.is(at, BLANK) || "[({".includes(text.at(at))) ++at;
    let quote = at;  // Past the letters of b'…' and r"…", and past what escapes it.
    while (quote < at + 2 && "bfruBFRU".includes(text.at(quote))) ++quote;
    while (text.at(quote) === "\\") ++quote;
    if (text.is(quote, QUOTE)) return this.#quoted(quote);

    const end = this.#valueEnd(at);
    const word = text.text.slice(at, end);
    if (word === "") return undefined;
    if (by !== "bearer" && text.is(end, BLANK) && isOneOf(word, SCHEMES)) {
      const credentials = text.skip(end, BLANK);
      const last = by === "phrase" ? this.#lineEnd(credentials, quoteAround)
        : this.#valueEnd(credentials);
      if (last > credentials) return [at, last];
    }
    if (this.#isNoValue(at, end)) return undefined;
    return [at, by === "phrase" ? this.#lineEnd(at, quoteAround) : end];
  }

  // What is between this quote and its like, escaped or not as this one is.
  #quoted(quote: number): Span | undefined {
    const text = this.#text;
    const isEscaped = text.at(quote - 1) === "\\";
    const begin = quote + 1;
    let end = begin;
    for (; end < text.size && text.at(end) !== text.at(quote); ++end) {
      if (!isEscaped && text.at(end) === "\\") ++end;
    }
    end = Math.min(end, text.size);
    if (isEscaped && end < text.size) {
      while (end > begin && text.at(end - 1) === "\\") --end;
    }
    return end > begin ? [begin, end] : undefined;
  }

  // The next position, past a private key or a card number that begins here. They are one piece,
  // for all their spaces and line ends.
  #next(at: number): number {
    const text = this.#text;
    let end: number | undefined;
    if (text.at(at) === "-") end = privateKeyEnd(text, at);
    else if (text.is(at, DIGIT) && text.startsWord(at)) end = cardEnd(text, at);
    return end ?? at + 1;
  }

  // A value without quotes ends where a text usually goes on.
  #valueEnd(at: number): number {
    const text = this.#text;
    while (at < text.size && !text.is(at, STOP)) {
      if (text.at(at) === "\\" && text.is(at + 1, QUOTE)) return at;
      at = this.#next(at);
    }
    return at;
  }

  #lineEnd(at: number, quoteAround: string): number {
    const text = this.#text;
    while (at < text.size) {
      const c = text.at(at);
      if (c === "\n" || c === "\r" || c === quoteAround) return at;
      at = this.#next(at);
    }
    return at;
  }

  // A word of a message, or the name of what comes next; also if what came next has gone already.
  #isNoValue(begin: number, end: number): boolean {
    const text = this.#text;
    const whole = text.text.slice(begin, end);
    const word = whole.endsWith(MARKER) ? whole.slice(0, -MARKER.length) : whole;
    if (isOneOf(withoutEnding(word, ".:!?="), NO_VALUES)) return true;
    const name = withoutEnding(word, ":=");
    if (name.length === word.length || text.skip(begin, NAME) !== begin + name.length) return false;
    if (!this.#isSecretName(name)) return false;
    for (let at = begin; at < end; ++at) {
      if (text.startsWord(at) && this.#shapes.keyEnd(text, at) !== undefined) return false;
    }
    return true;
  }

  #isSecretName(name: string): boolean {
    if (isShort(plainName(name))) return false;
    const secrecy = this.#secrecyOf(name);
    return secrecy === "secret" || secrecy === "declared";
  }
}
