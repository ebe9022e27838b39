"""The highest version given out, in a file beside the media: the witness of a database that was put back.

Whoever commits a version writes it here afterwards, in place and without waiting for the disk: so the file is never ahead
of what was committed, whatever dies when, and behind it by the versions of the last moments at most. A database behind
the file has lost what was given out (docs/decisions/0011).
"""

import fcntl
import logging
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import current_app

_log = logging.getLogger("fieldservice.versions")

_LENGTH = 26  # 16 hex digits, a blank, 8 hex digits of a checksum, a line's end


def path() -> Path:
    """Where it is."""
    folder: Path = current_app.config["DATA_DIR"]
    return folder / "high-water"


def read() -> int | None:
    """The highest version noted; 0: none yet; None: the file is damaged, so that anything may have been given out."""
    try:
        with _opened(os.O_RDONLY, fcntl.LOCK_SH) as handle:
            return _parse(os.pread(handle, _LENGTH + 1, 0))
    except FileNotFoundError:
        return 0


def note(version: int) -> None:
    """Writes down a version that was committed, unless a higher one stands there. Never raises."""
    try:
        with _opened(os.O_RDWR | os.O_CREAT, fcntl.LOCK_EX) as handle:
            noted = _parse(os.pread(handle, _LENGTH + 1, 0))
            if noted is None or noted < version:
                os.pwrite(handle, _line(version), 0)
                os.ftruncate(handle, _LENGTH)
    except OSError:
        _log.exception("the highest version could not be noted")


def prove_writable() -> None:
    """Writes what stands there once more. Raises OSError: what is noted next would not be read."""
    with _opened(os.O_RDWR, fcntl.LOCK_EX) as handle:
        os.pwrite(handle, os.pread(handle, _LENGTH, 0), 0)


@contextmanager
def _opened(how: int, lock: int) -> Iterator[int]:
    """The file, locked against other threads and processes for the moment of one look."""
    handle = os.open(path(), how | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, lock)
        yield handle
    finally:
        os.close(handle)


def _line(version: int) -> bytes:
    number = f"{version:016x}"
    return f"{number} {zlib.crc32(number.encode()):08x}\n".encode()


def _parse(content: bytes) -> int | None:
    if not content:
        return 0  # made, and not yet written to
    try:
        version = int(content[:16], 16)
    except ValueError:
        return None
    return version if content == _line(version) else None
