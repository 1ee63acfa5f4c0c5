"""The one that sends what was spooled: by size, by time, on demand and at the end."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Union

from .canonical import canonical
from .errors import Closed, EmitterError, Refused, SpoolFull, SpoolUnusable, Unconfirmed
from .event import Prepared
from .ids import time_text
from .lane import Item, Lane, Spooled
from .options import Options
from .segment import Entry, blob_of
from .sending import Later, Receipt, Send, TooLarge, send_batch, send_blob, send_event
from .spool import Spool
from .wire import batch_request, blob_request, event_request

# Between attempts, seconds. The first doubles each time, up to the second.
_PAUSE, _PAUSE_MAX = 0.1, 10.0


def pause(failures: int, after: float) -> float:
    """At random, so that those whom one failure stopped do not all come back at once."""
    longest = min(_PAUSE_MAX, _PAUSE * 2.0 ** min(failures, 20))
    return max(after, random.uniform(_PAUSE / 2, longest))


def guarded(call: Callable[..., Any], *arguments: Any) -> None:
    """Whoever listens may fail; what they listen to goes on."""
    try:
        call(*arguments)
    except Exception:  # pylint: disable=broad-except
        pass


def _missing(wanted: Dict[Lane, int]) -> int:
    return sum(max(0, count - lane.noted) for lane, count in wanted.items())


class Loaded(NamedTuple):
    """What waits, with its bytes."""

    item: Item
    event: bytes
    blob: Optional[bytes]

    @property
    def id(self) -> str:
        return self.item.handle.id if self.item.handle else json.loads(self.event)["id"]


class Flusher:
    """Owns the spool, with a lock around it, and the thread that sends."""

    def __init__(self, options: Options, spool: Spool, send: Send) -> None:
        self._options = options
        self._spool = spool
        self._send = send
        self._changed = threading.Condition()
        self._lanes: Dict[str, Lane] = {}
        self._is_closing = False
        self._deadline: Optional[float] = None
        self._synced_at = time.monotonic()
        for entry in spool.left:
            self._lane(entry.tenant).items.append(Item(entry, time.monotonic()))
            self._lane(entry.tenant).added += 1
        spool.left = []
        self._thread = threading.Thread(target=self._run, name="assent-emitter", daemon=True)
        self._thread.start()

    @property
    def producer(self) -> str:
        return self._spool.producer

    # ---- for those who emit ----

    def add(self, prepared: Prepared, *, is_alone: bool) -> Spooled:
        """Spools the event. Nothing has happened if this raises."""
        with self._changed:
            entry = self._append(prepared)
            handle = Spooled(self._changed, prepared.id, entry.sequence)
            lane = self._lane(prepared.tenant)
            lane.items.append(Item(entry, time.monotonic(), handle, is_alone,
                                   prepared.traceparent))
            lane.added += 1
            if is_alone:
                lane.hurried_to = lane.added
            if self._options.sync == "each":
                self._sync_at_once(prepared.id)
            if is_alone or len(lane.items) == 1 or self._is_enough():
                self._changed.notify_all()
            return handle

    def flush(self, timeout: Optional[float]) -> int:
        with self._changed:
            wanted = {lane: lane.added for lane in self._lanes.values()}
            for lane in wanted:
                lane.hurried_to = lane.added
                lane.not_before = 0.0
            self._changed.notify_all()
            self._changed.wait_for(lambda: not _missing(wanted), timeout)
            return _missing(wanted)

    def close(self, timeout: float) -> int:
        """Sends what it can in that time. What is left stays in the spool."""
        with self._changed:
            self._is_closing = True
            self._deadline = time.monotonic() + timeout
            for lane in self._lanes.values():
                lane.not_before = 0.0
            self._changed.notify_all()
        self._thread.join()
        with self._changed:
            self._changed.notify_all()
            self._spool.close()
            return sum(len(lane.items) for lane in self._lanes.values())

    def abandon(self) -> None:
        """After a fork the spool is the parent's."""
        self._lanes = {}

    def _append(self, prepared: Prepared) -> Entry:
        while True:
            sequence = self._spool.next_sequence(prepared.tenant)
            event = prepared.bytes(self._spool.producer, sequence)
            if self._is_closing:
                raise Closed("the emitter is closed")
            try:
                return self._spool.append(prepared.tenant, event, prepared.blob)
            except SpoolFull as full:
                if self._options.when_full == "fail" or full.is_hopeless:
                    raise
            for lane in self._lanes.values():
                lane.hurried_to = lane.added
            self._changed.notify_all()
            self._changed.wait()

    def _lane(self, tenant: str) -> Lane:
        lane = self._lanes.get(tenant)
        if lane is None:
            lane = self._lanes[tenant] = Lane(tenant)
        return lane

    def _sync(self) -> None:
        file = self._spool.unsynced()
        if file is not None:
            self._sync_file(file)

    def _sync_file(self, file: int) -> None:
        try:
            os.fsync(file)
        except OSError:
            self._spool.sync_failed()
            raise

    def _sync_at_once(self, id: str) -> None:
        try:
            self._sync()
        except OSError as error:
            raise Unconfirmed(id, f"it is spooled, but the disk says {error.strerror}") from None

    # ---- the thread ----

    def _run(self) -> None:
        while True:
            with self._changed:
                lane = self._next_lane()
                while lane is None:
                    if self._is_closing and self._is_done():
                        return
                    self._changed.wait(self._idle_seconds())
                    self._sync_in_time()
                    lane = self._next_lane()
                batch = lane.batch()
                file = self._spool.unsynced()
            try:
                if file is not None:
                    self._sync_file(file)  # What the server has must not be numbered again.
                self._deliver(lane, batch)
                lane.failures = 0
            except Exception as error:  # pylint: disable=broad-except
                # Whatever it was: what is spooled is tried again.
                self._put_off(lane, error)
            self._save(lane)

    def _is_enough(self) -> bool:
        return sum(len(lane.items) for lane in self._lanes.values()) >= self._options.flush_size

    def _next_lane(self) -> Optional[Lane]:
        """Whose turn it is, if anybody's: the longest waiting of those that are due."""
        now = time.monotonic()
        if self._is_closing and self._is_late(now):
            return None
        is_all = self._is_closing or self._is_enough()
        due = [lane for lane in self._lanes.values() if lane.items and lane.not_before <= now
               and (is_all or lane.is_hurried or self._is_due(lane, now))]
        return min(due, key=lambda lane: lane.items[0].since, default=None)

    def _is_due(self, lane: Lane, now: float) -> bool:
        interval = self._options.flush_interval
        return interval is not None and lane.items[0].since + interval <= now

    def _is_late(self, now: float) -> bool:
        return self._deadline is not None and now >= self._deadline

    def _is_done(self) -> bool:
        return self._is_late(time.monotonic()) or not any(
            lane.items for lane in self._lanes.values())

    def _idle_seconds(self) -> Optional[float]:
        """Until something is due, unless something happens before."""
        now = time.monotonic()
        is_all = self._is_closing or self._is_enough()
        at: List[float] = [self._deadline] if self._deadline is not None else []
        if self._options.sync == "interval" and self._spool.is_unsynced:
            at.append(self._synced_at + self._options.sync_interval)
        for lane in self._lanes.values():
            if not lane.items:
                continue
            if is_all or lane.is_hurried:
                at.append(lane.not_before)
            elif self._options.flush_interval is not None:
                at.append(max(lane.not_before, lane.items[0].since + self._options.flush_interval))
        return max(0.0, min(at) - now) if at else None

    def _sync_in_time(self) -> None:
        is_due = time.monotonic() >= self._synced_at + self._options.sync_interval
        if self._options.sync != "interval" or not is_due:
            return
        self._synced_at = time.monotonic()
        try:
            self._sync()
        except OSError as error:
            self._tell("disk", f"{self._spool.directory}: {error.strerror}")

    def _put_off(self, lane: Lane, error: Exception) -> None:
        with self._changed:
            lane.not_before = time.monotonic() + pause(lane.failures,
                                                       getattr(error, "after", 0.0))
            lane.failures += 1
        if lane.failures == 1:
            self._tell("unreachable", f"events of {lane.tenant} wait in the spool: {error}")

    def _save(self, lane: Lane) -> None:
        with self._changed:
            save = self._spool.prepare_save()
        try:
            self._spool.save(save)
        except OSError as error:
            with self._changed:
                self._spool.undo_save(save)
            self._tell("disk", f"{self._spool.directory}: {error.strerror}")
        with self._changed:
            lane.noted = lane.settled
            self._changed.notify_all()  # There may be room now.

    def _tell(self, kind: str, text: str) -> None:
        guarded(self._options.report, kind, text)

    # ---- sending ----

    def _deliver(self, lane: Lane, batch: List[Item]) -> None:
        """Raises Later if the rest has to wait. In order: what is settled is never behind."""
        run: List[Loaded] = []
        for item in batch:
            loaded = self._load(item)
            if loaded is not None:
                run.append(loaded)
                continue
            self._send_run(lane, run)
            run = []
            self._settle(lane, [item], SpoolUnusable("the disk did not keep the event"))
        self._send_run(lane, run)

    def _load(self, item: Item) -> Optional[Loaded]:
        event = self._spool.read(item.entry.event)
        if event is None:
            return None
        if item.entry.blob is None:
            return Loaded(item, event, None)
        blob = self._spool.read(item.entry.blob)
        return None if blob is None else Loaded(item, event, blob_of(blob))

    def _send_run(self, lane: Lane, run: List[Loaded]) -> None:
        if not run:
            return
        try:
            receipts = self._send_all(lane, run)
        except (Refused, TooLarge) as error:
            # One event at fault must not stop the others. Halving finds it.
            middle = len(run) // 2
            if middle == 0:
                if isinstance(error, TooLarge):
                    raise
                self._set_aside(run[0], error)
                self._settle(lane, [run[0].item], error)
                return
            self._send_run(lane, run[:middle])
            self._send_run(lane, run[middle:])
            return
        self._settle(lane, [loaded.item for loaded in run], receipts)

    def _send_all(self, lane: Lane, run: List[Loaded]) -> List[Receipt]:
        key = self._options.keys.get(lane.tenant)
        if key is None:
            raise Later("there is no key for it")
        for loaded in run:
            if loaded.blob is not None:
                send_blob(self._send, blob_request(key, loaded.blob), is_spooled=True)
        first = run[0]
        if first.item.is_alone:
            request = event_request(key, first.event, first.item.traceparent)
            return [send_event(self._send, request, first.id, is_spooled=True)]
        request = batch_request(key, [loaded.event for loaded in run])
        return send_batch(self._send, request, [loaded.id for loaded in run])

    def _set_aside(self, loaded: Loaded, refused: Refused) -> None:
        answer = {"at": time_text(self._options.now()), "reason": str(refused),
                  "status": refused.status}
        self._spool.set_aside(b'{"answer":' + canonical(answer) + b',"event":' + loaded.event
                              + b"}")
        self._tell("refused", f"the server refused {loaded.id}: {refused}")

    def _settle(self, lane: Lane, items: List[Item],
                outcome: Union[List[Receipt], EmitterError]) -> None:
        with self._changed:
            for place, item in enumerate(items):
                lane.items.popleft()
                if item.handle is None:
                    continue
                if isinstance(outcome, list):
                    item.handle.receipt = outcome[place]
                else:
                    item.handle.refused = outcome
            lane.settled += len(items)
            self._spool.settle(item.entry for item in items)
            self._changed.notify_all()
