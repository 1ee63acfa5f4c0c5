"""One file of a spool: records of a length, a CRC and a payload. See emitter/README.md."""

from __future__ import annotations

import json
import os
import re
import struct
import zlib
from typing import Iterator, List, NamedTuple, Optional, Tuple

from .event import EVENT_BYTES_MAX

HEADER = struct.Struct("<II")
# An event is far below it; a length beyond is no length.
PAYLOAD_BYTES_MAX = 2 * 1024 * 1024
NUMBER_MAX = 10**16 - 1
NAME = re.compile(r"\d{16}\.spool", re.ASCII)

# In damaged bytes: where an event begins, its number, and whose it is.
_BEGIN = re.compile(rb'\{"actor":\{"id":"')
_NUMBER = re.compile(rb'"producer":\{"id":"([A-Za-z0-9._-]+)","sequence":(\d{1,16})\}')
_TENANT = re.compile(rb'"tenantId":"([a-z0-9-]+)","type":"[a-z0-9_.]+"\}')


class Record(NamedTuple):
    """A payload's place: an event with its number, or a blob (sequence 0)."""

    segment: "Segment"
    offset: int
    size: int
    tenant: str
    sequence: int
    producer: str


class Entry(NamedTuple):
    """An event in the spool, and the blob that has to go before it."""

    event: Record
    blob: Optional[Record]

    @property
    def tenant(self) -> str:
        return self.event.tenant

    @property
    def sequence(self) -> int:
        return self.event.sequence


class Segment:
    """One file of records, of which the first `size` bytes are known to be good."""

    def __init__(self, directory: str, number: int) -> None:
        self.number = number
        self.path = os.path.join(directory, f"{number:016d}.spool")
        self.size = 0
        self.waiting = 0  # Events that are neither sent nor refused.
        self.is_open = False  # Whether more may be appended.
        self.is_damaged = False
        self._file: Optional[int] = None

    @property
    def file(self) -> int:
        if self._file is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self._file = os.open(self.path, flags, 0o600)
        return self._file

    def close(self) -> None:
        self.is_open = False
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def append(self, data: bytes) -> None:
        """All of `data`, or an OSError and none of it."""
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self.file, rest):]
        except OSError:
            self.is_open = False  # If this cannot be undone, nothing may come behind it.
            os.ftruncate(self.file, self.size)
            self.is_open = True
            raise
        self.size += len(data)

    def read(self, record: Record) -> Optional[bytes]:
        """The payload, or nothing if the file no longer holds it."""
        data = self._bytes(record.offset - HEADER.size, HEADER.size + record.size)
        payload = data[HEADER.size:]
        if len(payload) != record.size or HEADER.unpack_from(data) != header_of(payload):
            self.is_damaged = True
            return None
        return payload

    def _bytes(self, at: int, size: int) -> bytes:
        # What an earlier process left may be more files than one may have open.
        file = self._file
        try:
            file = os.open(self.path, os.O_RDONLY) if file is None else file
            return os.pread(file, size, at)
        except FileNotFoundError:
            return b""
        finally:
            if self._file is None and file is not None:
                os.close(file)

    def scan(self, data: bytes) -> Iterator[Record]:
        """The records of the file's whole content, up to the first that is none."""
        at = 0
        while len(data) - at >= HEADER.size:
            header = HEADER.unpack_from(data, at)
            start = at + HEADER.size
            # A hole in a file reads as an empty payload with a fitting CRC.
            if not 0 < header[0] <= PAYLOAD_BYTES_MAX or len(data) - start < header[0]:
                return
            payload = data[start:start + header[0]]
            named = _named(payload) if header_of(payload) == header else None
            if named is None:
                return
            yield Record(self, start, len(payload), named.tenant, named.sequence, named.producer)
            at = start + len(payload)


def header_of(payload: bytes) -> Tuple[int, int]:
    return len(payload), zlib.crc32(payload)


def framed(payload: bytes) -> bytes:
    return HEADER.pack(*header_of(payload)) + payload


def blob_payload(tenant: str, blob: bytes) -> bytes:
    return b"B" + tenant.encode() + b"\n" + blob


def blob_of(payload: bytes) -> bytes:
    return payload[payload.index(b"\n") + 1:]


def is_torn(rest: bytes) -> bool:
    """Whether `rest` is the beginning of a record, as a crash while writing leaves it."""
    if len(rest) < HEADER.size:
        return True
    size: int = HEADER.unpack_from(rest)[0]
    return 0 < size <= PAYLOAD_BYTES_MAX and len(rest) < HEADER.size + size


class Name(NamedTuple):
    """What an event is known by; of a blob only the tenant."""

    tenant: str
    sequence: int
    producer: str


class Rest(NamedTuple):
    """What can still be told of damaged bytes."""

    certain: List[Name]  # Of records that are whole.
    likely: List[Name]  # Of what looks like a number.
    ends_whole: bool  # Whether a record that is whole is the last thing there.

    @property
    def has_event(self) -> bool:
        return bool(self.certain or self.likely)


def read_rest(rest: bytes) -> Rest:
    certain: List[Name] = []
    end = 0
    for found in _BEGIN.finditer(rest):
        at = found.start()
        if at < end + HEADER.size:
            continue
        size, crc = HEADER.unpack_from(rest, at - HEADER.size)
        payload = rest[at:at + size] if size <= EVENT_BYTES_MAX else b""
        named = _named(payload) if header_of(payload) == (size, crc) else None
        if named is not None:
            certain.append(named)
            end = at + size
    return Rest(certain, _numbers_in(rest), end == len(rest))


def _numbers_in(rest: bytes) -> List[Name]:
    numbers = list(_NUMBER.finditer(rest))
    ends = [each.start() for each in numbers[1:]] + [len(rest)]
    tenants = [_TENANT.search(rest, each.end(), end) for each, end in zip(numbers, ends)]
    return [Name(tenant[1].decode(), int(each[2]), each[1].decode())
            for each, tenant in zip(numbers, tenants) if tenant is not None]


def _named(payload: bytes) -> Optional[Name]:
    if payload.startswith(b"B") and b"\n" in payload:
        return Name(payload[1:payload.index(b"\n")].decode("ascii", "replace"), 0, "")
    try:
        event = json.loads(payload)
        producer = event["producer"]
        named = Name(event["tenantId"], producer["sequence"], producer["id"])
    except (ValueError, KeyError, TypeError):
        return None
    is_one = (isinstance(named.tenant, str) and isinstance(named.sequence, int)
              and isinstance(named.producer, str))
    return named if is_one else None
