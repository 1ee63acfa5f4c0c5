// Secrets that give themselves away by how they look.

// What a character may be part of, as bits.
export const ALNUM = 1;  // A-Z a-z 0-9
export const TOKEN = 2;  // Those, _ and -
export const NAME = 4;  // Those and .
export const STOP = 8;  // Ends a value that stands without quotes.
export const BLANK = 16;  // Space and tab.
export const QUOTE = 32;  // " ' `
export const URL_STOP = 64;  // Ends a URL, wherever it stands.
export const START = 128;  // A secret may begin here, or what leads to one.
export const DIGIT = 256;
const CAPITAL = 512;

const CLASSES = (() => {
  const classes = new Uint16Array(128);
  const add = (characters: string, which: number) => {
    for (const c of characters) classes[c.charCodeAt(0)]! |= which;
  };
  for (let code = 0; code <= 0x20; ++code) classes[code]! |= STOP | URL_STOP;
  const capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  add("\x7f", STOP | URL_STOP);
  add(" \t", BLANK);
  add(capitals, ALNUM | TOKEN | NAME | CAPITAL);
  add(capitals.toLowerCase(), ALNUM | TOKEN | NAME);
  add("0123456789", ALNUM | TOKEN | NAME | START | DIGIT);
  add("_-", TOKEN | NAME);
  add(".", NAME);
  add("\"'`", QUOTE | STOP | URL_STOP);
  add("<>", STOP | URL_STOP);
  add(",;&)]}", STOP);
  add("-:=abdeghnprswxyABGS", START);  // How keys, web tokens and "Bearer" begin.
  return classes;
})();

// A text, of which what is before `begin`, or at or beyond `size`, is not there.
export class Text {
  begin = 0;
  size: number;

  constructor(readonly text: string) {
    this.size = text.length;
  }

  at(place: number): string {
    return place >= this.begin && place < this.size ? this.text[place]! : "\0";
  }

  is(place: number, wanted: number): boolean {
    return place >= this.begin && place < this.size &&
      ((CLASSES[this.text.charCodeAt(place)] ?? 0) & wanted) !== 0;
  }

  has(place: number, expected: string): boolean {
    return place + expected.length <= this.size && this.text.startsWith(expected, place);
  }

  startsWord(place: number): boolean {
    return !this.is(place - 1, ALNUM);
  }

  // Where the characters of that class end that begin at `place`.
  skip(place: number, wanted: number): number {
    while (this.is(place, wanted)) ++place;
    return place;
  }
}

// Remembers where the last run of token characters ended, which all positions in it share.
class TokenRuns {
  #begin = 0;
  #end = 0;

  end(text: Text, place: number): number {
    if (place < this.#begin || place >= this.#end) {
      this.#begin = place;
      this.#end = text.skip(place, TOKEN);
    }
    return Math.max(place, this.#end);
  }
}

type Needs = "" | "digit" | "no phrase";

// `?` is any small letter; then how many token characters at least, and what one of the first 64
// must have.
const PREFIXES: readonly (readonly [string, number, Needs])[] = [
  ["ask_", 20, "digit"], ["gh?_", 20, ""], ["github_pat_", 20, ""], ["glpat-", 16, ""],
  ["xox?-", 10, "digit"], ["xapp-", 10, "digit"], ["sk-", 16, "no phrase"], ["sk_live_", 10, ""],
  ["sk_test_", 10, ""], ["rk_live_", 10, ""], ["rk_test_", 10, ""], ["whsec_", 16, ""],
  ["AIza", 30, ""], ["ya29.", 20, ""], ["GOCSPX-", 16, ""], ["npm_", 30, "digit"],
  ["pypi-", 40, "digit"], ["hf_", 30, ""], ["dop_v1_", 40, "digit"], ["shpat_", 20, "digit"],
];

function hasPrefix(text: Text, begin: number, prefix: string): boolean {
  for (let i = 0; i < prefix.length; ++i) {
    const c = text.at(begin + i);
    if (prefix[i] === "?" ? c < "a" || c > "z" : c !== prefix[i]) return false;
  }
  return true;
}

function hasNeeded(rest: string, needs: Needs): boolean {
  if (needs === "digit") return /[0-9]/.test(rest);
  return needs === "" || /[0-9A-Z]/.test(rest) || !/[-_]/.test(rest);
}

// How long the numbers are that begin with these two digits.
const CARD_RANGES: readonly (readonly [number, number, readonly number[]])[] = [
  [22, 27, [16]], [51, 55, [16]], [34, 34, [15]], [37, 37, [15]],
  [30, 30, [14, 15, 16, 17, 18, 19]], [36, 36, [14, 15, 16, 17, 18, 19]],
  [38, 39, [14, 15, 16, 17, 18, 19]], [35, 35, [16, 17, 18, 19]], [50, 50, [16, 17, 18, 19]],
  [56, 69, [16, 17, 18, 19]], [40, 49, [13, 16, 19]],
];
const CARD_DIGITS_MAX = 19;

// 13 to 19 digits of a range that is given out, with the right check digit.
export function isCardNumber(digits: string): boolean {
  const lead = Number(digits.slice(0, 2));
  const isGivenOut = CARD_RANGES.some(([first, last, lengths]) =>
    lead >= first && lead <= last && lengths.includes(digits.length));
  if (!isGivenOut) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; ++i) {
    const value = Number(digits[digits.length - 1 - i]);
    sum += i % 2 === 0 ? value : value < 5 ? 2 * value : 2 * value - 9;
  }
  return sum % 10 === 0;
}

