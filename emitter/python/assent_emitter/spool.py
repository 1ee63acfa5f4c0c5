"""The spool: events on disk until the server has them. See emitter/README.md.

Not thread-safe: its one owner holds a lock around it.
"""

from __future__ import annotations

import json
import os
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional

from .canonical import INTEGER_MAX, canonical
from .errors import Misconfigured, SpoolFull, SpoolUnusable
from .files import append_synced, replace_synced, sync_directory
from .ids import is_producer_of, producer_id
from .reserve import Reserve, is_no_room
from .segment import (HEADER, NAME, Entry, Record, Rest, Segment, blob_payload, framed, is_torn,
                      read_rest)
from .spool_lock import SpoolLock

# A segment that was sent whole, and is smaller, stays to be appended to.
_SMALL_BYTES = 256 * 1024
# Room comes back in pieces of segments, so a spool has so many of them.
_SEGMENTS_MIN = 4

Report = Callable[[str, str], None]


def _is_count(value: object) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return is_number and 0 <= value <= INTEGER_MAX


class Save(NamedTuple):
    """What a spool has to write, and the files that go when it is written."""

    state: Optional[bytes]
    unneeded: List[Segment]


class Skipped(NamedTuple):
    """What the next numbers will be if more is added behind a damaged end, or that goes."""

    segment: Segment
    next: Dict[str, int]


