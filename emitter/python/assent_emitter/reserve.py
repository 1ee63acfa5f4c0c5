"""Room that is kept free, so that a spool which filled its disk can still note what was sent."""

from __future__ import annotations

import errno
import os
import threading

from .files import private

RESERVE_BYTES = 64 * 1024

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def is_no_room(error: OSError) -> bool:
    return error.errno in _NO_ROOM


class Reserve:
    """A file of that size. While it is lent nothing is spooled, which would take the room."""

    def __init__(self, directory: str) -> None:
        self._path = os.path.join(directory, "reserve")
        self._lock = threading.Lock()
        self._is_lent = False  # Guarded by _lock.
        try:
            self._is_there = os.stat(self._path).st_size == RESERVE_BYTES  # Guarded by _lock.
        except FileNotFoundError:
            self._is_there = False

    def lend(self) -> bool:
        """Gives up its room until `restore()`, if it has any."""
        with self._lock:
            was_there, self._is_there = self._is_there, False
            self._is_lent = True
            if was_there:
                os.remove(self._path)
            return was_there

    def restore(self) -> None:
        """Takes the room back, if there is some."""
        with self._lock:
            self._is_lent = False
            try:
                self._make()
            except OSError:
                pass  # The disk is still full. Who spools next tries again, and is told.

    def require(self) -> None:
        """An OSError unless the room is there."""
        with self._lock:
            if self._is_lent:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._make()

    def _make(self) -> None:
        if self._is_there:
            return
        try:
            with open(self._path, "wb", buffering=0, opener=private) as file:
                if file.write(os.urandom(RESERVE_BYTES)) != RESERVE_BYTES:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file.fileno())
        except OSError:
            if os.path.exists(self._path):
                os.remove(self._path)
            raise
        self._is_there = True
