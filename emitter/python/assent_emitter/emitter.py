"""The emitter: what a program holds."""

from __future__ import annotations

import atexit
import os
import time
import weakref
from typing import Any, Callable, Optional

from .builder import Audit
from .errors import Closed, Misconfigured, Unconfirmed
from .event import Event, Prepared, prepare
from .flusher import Flusher, guarded, pause
from .ids import Trace
from .lane import Spooled
from .options import Options
from .redact import Redactor
from .sending import Later, Receipt, Send, send_blob, send_event
from .spool import Spool
from .transport import Transport
from .wire import blob_request, event_request

# Of an emit without a spool, which the caller waits for.
_ATTEMPTS_MAX = 5


class Emitter:
    """Tells an Assent server what a program did. Thread-safe; `close()` it at the end."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._redactor = Redactor(options.redact)
        self._transport = (None if options.send is not None else
                           Transport(options.url, options.timeout, options.ssl_context))
        self._send: Send = options.send or self._transport  # type: ignore[assignment]
        self._process = os.getpid()
        self._is_closed = False
        self._flusher: Optional[Flusher] = None
        if options.spool is not None and options.producer is not None:
            spool = Spool(options.spool, name=options.producer, tenants=options.keys,
                          random=options.random, bytes_max=options.spool_bytes,
                          segment_bytes=options.segment_bytes, report=self._report)
            self._flusher = Flusher(options, spool, self._send)
        self._at_exit = _closer(weakref.ref(self))
        atexit.register(self._at_exit)

    @property
    def producer(self) -> Optional[str]:
        """The id under which the server sees this spool's numbers. None without a spool."""
        return None if self._flusher is None else self._flusher.producer

    def audit(self) -> Audit:
        """A new event under construction."""
        return Audit(self)

    def emit(self, event: Event) -> Receipt:
        """Sends the event; returns when it is durable in the log.

        Raises InvalidEvent before anything is sent, Refused if the server says no, and Unconfirmed
        if no answer came. With a spool the event is spooled first, and in the last case will
        still be sent.
        """
        prepared = self._prepare(event)
        if self._flusher is not None:
            handle = self._flusher.add(prepared, is_alone=True)
            receipt = handle.wait(self._options.emit_timeout)
        else:
            receipt = self._emit_now(prepared)
        self._log(prepared)
        return receipt

    def buffer(self, event: Event) -> Spooled:
        """Spools the event, to be sent soon. What this returned for survives the process.

        Raises InvalidEvent, SpoolFull (when_full="fail"), SpoolUnusable or Closed; the event was
        not taken then.
        """
        if self._flusher is None:
            raise Misconfigured("buffer() needs a spool")
        prepared = self._prepare(event)
        handle = self._flusher.add(prepared, is_alone=False)
        self._log(prepared)
        return handle

    def flush(self, timeout: Optional[float] = None) -> int:
        """Sends everything buffered so far. Returns how many events still wait after `timeout`."""
        self._check_open()
        return 0 if self._flusher is None else self._flusher.flush(timeout)

    def close(self, timeout: float = 10.0) -> int:
        """Sends what it can in that time; returns how many events stay in the spool."""
        if self._is_closed or os.getpid() != self._process:
            return 0
        self._is_closed = True
        atexit.unregister(self._at_exit)
        left = 0 if self._flusher is None else self._flusher.close(timeout)
        if self._transport is not None:
            self._transport.close()
        return left

    def __enter__(self) -> "Emitter":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._is_closed:
            raise Closed("the emitter is closed")
        if os.getpid() != self._process:
            raise Closed("the emitter is of the parent process: make one after the fork")

    def _prepare(self, event: Event) -> Prepared:
        self._check_open()
        if not isinstance(event, Event):
            raise TypeError("an Event is expected")
        return prepare(event, tenants=self._options.keys, now=self._options.now(),
                       random=self._options.random, redactor=self._redactor,
                       active=self._active_trace())

    def _active_trace(self) -> Optional[Trace]:
        try:
            return self._options.current_trace() if self._options.current_trace else None
        except Exception:  # pylint: disable=broad-except
            return None  # Whoever traces must not stop what is recorded.

    def _emit_now(self, prepared: Prepared) -> Receipt:
        key = self._options.keys[prepared.tenant]
        request = event_request(key, prepared.bytes(), prepared.traceparent)
        deadline = time.monotonic() + self._options.emit_timeout
        for attempt in range(_ATTEMPTS_MAX):
            try:
                if prepared.blob is not None:
                    send_blob(self._send, blob_request(key, prepared.blob), is_spooled=False)
                return send_event(self._send, request, prepared.id, is_spooled=False)
            except Later as later:
                wait = pause(attempt, later.after)
                if attempt + 1 == _ATTEMPTS_MAX or time.monotonic() + wait > deadline:
                    raise Unconfirmed(prepared.id, str(later)) from None
                time.sleep(wait)
        raise AssertionError("unreachable")

    def _log(self, prepared: Prepared) -> None:
        if self._options.log is not None:
            guarded(self._options.log, prepared.log_line)

    def _report(self, kind: str, text: str) -> None:
        guarded(self._options.report, kind, text)


def _closer(emitter: "weakref.ref[Emitter]") -> Callable[[], None]:
    """For the end of the program, without keeping the emitter until then."""

    def close() -> None:
        living = emitter()
        if living is not None:
            living.close()

    return close
