"""Finds the secrets inside a text, in one walk from left to right."""

from __future__ import annotations

import re
from typing import Callable, List, Optional

from .redact_names import DECLARED, SECRET, is_phrase, is_short, plain_name
from .redact_shapes import ALNUM, DIGITS, Shapes, Span, Text, card_end, private_key_end

_MARKER = "***REDACTED***"
_BLANKS = re.compile(r"[ \t]*")
_OPENING = re.compile(r"[ \t\[({]*")
_NAME_RUN = re.compile(r"[A-Za-z0-9_.-]*")
_NAME_CHARS = ALNUM | frozenset("_-.")
_QUOTES = frozenset("\"'`")
_AUTHORITY = re.compile("[^/?#\\\\\x00-\x20\x7f\"'`<>]*")
_NOT_URL_STOP = re.compile("[^@\x00-\x20\x7f\"'`<>]*")
_PORT = re.compile(r"[0-9]{0,5}")
# Of a value without quotes: what neither ends it nor may begin a key or a card number.
_PLAIN_VALUE = re.compile("[^\x00-\x20\x7f\"'`<>,;&)\\]}\\\\0-9-]*")
_STOPS = frozenset("\x7f\"'`<>,;&)]}") | frozenset(map(chr, range(0x21)))
# A secret may begin here, or what leads to one.
_START = re.compile("[-:=0-9abdeghnprswxyABGS]")
_SCHEMES = frozenset("apikey basic bearer digest negotiate token".split())
# What follows a secret's name in a message without being one: "Invalid token: expected …".
_NO_VALUES = frozenset(
    "a absent already an and are at auth authentication authorization by cannot could credential "
    "credentials denied empty error expected expired false field for from has header in incorrect "
    "invalid is malformed may mismatch missing must nil no none not null of on optional or realm "
    "rejected required revoked scheme should string the to token tokens too true type undefined "
    "unexpected unknown unset value was with wrong".split())

# How a value was announced.
_NAME, _PHRASE, _BEARER = range(3)


def redacted_text(text: str, secrecy_of: Callable[[str], int]) -> str:
    """The text with the marker in place of every secret."""
    return _Scan(text, secrecy_of).run() if _START.search(text) else text


def _is_one_of(word: str, words: "frozenset[str]") -> bool:
    # Not of non-ASCII text, whose lower case may be ASCII.
    return len(word) <= 14 and word.isascii() and word.lower() in words


