"""What an emitter is told when it is made."""

from __future__ import annotations

import logging
import os
import re
import ssl
import time
from dataclasses import dataclass, field
from typing import Callable, Mapping, Optional, Sequence

from .errors import Misconfigured
from .ids import Trace
from .sending import Send

_TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_PRODUCER = re.compile(r"[A-Za-z0-9._-]{1,91}", re.ASCII)
_KEY = re.compile(r"[\x21-\x7e]+", re.ASCII)


def _report(kind: str, text: str) -> None:
    logging.getLogger("assent_emitter").warning("%s: %s", kind, text)


@dataclass(frozen=True)
class Options:
    """`url` and `keys` are needed always; `spool`, `producer` and `sync` for `buffer()`."""

    url: str
    keys: Mapping[str, str] = field(repr=False)  # Of each tenant, the key of its principal.

    # The directory of the spool, and the name of who numbers the events in it. A new spool adds
    # eight characters of its own, so that no two count under one id: see Emitter.producer.
    spool: Optional[str] = None
    producer: Optional[str] = None
    # When what was buffered survives a loss of power. `each`: before buffer() returns. `interval`:
    # after `sync_interval` seconds at most. `never`: when the system likes. kill -9 is survived by
    # all of them.
    sync: Optional[str] = None
    sync_interval: float = 1.0
    spool_bytes: int = 64 * 1024 * 1024
    segment_bytes: int = 4 * 1024 * 1024
    when_full: str = "fail"  # Or `block`: buffer() waits for room.

    flush_size: int = 100
    flush_interval: Optional[float] = 5.0  # Seconds; None: by size and on demand only.
    timeout: float = 10.0  # Of one request.
    emit_timeout: float = 30.0  # Of emit(), with all its attempts.

    redact: Sequence[str] = ()  # Names that are secret here, besides the well-known ones.
    current_trace: Optional[Callable[[], Optional[Trace]]] = None
    log: Optional[Callable[[str], None]] = None  # Gets a line for each event.
    # Is told what nobody else would hear: (kind, text), where the kind is damaged, disk, refused
    # or unreachable.
    report: Callable[[str, str], None] = _report
    ssl_context: Optional[ssl.SSLContext] = None

    now: Callable[[], int] = lambda: time.time_ns() // 1000  # Microseconds since 1970.
    random: Callable[[int], bytes] = os.urandom
    send: Optional[Send] = None  # Instead of HTTP.

    def __post_init__(self) -> None:
        if not self.keys:
            raise Misconfigured("keys must name a tenant")
        for tenant, key in self.keys.items():
            if not _TENANT.fullmatch(tenant):
                raise Misconfigured(f"keys: {tenant!r} is no tenant's name")
            if not _KEY.fullmatch(key):
                raise Misconfigured(f"keys: the key of {tenant} must be printable ASCII")
        if self.spool is not None:
            self._check_spool()
        elif self.producer is not None:
            raise Misconfigured("producer needs a spool, which keeps its numbers")

    def _check_spool(self) -> None:
        if self.producer is None or not _PRODUCER.fullmatch(self.producer):
            raise Misconfigured("producer must be 1 to 91 of A-Z, a-z, 0-9, '.', '_' and '-'")
        if self.sync not in ("each", "interval", "never"):
            raise Misconfigured("sync must be one of each, interval, never")
        if self.when_full not in ("fail", "block"):
            raise Misconfigured("when_full must be one of fail, block")
        if self.flush_size < 1:
            raise Misconfigured("flush_size must be at least 1")
