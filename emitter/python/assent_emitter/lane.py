"""What waits to be sent, tenant by tenant."""

from __future__ import annotations

import threading
from collections import deque
from typing import Deque, List, NamedTuple, Optional

from .errors import EmitterError, Unconfirmed
from .segment import Entry
from .sending import Receipt

# What the server takes at once.
BATCH_EVENTS_MAX = 1000
BATCH_BYTES_MAX = 1024 * 1024


class Spooled:
    """An event in the spool. It survives the process; `wait()` tells where it ended up."""

    def __init__(self, changed: threading.Condition, id: str, sequence: int) -> None:
        self._changed = changed
        self.id = id
        self.sequence = sequence
        self.receipt: Optional[Receipt] = None
        self.refused: Optional[EmitterError] = None

    def wait(self, timeout: Optional[float] = None) -> Receipt:
        """Its place in the log. Raises Refused, or Unconfirmed if that is not known in time."""
        with self._changed:
            self._changed.wait_for(lambda: self.receipt or self.refused, timeout)
            if self.receipt is not None:
                return self.receipt
            raise self.refused or Unconfirmed(self.id, "it is spooled and will be sent")


class Item(NamedTuple):
    """What waits. Of events found in the spool at the start there is only the entry."""

    entry: Entry
    since: float
    handle: Optional[Spooled] = None
    is_alone: bool = False  # Somebody waits for it: it is sent by itself, with its trace.
    traceparent: Optional[str] = None


class Lane:
    """The events of one tenant, in order. A tenant whose key fails holds up nobody else."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.items: Deque[Item] = deque()
        self.added = 0
        self.settled = 0
        self.noted = 0  # So many of the settled are noted in the spool.
        self.failures = 0
        self.not_before = 0.0
        self.hurried_to = 0  # Somebody waits for so many of them.

    @property
    def is_hurried(self) -> bool:
        return self.settled < self.hurried_to

    def batch(self) -> List[Item]:
        taken: List[Item] = []
        size = 0
        for item in self.items:
            size += item.entry.event.size + 1
            is_full = len(taken) == BATCH_EVENTS_MAX or size > BATCH_BYTES_MAX
            if taken and (is_full or item.is_alone):
                break
            taken.append(item)
            if item.is_alone:
                break
        return taken