class Spool:
    """Append at one end; read, settle and remove at the other.

    `name` is the program's. The numbers are those of `producer`, which is this spool alone:
    they cannot begin again under an id that was used.
    """

    def __init__(self, directory: str, *, name: str, tenants: Iterable[str],
                 random: Callable[[int], bytes], bytes_max: int, segment_bytes: int,
                 report: Report) -> None:
        self.directory = directory
        self.producer = ""
        self._tenants = frozenset(tenants)
        self._bytes_max = bytes_max
        self._segment_bytes = min(segment_bytes, bytes_max // _SEGMENTS_MIN)
        self._small_bytes = min(_SMALL_BYTES, self._segment_bytes // 2)
        self._report = report
        self._segments: List[Segment] = []
        self._next: Dict[str, int] = {}
        self._skipped: Optional[Skipped] = None
        self._sent: Dict[str, int] = {}
        self._lock: Optional[SpoolLock] = None
        self._is_state_saved = True
        self._is_synced = True
        try:
            os.makedirs(directory, mode=0o700, exist_ok=True)
            self._lock = SpoolLock(os.path.join(directory, "lock"))
            self._reserve = Reserve(directory)
            is_new = not self._read_state(name)
            if is_new:
                self.producer = producer_id(name, random(5))
            self.left = self._read_segments(is_new)
            if is_new:  # Before there is a number that could be given again.
                self._write_state(self._state_bytes())
            self._reserve.restore()
        except OSError as error:
            self._release()
            raise SpoolUnusable(f"{directory}: {error.strerror}") from None
        except BaseException:
            self._release()
            raise

    # ---- what was there ----

    def _read_state(self, name: str) -> bool:
        """Whether there is one that can be read."""
        path = os.path.join(self.directory, "state.json")
        try:
            with open(path, "rb") as file:
                state = json.loads(file.read().decode("utf-8"))
            producer = state["producer"]
            counts = [dict(state["next"]), dict(state["sent"])]
            numbers = [number for count in counts for number in count.values()]
            if not isinstance(producer, str) or not all(map(_is_count, numbers)):
                raise ValueError
        except FileNotFoundError:
            return False
        except (ValueError, KeyError, TypeError, RecursionError):
            os.replace(path, path + ".damaged")
            self._report("damaged", f"{path} was damaged and is kept as {path}.damaged")
            return False
        if not is_producer_of(name, producer):
            raise Misconfigured(f"the spool in {self.directory} is of producer {producer}")
        self.producer = producer
        self._next, self._sent = counts
        return True

    def _read_segments(self, is_new: bool) -> List[Entry]:
        """Everything that waits, in order. Under a new id no number was given yet."""
        names = sorted(name for name in os.listdir(self.directory) if NAME.fullmatch(name))
        waiting: List[Entry] = []
        for name in names:
            segment = Segment(self.directory, int(name[:16]))
            self._segments.append(segment)
            waiting += self._read_segment(segment, is_newest=name == names[-1])
        if is_new:
            self._skipped = None
        return waiting

    def _read_segment(self, segment: Segment, is_newest: bool) -> List[Entry]:
        with open(segment.path, "rb") as file:
            data = file.read()
        entries: List[Entry] = []
        blob: Optional[Record] = None
        is_foreign = False
        for record in segment.scan(data):
            segment.size = record.offset + record.size
            if record.sequence == 0:
                blob = record
                continue
            is_own = record.producer == self.producer
            is_foreign = is_foreign or not is_own
            if is_own:
                self._count(record.tenant, record.sequence)
            if not is_own or record.sequence > self._sent.get(record.tenant, 0):
                entries.append(Entry(record, blob))
            blob = None
        segment.waiting = len(entries)
        rest = data[segment.size:]
        read = read_rest(rest)
        # A length that was damaged looks as if its record went on beyond the end.
        if rest and is_newest and is_torn(rest) and not read.has_event:
            os.truncate(segment.path, segment.size)  # Nobody was told that it was spooled.
        elif rest:
            segment.is_damaged = True
            self._report("damaged", f"{segment.path} is damaged at byte {segment.size}: what "
                                    "stands before is sent")
            self._count_damaged(segment, read, is_end=is_newest and not is_foreign)
        return entries

    def _count_damaged(self, segment: Segment, read: Rest, is_end: bool) -> None:
        """The numbers of what is lost are not given again, so the server misses them."""
        for name in read.certain:
            if name.producer == self.producer:
                self._count(name.tenant, name.sequence)
        likely = [name for name in read.likely if name.producer == self.producer]
        if not is_end or read.ends_whole:
            for name in likely:
                self._count(name.tenant, name.sequence)
            return
        # The last record may have had the next number of any tenant. As long as the file is the
        # newest, the next start finds out the same: it must not add to what is in the state.
        skipped = {tenant: self._next.get(tenant, 1) + 1
                   for tenant in self._tenants | set(self._next)}
        for name in likely:
            skipped[name.tenant] = max(skipped.get(name.tenant, 1), name.sequence + 1)
        self._skipped = Skipped(segment, skipped)

    def _skip(self) -> None:
        if self._skipped is not None:
            self._next.update(self._skipped.next)
            self._skipped = None
            self._is_state_saved = False

    def _count(self, tenant: str, sequence: int) -> None:
        if sequence + 1 > self._next.get(tenant, 1):
            self._next[tenant] = sequence + 1
            self._is_state_saved = False

    # ---- adding ----

    def next_sequence(self, tenant: str) -> int:
        self._skip()
        return self._next.get(tenant, 1)

    def append(self, tenant: str, event: bytes, blob: Optional[bytes]) -> Entry:
        """Adds the event that has the tenant's next number, behind the blob that it names."""
        payloads = [event] if blob is None else [blob_payload(tenant, blob), event]
        data = b"".join(map(framed, payloads))
        if len(data) > self._bytes_max:
            raise SpoolFull("the event is larger than the spool", is_hopeless=True)
        if not self._has_room(len(data)):
            raise SpoolFull(f"the spool in {self.directory} is full")
        sequence = self.next_sequence(tenant)
        try:
            self._reserve.require()
            segment = self._writable(len(data))
            at = segment.size
            segment.append(data)
        except OSError as error:
            raise SpoolUnusable(f"{self.directory}: {error.strerror}") from None
        self._next[tenant] = sequence + 1
        self._is_synced = False
        segment.waiting += 1
        end = segment.size - len(event)
        before = None if blob is None else Record(segment, at + HEADER.size, len(payloads[0]),
                                                  tenant, 0, "")
        return Entry(Record(segment, end, len(event), tenant, sequence, self.producer), before)

    def _has_room(self, size: int) -> bool:
        return sum(segment.size for segment in self._segments) + size <= self._bytes_max

    def _writable(self, size: int) -> Segment:
        """The newest segment, or a new one if that is full, or was another process's."""
        newest = self._segments[-1] if self._segments else None
        if newest is not None and newest.is_open:
            if newest.size == 0 or newest.size + size <= self._segment_bytes:
                return newest
            os.fsync(newest.file)
            newest.is_open = False
        segment = Segment(self.directory, self._new_number())
        segment.is_open = segment.file >= 0  # Creates it.
        self._segments.append(segment)
        sync_directory(self.directory)
        return segment

    def _new_number(self) -> int:
        """Beyond those that were set aside, too: no name is used twice."""
        names = [name for name in os.listdir(self.directory) if NAME.match(name)]
        return max((int(name[:16]) for name in names), default=0) + 1

    @property
    def is_unsynced(self) -> bool:
        return not self._is_synced

    def unsynced(self) -> Optional[int]:
        """The file to be synced, if anything was appended since this was last asked."""
        newest = self._segments[-1] if self._segments else None
        if self._is_synced or newest is None or not newest.is_open:
            return None
        self._is_synced = True
        return newest.file

    # ---- sending ----

    def read(self, record: Record) -> Optional[bytes]:
        """The payload, or nothing, reported, if the disk did not keep it."""
        payload = record.segment.read(record)
        if payload is None:
            self._report("damaged", f"{record.segment.path} is damaged at byte {record.offset}")
        return payload

    def settle(self, entries: Iterable[Entry]) -> None:
        """They are in the log, or never will be. REQUIRES: in the order of appending."""
        for entry in entries:
            entry.event.segment.waiting -= 1
            if entry.event.producer == self.producer:
                self._sent[entry.tenant] = entry.sequence
                self._is_state_saved = False

    def prepare_save(self) -> "Save":
        """What has to be written and what nobody needs any more. The disk is not touched yet."""
        unneeded = [segment for segment in self._segments if segment.waiting == 0
                    and not (segment.is_open and segment.size < self._small_bytes)]
        self._segments = [segment for segment in self._segments if segment not in unneeded]
        if self._skipped is not None and self._skipped.segment in unneeded:
            self._skip()
        save = Save(None if self._is_state_saved else self._state_bytes(), unneeded)
        self._is_state_saved = True
        return save

    def save(self, save: "Save") -> None:
        """Needs no lock, but one at a time."""
        try:
            if save.state is not None:
                self._write_state(save.state)
            self._remove_unneeded(save)
        finally:
            self._reserve.restore()

    def _state_bytes(self) -> bytes:
        state = {"next": self._next, "producer": self.producer, "sent": self._sent}
        return canonical(state) + b"\n"

    def _write_state(self, state: bytes) -> None:
        path = os.path.join(self.directory, "state.json")
        self._with_room(lambda: replace_synced(path, state))

    def _with_room(self, write: Callable[[], None]) -> None:
        """On a full disk, too, it must be possible to note what gives room back."""
        try:
            write()
        except OSError as error:
            if not is_no_room(error) or not self._reserve.lend():
                raise
            write()

    @staticmethod
    def _remove_unneeded(save: "Save") -> None:
        while save.unneeded:  # Only now are their numbers known without them.
            segment = save.unneeded[0]
            segment.close()
            if segment.is_damaged:
                os.replace(segment.path, segment.path + ".damaged")
            else:
                os.remove(segment.path)
            del save.unneeded[0]

    def undo_save(self, save: "Save") -> None:
        """The disk refused: what is left stays as it is until the next time."""
        self._is_state_saved = False
        self._segments = sorted([*save.unneeded, *self._segments], key=lambda each: each.number)

    def set_aside(self, line: bytes) -> None:
        """Keeps what the server will never take."""
        path = os.path.join(self.directory, "refused.ndjson")
        self._with_room(lambda: append_synced(path, line + b"\n"))

    def close(self) -> None:
        for segment in self._segments:
            segment.is_open = False
        try:
            self.save(self.prepare_save())
        except OSError as error:
            self._report("disk", f"{self.directory}: {error.strerror}")
        self._release()

    def _release(self) -> None:
        for segment in self._segments:
            segment.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None
