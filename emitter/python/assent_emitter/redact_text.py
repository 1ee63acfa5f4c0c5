"""Finds the secrets inside a text, in one walk from left to right."""

from __future__ import annotations

import re
from typing import Callable, List, Optional, Tuple

from .redact_names import DECLARED, SECRET, is_phrase, is_short, plain_name
from .redact_shapes import ALNUM, DIGITS, Shapes, Span, Text, card_end, private_key_end

_MARKER = "***REDACTED***"
_BLANKS = re.compile(r"[ \t]*")
_OPENING = re.compile(r"[ \t\[({]*")
_NAME_RUN = re.compile(r"[A-Za-z0-9_.-]*")
_NAME_CHARS = ALNUM | frozenset("_-.")
_QUOTES = frozenset("\"'`")
# Runs up to what ends them, or to what may begin a private key or a card number.
_AUTHORITY = re.compile("[^/?#\\\\\x00-\x20\x7f\"'`<>0-9-]*")
_URL = re.compile("[^@\x00-\x20\x7f\"'`<>0-9-]*")
_VALUE = re.compile("[^\x00-\x20\x7f\"'`<>,;&)\\]}\\\\0-9-]*")
_PIECES = DIGITS | {"-"}
_PORT = re.compile(r"[0-9]{0,5}")
# A secret may begin here, or what leads to one.
_START = re.compile("[-:=0-9abdeghnprswxyABGS]")
# To the end of the line, or to the quote around it.
_LINES = {quote: re.compile(f"[^\n\r{quote}0-9-]*") for quote in ("", *_QUOTES)}
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
        self._flag_end: Optional[int] = None  # Of a flag's name, whose value is secret.
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
            start = self._text.size if found is None else found.start()
            if self._flag_end is not None and at <= self._flag_end <= start:
                start = self._flag_end
            if start < self._text.size:
                secret = self._secret_at(start)
                at = start + 1 if secret is None else self._replace(secret)
            else:
                at = start
        self._out.append(whole[self._done:])
        return "".join(self._out)

    def _replace(self, secret: Span) -> int:
        self._out += (self._text.text[self._done:secret[0]], _MARKER)
        self._done = self._text.begin = secret[1]
        self._flag_end = None
        return self._done

    def _secret_at(self, at: int) -> Optional[Span]:
        text = self._text
        c = text.at(at)
        if c == "-":
            self._note_flag(at)
            return _span(at, private_key_end(text, at))
        if at == self._flag_end:
            begin = text.run_end(_BLANKS, at)
            return None if text.at(begin) == "-" else self._value(begin, _NAME, "")
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
        authority = colon + 3
        split, at_sign, end = self._authority(authority, -1)
        if split < 0 or text.at(authority) == "[":
            return None
        if at_sign < 0:
            is_port = end - split <= 6 and text.run_end(_PORT, split + 1) >= end
            if is_port or end < self._no_at_sign_until:
                return None
            end = self._run_end(_URL, end)
            if text.at(end) == "@":
                at_sign = self._authority(end, split)[1]
            if at_sign < 0:
                self._no_at_sign_until = end
        return (split + 1, at_sign) if at_sign >= split + 2 else None

    def _authority(self, at: int, split: int) -> Tuple[int, int, int]:
        """The first colon (unless there is one), the last at sign, and the end."""
        text, at_sign = self._text, -1
        while True:
            end = text.run_end(_AUTHORITY, at)
            if split < 0:
                split = text.text.find(":", at, end)
            at_sign = max(at_sign, text.text.rfind("@", at, end))
            if text.at(end) not in _PIECES:
                return split, at_sign, end
            at = self._next(end)

    def _run_end(self, run: "re.Pattern[str]", at: int) -> int:
        """Where such characters end, past private keys and card numbers among them."""
        while True:
            at = self._text.run_end(run, at)
            if self._text.at(at) not in _PIECES:
                return at
            at = self._next(at)

    def _next(self, at: int) -> int:
        """The next position, past what begins here and is one piece for all its spaces."""
        text, end = self._text, None
        if text.at(at) == "-":
            end = private_key_end(text, at)
        elif text.starts_word(at):
            end = card_end(text, at)
        return at + 1 if end is None else end

    def _note_flag(self, at: int) -> None:
        """`--password hunter2`: where the name ends, unless a secret is met before."""
        text = self._text
        if text.at(at + 1) != "-" or text.at(at - 1) in _NAME_CHARS:
            return
        end = text.run_end(_NAME_RUN, at)
        if text.at(end) in " \t" and self._is_secret_name(text.text[at:end]):
            self._flag_end = end

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
        if self._is_no_value(at, end):
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
            at = self._run_end(_VALUE, at)
            if text.at(at) != "\\" or text.at(at + 1) in _QUOTES:
                return at
            at += 1

    def _line_end(self, at: int, quote_around: str) -> int:
        return self._run_end(_LINES[quote_around], at)

    def _is_no_value(self, begin: int, end: int) -> bool:
        """A word of a message, or the name of what comes next; also if that has gone already."""
        text = self._text
        word = text.text[begin:end].removesuffix(_MARKER)
        if _is_one_of(word.rstrip(".:!?="), _NO_VALUES):
            return True
        name = word.rstrip(":=")
        if len(name) == len(word) or text.run_end(_NAME_RUN, begin) != begin + len(name):
            return False
        return self._is_secret_name(name) and not any(
            text.starts_word(at) and self._shapes.key_end(text, at) for at in range(begin, end))

    def _is_secret_name(self, name: str) -> bool:
        return not is_short(plain_name(name)) and self._secrecy_of(name) in (SECRET, DECLARED)


def _span(begin: int, end: Optional[int]) -> Optional[Span]:
    return None if end is None else (begin, end)
