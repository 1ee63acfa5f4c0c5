"""Secrets that give themselves away by how they look.

The patterns here are single runs of characters, so that none of them can go back and forth.
"""

from __future__ import annotations

import re
from typing import Optional, Tuple

ALNUM = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
DIGITS = frozenset("0123456789")

_TOKEN_RUN = re.compile(r"[A-Za-z0-9_-]*")
_LABEL_RUN = re.compile(r"[A-Z0-9 ]{0,64}")
_DIGIT_RUN = re.compile(r"[0-9]*")
_ACCESS_KEY = re.compile(r"[A-Z0-9]{16}")
_HAS_DIGIT = re.compile(r"[0-9]")
_NO_PHRASE = re.compile(r"[0-9A-Z]")

# (before `?`, after it, how many token characters at least, what one of the first 64 must have);
# `?` is any small letter.
_PREFIXES = tuple((*text.partition("?"), least, needs) for text, least, needs in (
    ("ask_", 20, "digit"), ("gh?_", 20, ""), ("github_pat_", 20, ""), ("glpat-", 16, ""),
    ("xox?-", 10, "digit"), ("xapp-", 10, "digit"), ("sk-", 16, "no phrase"),
    ("sk_live_", 10, ""), ("sk_test_", 10, ""), ("rk_live_", 10, ""), ("rk_test_", 10, ""),
    ("whsec_", 16, ""), ("AIza", 30, ""), ("ya29.", 20, ""), ("GOCSPX-", 16, ""),
    ("npm_", 30, "digit"), ("pypi-", 40, "digit"), ("hf_", 30, ""), ("dop_v1_", 40, "digit"),
    ("shpat_", 20, "digit")))

_CARD_LENGTHS = {**{lead: (16,) for lead in (*range(22, 28), *range(51, 56))},
                 **{lead: (15,) for lead in (34, 37)},
                 **{lead: tuple(range(14, 20)) for lead in (30, 36, 38, 39)},
                 **{lead: tuple(range(16, 20)) for lead in (35, 50, *range(56, 70))},
                 **{lead: (13, 16, 19) for lead in range(40, 50)}}
_CARD_DIGITS_MAX = 19


class Text:
    """A text, of which what is before `begin`, or at or beyond `size`, is not there."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.begin = 0
        self.size = len(text)

    def at(self, place: int) -> str:
        return self.text[place] if self.begin <= place < self.size else "\0"

    def has(self, place: int, expected: str) -> bool:
        return self.text.startswith(expected, place, self.size)

    def starts_word(self, place: int) -> bool:
        return place == self.begin or self.text[place - 1] not in ALNUM

    def run_end(self, run: "re.Pattern[str]", place: int) -> int:
        found = run.match(self.text, place, self.size)
        return found.end() if found else place


class TokenRuns:
    """Remembers where the last run of token characters ended, which all positions in it share."""

    def __init__(self) -> None:
        self._begin = self._end = 0

    def end(self, text: Text, place: int) -> int:
        if not self._begin <= place < self._end:
            self._begin, self._end = place, text.run_end(_TOKEN_RUN, place)
        return max(place, self._end)


def is_card_number(digits: str) -> bool:
    """13 to 19 digits of a range that is given out, with the right check digit."""
    if len(digits) < 13 or len(digits) not in _CARD_LENGTHS.get(int(digits[:2]), ()):
        return False
    doubled = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    total = sum(map(int, digits[-1::-2])) + sum(doubled[int(d)] for d in digits[-2::-2])
    return total % 10 == 0


def _may_end_card(text: Text, place: int) -> bool:
    following = text.at(place)
    return following not in ALNUM and not (following == "." and text.at(place + 1) in DIGITS)


def card_end(text: Text, begin: int) -> Optional[int]:
    """Where the card number ends that begins with the digit at `begin`."""
    if text.at(begin - 1) == "." and text.at(begin - 2) in DIGITS:
        return None
    digits, separator, found, group = "", "", None, begin
    while True:
        end = text.run_end(_DIGIT_RUN, group)
        if len(digits) + end - group > _CARD_DIGITS_MAX or (
                group != begin and not 3 <= end - group <= 6):
            return found
        if group == begin:
            is_grouped = end - group == 4
        digits += text.text[group:end]
        if _may_end_card(text, end) and is_card_number(digits):
            found = end
        following = text.at(end)
        if not is_grouped or following not in (" ", "-") or following != (separator or following):
            return found
        if text.at(end + 1) not in DIGITS:
            return found
        separator, group = following, end + 1


def _armour_end(text: Text, begin: int) -> Optional[int]:
    """Where the label of an armoured key ends, with its dashes, if it says PRIVATE KEY."""
    end = text.run_end(_LABEL_RUN, begin)
    if not text.text[begin:end].endswith(("PRIVATE KEY", "PRIVATE KEY BLOCK")):
        return None
    return end + 5 if text.has(end, "-----") else None


def private_key_end(text: Text, begin: int) -> Optional[int]:
    if not text.has(begin, "-----BEGIN "):
        return None
    head = _armour_end(text, begin + 11)
    if head is None:
        return None
    foot = text.text.find("-----END ", head, text.size)
    while foot >= 0:
        end = _armour_end(text, foot + 9)
        if end is not None:
            return end
        foot = text.text.find("-----END ", foot + 1, text.size)
    return text.size


class Shapes:
    """Access keys and web tokens, where they start a word."""

    def __init__(self) -> None:
        self._first, self._next = TokenRuns(), TokenRuns()

    def key_end(self, text: Text, begin: int) -> Optional[int]:
        if text.has(begin, "AKIA") or text.has(begin, "ASIA"):
            end = begin + 20
            if text.run_end(_ACCESS_KEY, begin + 4) == end and text.at(end) not in ALNUM:
                return end
        return self._prefixed_end(text, begin) or self._dotted_end(text, begin)

    def _prefixed_end(self, text: Text, begin: int) -> Optional[int]:
        for before, wild, after, least, needs in _PREFIXES:
            if not text.has(begin, before):
                continue
            start = begin + len(before)
            if wild:
                if not "a" <= text.at(start) <= "z" or not text.has(start + 1, after):
                    continue
                start += 1 + len(after)
            end = self._first.end(text, start)
            if end - start >= least and _has(text.text[start:min(end, start + 64)], needs):
                return end
        return None

    def _dotted_end(self, text: Text, begin: int) -> Optional[int]:
        is_web_token = text.has(begin, "eyJ")
        if not is_web_token and not text.has(begin, "SG."):
            return None
        start, least = (begin, 8) if is_web_token else (begin + 3, 16)
        end = self._first.end(text, start)
        if end - start < least or text.at(end) != ".":
            return None
        start, end = end + 1, self._next.end(text, end + 1)
        if end - start < least:
            return None
        while text.at(end) == ".":
            following = text.run_end(_TOKEN_RUN, end + 1)
            if following == end + 1:
                break
            end = following
        return end


def _has(rest: str, needs: str) -> bool:
    if needs == "digit":
        return bool(_HAS_DIGIT.search(rest))
    if needs == "no phrase":
        return bool(_NO_PHRASE.search(rest)) or not ("-" in rest or "_" in rest)
    return True


Span = Tuple[int, int]