class _Scan:
    def __init__(self, text: str, secrecy_of: Callable[[str], int]) -> None:
        self._text = Text(text)
        self._secrecy_of = secrecy_of
        self._shapes = Shapes()
        self._out: List[str] = []
        self._done = 0  # Up to here, `_out` has it.
        self._password: Optional[Span] = None  # Of the URL whose user is being looked at.
        self._no_at_sign_until = 0

    def run(self) -> str:
        whole = self._text.text
        at = 0
        while at < len(whole):
            if self._password is not None and at == self._password[0] - 1:
                self._text.size = len(whole)  # At the colon, past the user.
                at = self._replace(self._password)
                self._password = None
                continue
            found = _START.search(whole, at, self._text.size)
            if found is None:
                if self._password is None:
                    break
                at = self._password[0] - 1
                continue
            secret = self._secret_at(found.start())
            at = found.start() + 1 if secret is None else self._replace(secret)
        self._out.append(whole[self._done:])
        return "".join(self._out)

    def _replace(self, secret: Span) -> int:
        self._out += (self._text.text[self._done:secret[0]], _MARKER)
        self._done = secret[1]
        return self._done

    def _secret_at(self, at: int) -> Optional[Span]:
        text = self._text
        c = text.at(at)
        if c == "-":
            return _span(at, private_key_end(text, at)) or self._after_flag(at)
        if c == ":" and text.has(at, "://"):
            self._password = self._url_password(at)
            if self._password is not None:
                text.size = self._password[0] - 1
            return None
        if c in ":=":
            return self._after_separator(at)
        if not text.starts_word(at):
            return None
        if c in DIGITS:
            return _span(at, card_end(text, at))
        if c in "bB":
            return self._after_bearer(at)
        return _span(at, self._shapes.key_end(text, at))

    def _url_password(self, colon: int) -> Optional[Span]:
        """Of `scheme://user:password@host`, where the password may have a slash in it."""
        text = self._text
        if colon == 0 or text.at(colon - 1) not in ALNUM:
            return None
        authority = colon + 3
        end = text.run_end(_AUTHORITY, authority)
        split = text.text.find(":", authority, end)
        if split < 0 or text.at(authority) == "[":
            return None
        at_sign = text.text.rfind("@", authority, end)
        if at_sign < 0:
            if text.run_end(_PORT, split + 1) >= end or end < self._no_at_sign_until:
                return None
            at_sign = text.run_end(_NOT_URL_STOP, end)
            if text.at(at_sign) != "@":
                self._no_at_sign_until = at_sign
                return None
        return (split + 1, at_sign) if at_sign >= split + 2 else None

    def _after_flag(self, at: int) -> Optional[Span]:
        """`--password hunter2`"""
        text = self._text
        if text.at(at + 1) != "-" or (at > 0 and text.at(at - 1) in _NAME_CHARS):
            return None
        end = text.run_end(_NAME_RUN, at)
        begin = text.run_end(_BLANKS, end)
        if begin == end or text.at(begin) == "-" or not self._is_secret_name(text.text[at:end]):
            return None
        return self._value(begin, _NAME, "")

    def _after_separator(self, separator: int) -> Optional[Span]:
        """`password=hunter2`, `"token": "abc"`, `secret => abc`, `Authorization: Basic abc`"""
        text, done = self._text, self._done
        c, following = text.at(separator), text.at(separator + 1)
        before = text.at(separator - 1) if separator > done else ""
        if following in (c, "~") or before in (c, ":") or (c == "=" and before in ("!", "<", ">")):
            return None
        is_long = c + following in (":=", "=>")
        end = separator
        while end > done and text.at(end - 1) in " \t":
            end -= 1
        is_attached = end == separator
        if end > done and text.at(end - 1) == "]":
            end -= 1
        is_quoted = end > done and text.at(end - 1) in _QUOTES
        if is_quoted:
            end -= 1
            while end > done and text.at(end - 1) == "\\":
                end -= 1
        begin = self._name_begin(end)
        if begin == end:
            return None
        around = text.at(begin - 1) if begin > done else ""
        name = text.text[begin:end]
        plain = plain_name(name)
        if is_short(plain) and is_attached and c == "=" and around in ("?", "&"):
            return self._value(separator + 1, _NAME, "")
        if not self._is_secret_name(name):
            if around != " ":
                return None
            name = text.text[self._name_begin(begin - 1):end]  # Of two words: `API key: abc`.
            if not self._is_secret_name(name):
                return None
            plain = plain_name(name)
        quote_around = around if not is_quoted and around in _QUOTES else ""
        return self._value(separator + (2 if is_long else 1),
                           _PHRASE if is_phrase(plain) else _NAME, quote_around)

    def _name_begin(self, end: int) -> int:
        begin = end
        while begin > self._done and self._text.at(begin - 1) in _NAME_CHARS:
            begin -= 1
        return begin

    def _after_bearer(self, at: int) -> Optional[Span]:
        text = self._text
        end = at + 6
        if text.text[at:min(end, text.size)].lower() != "bearer" or text.at(end) not in " \t":
            return None
        return self._value(end, _BEARER, "")

    def _value(self, at: int, by: int, quote_around: str) -> Optional[Span]:
        text = self._text
        at = text.run_end(_OPENING, at)
        quote = at  # Past the letters of b'…' and r"…", and past what escapes it.
        while quote < at + 2 and text.at(quote) in "bfruBFRU":
            quote += 1
        while text.at(quote) == "\\":
            quote += 1
        if text.at(quote) in _QUOTES:
            return self._quoted(quote)
        end = self._value_end(at)
        word = text.text[at:end]
        if not word:
            return None
        if by != _BEARER and text.at(end) in " \t" and _is_one_of(word, _SCHEMES):
            credentials = text.run_end(_BLANKS, end)
            last = (self._line_end(credentials, quote_around) if by == _PHRASE
                    else self._value_end(credentials))
            if last > credentials:
                return at, last
        if self._is_no_value(word):
            return None
        return at, self._line_end(at, quote_around) if by == _PHRASE else end

    def _quoted(self, quote: int) -> Optional[Span]:
        """What is between this quote and its like, escaped or not as this one is."""
        text = self._text
        begin, size = quote + 1, text.size
        if quote > 0 and text.at(quote - 1) == "\\":
            end = text.text.find(text.at(quote), begin, size)
            if end < 0:
                end = size
            else:
                while end > begin and text.at(end - 1) == "\\":
                    end -= 1
        else:
            end = begin
            while end < size and text.at(end) != text.at(quote):
                end += 2 if text.at(end) == "\\" else 1
            end = min(end, size)
        return (begin, end) if end > begin else None

    def _value_end(self, at: int) -> int:
        """A value without quotes ends where a text usually goes on."""
        text = self._text
        while True:
            at = text.run_end(_PLAIN_VALUE, at)
            if at >= text.size or text.at(at) in _STOPS:
                return at
            end = None
            c = text.at(at)
            if c == "\\" and text.at(at + 1) in _QUOTES:
                return at
            if c == "-":
                end = private_key_end(text, at)
            elif c in DIGITS and text.starts_word(at):
                end = card_end(text, at)
            at = at + 1 if end is None else end

    def _line_end(self, at: int, quote_around: str) -> int:
        text = self._text
        stop = re.compile(f"[^\n\r{quote_around}-]*")
        while True:
            at = text.run_end(stop, at)
            if text.at(at) != "-" or at >= text.size:
                return at
            at = private_key_end(text, at) or at + 1

    def _is_no_value(self, word: str) -> bool:
        """A word of a message, or the name of what comes next."""
        if _is_one_of(word.rstrip(".:!?="), _NO_VALUES):
            return True
        name = word.rstrip(":=")
        return len(name) != len(word) and self._is_secret_name(name)

    def _is_secret_name(self, name: str) -> bool:
        return not is_short(plain_name(name)) and self._secrecy_of(name) in (SECRET, DECLARED)


def _span(begin: int, end: Optional[int]) -> Optional[Span]:
    return None if end is None else (begin, end)
