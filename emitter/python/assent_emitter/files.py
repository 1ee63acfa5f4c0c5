"""How a spool writes files: for their owner alone, and so that they survive a loss of power."""

from __future__ import annotations

import io
import os


def private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def sync_directory(path: str) -> None:
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _write_all(file: io.FileIO, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest):]
    os.fsync(file.fileno())


def replace_synced(path: str, content: bytes) -> None:
    """The file has the old content or the new one, whatever happens."""
    try:
        with open(path + ".new", "wb", buffering=0, opener=private) as file:
            _write_all(file, content)
    except OSError:
        if os.path.exists(path + ".new"):
            os.remove(path + ".new")  # What it has of the disk is wanted elsewhere.
        raise
    os.replace(path + ".new", path)
    sync_directory(os.path.dirname(path))


def _line_end(file: io.FileIO, size: int) -> bytes:
    """What ends the line that a crash left without an end."""
    if size == 0:
        return b""
    file.seek(size - 1)
    return b"" if file.read(1) == b"\n" else b"\n"


def append_synced(path: str, content: bytes) -> None:
    """All of `content`, lines, or an OSError and none of it."""
    with open(path, "ab+", buffering=0, opener=private) as file:
        size = file.tell()
        try:
            _write_all(file, _line_end(file, size) + content)
        except OSError:
            file.truncate(size)
            raise
