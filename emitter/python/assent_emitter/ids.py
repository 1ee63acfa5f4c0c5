"""Event ids, times and traces as text."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import NamedTuple, Optional

_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"
_DIGITS = frozenset(_BASE32)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?Z", re.ASCII)
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}", re.ASCII)
_EVENT_ID = re.compile(r"evt_[0-7][0-9a-hjkmnp-tv-z]{25}", re.ASCII)
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
                    re.ASCII | re.IGNORECASE)
_TRACE_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_SPAN_ID = re.compile(r"[0-9a-f]{16}", re.ASCII)


class Trace(NamedTuple):
    """A position in a distributed trace: 32 and 16 lower-case hexadecimal digits."""

    trace_id: str
    span_id: str

    @property
    def is_valid(self) -> bool:
        """All zeros mean "no trace", as OpenTelemetry has it."""
        return is_trace_id(self.trace_id) and is_span_id(self.span_id)

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-01"


def is_trace_id(text: str) -> bool:
    return bool(_TRACE_ID.fullmatch(text)) and set(text) != {"0"}


def is_span_id(text: str) -> bool:
    return bool(_SPAN_ID.fullmatch(text)) and set(text) != {"0"}


def trace_from(traceparent: str) -> Optional[Trace]:
    """What a W3C `traceparent` names, or nothing if it is none."""
    found = _TRACEPARENT.fullmatch(traceparent)
    trace = Trace(found[1], found[2]) if found else None
    return trace if trace and trace.is_valid else None


def event_id(micros: int, random: bytes) -> str:
    """`evt_` and a UUIDv7 of that time and ten random bytes, in the notation of TypeID."""
    tail = bytearray(random)
    tail[0] = 0x70 | (tail[0] & 0x0F)
    tail[2] = 0x80 | (tail[2] & 0x3F)
    number = int.from_bytes((micros // 1000).to_bytes(6, "big") + bytes(tail), "big")
    return "evt_" + "".join(_BASE32[(number >> shift) & 31] for shift in range(125, -1, -5))


def producer_id(name: str, random: bytes) -> str:
    """The name that the program chose and forty random bits, so that no other spool has it."""
    number = int.from_bytes(random, "big")
    return f"{name}." + "".join(_BASE32[(number >> shift) & 31] for shift in range(35, -1, -5))


def is_producer_of(name: str, id: str) -> bool:
    """Older spools have the name alone."""
    tail = id[len(name) + 1:]
    return id == name or (id.startswith(f"{name}.") and len(tail) == 8 and set(tail) <= _DIGITS)


def is_event_id(text: str) -> bool:
    return bool(_EVENT_ID.fullmatch(text) or _UUID7.fullmatch(text))


def time_text(micros: int) -> str:
    at = _EPOCH + timedelta(microseconds=micros)
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def time_from(text: str) -> Optional[str]:
    """A time of UTC as RFC 3339 has it, with all six digits; nothing if `text` is none."""
    found = _TIME.fullmatch(text)
    if not found:
        return None
    try:
        year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
        datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    return f"{text[:19]}.{(found[7] or '').ljust(6, '0')}Z"
