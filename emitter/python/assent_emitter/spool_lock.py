"""One process at a time in a spool."""

from __future__ import annotations

import os
from typing import List, Optional

from .errors import SpoolUnusable

try:
    import fcntl
except ImportError:  # A system without flock: the name in the file has to do.
    fcntl = None  # type: ignore[assignment]


def _started(pid: int) -> Optional[str]:
    """When the process began, which tells it from another that has its id later."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    # Dead, but its parent has not asked yet how it died.
    return None if fields[0] in "ZX" else fields[19]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


class SpoolLock:
    """The file says whose it is, for those that have no flock (emitter/README.md)."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if fcntl is not None:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise SpoolUnusable(f"{path} is held by another emitter") from None
        holder = os.read(self._file, 100).decode("ascii", "replace").split()
        if holder and self._holds(holder):
            os.close(self._file)
            raise SpoolUnusable(f"{path} is held by process {holder[0]}")
        name = f"{os.getpid()} {_started(os.getpid()) or '-'}\n".encode()
        self._say(name)

    @staticmethod
    def _holds(holder: List[str]) -> bool:
        if not holder[0].isdigit() or len(holder) != 2 or int(holder[0]) == os.getpid():
            return False  # This process would hold the flock.
        return _is_alive(int(holder[0])) and holder[1] in ("-", _started(int(holder[0])))

    def _say(self, text: bytes) -> None:
        # Never empty in between: on a full disk the room would be gone, and the spool with it.
        os.pwrite(self._file, text, 0)
        os.ftruncate(self._file, len(text))

    def release(self) -> None:
        self._say(b"-\n")
        if fcntl is not None:  # A child of a fork has the file open, too.
            fcntl.flock(self._file, fcntl.LOCK_UN)
        os.close(self._file)