// Not in the middle of a number with a fraction, nor of a word.
function mayEndCard(text: Text, place: number): boolean {
  return !text.is(place, ALNUM) && !(text.at(place) === "." && text.is(place + 1, DIGIT));
}

// Where the card number ends that begins with the digit at `begin`.
export function cardEnd(text: Text, begin: number): number | undefined {
  if (text.at(begin - 1) === "." && text.is(begin - 2, DIGIT)) return undefined;
  let digits = "", separator = "", found: number | undefined, isGrouped = false;
  for (let group = begin; ;) {
    const end = text.skip(group, DIGIT);
    if (digits.length + end - group > CARD_DIGITS_MAX) return found;
    if (group !== begin && (end - group < 3 || end - group > 6)) return found;
    if (group === begin) isGrouped = end - group === 4;
    digits += text.text.slice(group, end);
    if (mayEndCard(text, end) && isCardNumber(digits)) found = end;
    const following = text.at(end);
    if (!isGrouped || (following !== " " && following !== "-")) return found;
    if (following !== (separator || following) || !text.is(end + 1, DIGIT)) return found;
    separator = following;
    group = end + 1;
  }
}

// Where the label of an armoured key ends, with its dashes, if it says PRIVATE KEY.
function armourEnd(text: Text, begin: number): number | undefined {
  let end = begin;
  while (end < begin + 64 && (text.is(end, CAPITAL | DIGIT) || text.at(end) === " ")) ++end;
  const label = text.text.slice(begin, end);
  if (!label.endsWith("PRIVATE KEY") && !label.endsWith("PRIVATE KEY BLOCK")) return undefined;
  return text.has(end, "-----") ? end + 5 : undefined;
}

export function privateKeyEnd(text: Text, begin: number): number | undefined {
  if (!text.has(begin, "-----BEGIN ")) return undefined;
  const head = armourEnd(text, begin + 11);
  if (head === undefined) return undefined;
  for (let foot = head; ; ++foot) {
    foot = text.text.indexOf("-----END ", foot);
    if (foot < 0 || !text.has(foot, "-----END ")) return text.size;
    const end = armourEnd(text, foot + 9);
    if (end !== undefined) return end;
  }
}

// Access keys and web tokens, where they start a word.
export class Shapes {
  readonly #first = new TokenRuns();
  readonly #next = new TokenRuns();

  keyEnd(text: Text, begin: number): number | undefined {
    if (text.has(begin, "AKIA") || text.has(begin, "ASIA")) {
      let end = begin + 4;
      while (end < begin + 20 && text.is(end, CAPITAL | DIGIT)) ++end;
      if (end === begin + 20 && !text.is(end, ALNUM)) return end;
    }
    return this.#prefixedEnd(text, begin) ?? this.#dottedEnd(text, begin);
  }

  #prefixedEnd(text: Text, begin: number): number | undefined {
    for (const [prefix, least, needs] of PREFIXES) {
      if (!hasPrefix(text, begin, prefix)) continue;
      const start = begin + prefix.length;
      const end = this.#first.end(text, start);
      if (end - start < least) continue;
      if (hasNeeded(text.text.slice(start, Math.min(end, start + 64)), needs)) return end;
    }
    return undefined;
  }

  #dottedEnd(text: Text, begin: number): number | undefined {
    const isWebToken = text.has(begin, "eyJ");
    if (!isWebToken && !text.has(begin, "SG.")) return undefined;
    const least = isWebToken ? 8 : 16;
    const start = isWebToken ? begin : begin + 3;
    const first = this.#first.end(text, start);
    if (first - start < least || text.at(first) !== ".") return undefined;
    let end = this.#next.end(text, first + 1);
    if (end - (first + 1) < least) return undefined;
    while (text.at(end) === "." && text.is(end + 1, TOKEN)) end = text.skip(end + 1, TOKEN);
    return end;
  }
}
