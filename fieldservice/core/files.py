"""Bytes on the disk: whole ones under their SHA-256, pieces still being taken, and what was made of them.

In `DATA_DIR/media`: `blobs/ab/<sha256>` never change once they are there, nor does `rescue/<sha256>` (files that phones
exported, as they came); `senders/ab/<sha256>` says who has sent bytes; `partial/` holds uploads that are not whole yet;
`variants/ab/<sha256>.<name>` can be made again from the blobs and needs no backup.

Everything is written beside, brought to the disk and moved into place, and the folder is brought to the disk too: after
a power cut a file is whole or absent. A full disk is an OSError (ENOSPC), which becomes 507.
"""

import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from flask import current_app
from werkzeug.exceptions import RequestEntityTooLarge

_STEP_BYTES = 64 * 1024
#: left free for the database, which must be able to say that there is no room
_KEPT_FREE_BYTES = 50 * 1024 * 1024
_DRAFT = "draft-"
#: brought to the disk at the same time: it then writes its journal once for all of them
_SIDE_BY_SIDE = 16
#: what the end of `together` brings to the disk; None: each at once
_put_off: ContextVar[set[Path] | None] = ContextVar("put_off", default=None)


class Readable(Protocol):
    """Where bytes come from."""

    def read(self, most: int, /) -> bytes: ...


@dataclass(frozen=True)
class Draft:
    """Bytes taken in and brought to the disk, not yet in their place."""

    path: Path
    size: int
    #: by algorithm, in hex digits
    sums: dict[str, str]

    @property
    def sha256(self) -> str:
        return self.sums["sha256"]


def media_dir() -> Path:
    """The folder of all of this."""
    folder: Path = current_app.config["DATA_DIR"] / "media"
    return folder


def path_of(sha256: str) -> Path:
    """Where the bytes of this hash are when they are there."""
    return media_dir() / "blobs" / sha256[:2] / sha256


def senders_path(sha256: str) -> Path:
    """Where it says who has sent these bytes."""
    return media_dir() / "senders" / sha256[:2] / sha256


def variant_path(sha256: str, name: str) -> Path:
    """Where what was made of these bytes is when it is there."""
    return media_dir() / "variants" / sha256[:2] / f"{sha256}.{name}"


def rescue_path(sha256: str) -> Path:
    """Where a file that a phone exported is when it was brought."""
    return media_dir() / "rescue" / sha256


def keep_rescue(draft: Draft) -> Path:
    """Moves such a file to its place, for ever and readable for this account alone."""
    place = rescue_path(draft.sha256)
    _move(draft.path, place)
    place.chmod(0o400)
    return place


def partial_path(name: str) -> Path:
    """Where the bytes that came so far are."""
    return media_dir() / "partial" / name


def size_of(path: Path) -> int:
    """Bytes of a file; 0 when there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def is_whole(sha256: str, size: int) -> bool:
    """Whether the bytes are here in their full size."""
    path = path_of(sha256)
    return path.is_file() and size_of(path) == size


@contextmanager
def draft_of(
    stream: Readable, *, most: int, also: str = "sha256", is_brought: bool = True
) -> Iterator[Draft]:
    """What comes out of `stream`, as far as it comes and at most one byte more than `most`; gone afterwards if not moved.

    A stream that breaks off, by an error or in order, gives what came before. `also`: another algorithm to sum it up by.
    `is_brought` False: it is not on the disk yet; the caller brings it there (`bring`) before it is moved.
    """
    folder = _made(media_dir() / "partial")
    handle, name = tempfile.mkstemp(prefix=_DRAFT, dir=folder)
    path, size = Path(name), 0
    sums = {algorithm: hashlib.new(algorithm, usedforsecurity=False) for algorithm in {"sha256", also}}
    try:
        with os.fdopen(handle, "wb") as file:
            while piece := _next_piece(stream, most + 1 - size):
                for digest in sums.values():
                    digest.update(piece)
                size += len(piece)
                file.write(piece)
            file.flush()
            if is_brought:
                os.fsync(file.fileno())
        yield Draft(path, size, {algorithm: digest.hexdigest() for algorithm, digest in sums.items()})
    finally:
        path.unlink(missing_ok=True)


def _next_piece(stream: Readable, most: int) -> bytes:
    try:
        return stream.read(min(_STEP_BYTES, most)) if most > 0 else b""
    except RequestEntityTooLarge:
        raise
    except Exception:  # however the server says that the other side is gone
        return b""


def check_room(size: int) -> None:
    """Raises OSError (ENOSPC) when the disk would be full after `size` more bytes."""
    if shutil.disk_usage(_made(media_dir())).free < size + _KEPT_FREE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def extend(path: Path, offset: int, draft: Draft) -> None:
    """Makes the file its first `offset` bytes and the draft's; as it was when that fails."""
    if offset == 0:
        _move(draft.path, path)
        return
    with path.open("r+b") as file:
        file.truncate(offset)  # what a killed process left behind was never promised
        file.seek(offset)
        try:
            with draft.path.open("rb") as added:
                shutil.copyfileobj(added, file, _STEP_BYTES)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                file.truncate(offset)
            raise


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes in 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep(path: Path, sha256: str) -> None:
    """Moves a file to its place by its hash, for ever and read-only. The same bytes kept twice are one file."""
    place = path_of(sha256)
    _move(path, place)
    place.chmod(0o440)  # afterwards: a piece that could not be moved must still be written to


def note_sender(sha256: str, person_id: str) -> None:
    """Writes down who has sent these bytes, beside them: it outlives a database that is put back."""
    path = senders_path(sha256)
    if person_id in senders_of(sha256):
        return
    is_new = not path.exists()
    with _made(path.parent).joinpath(path.name).open("a") as file:
        file.write(f"{person_id}\n")
    sync_folder(path)
    if is_new:
        sync_folder(path.parent)


def senders_of(sha256: str) -> set[str]:
    """Ids of the people who have sent these bytes whole."""
    try:
        return set(senders_path(sha256).read_text().split())
    except FileNotFoundError:
        return set()


def text_of(path: Path) -> str:
    """A small file's content; '' when there is none."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def put_text(path: Path, text: str) -> None:
    """Writes a small file, whole or not at all."""
    draft = _made(path.parent) / f".{path.name}.{os.urandom(8).hex()}"
    with draft.open("x") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _move(draft, path)


@contextmanager
def variants_of(sha256: str, names: tuple[str, ...]) -> Iterator[dict[str, Path]]:
    """Names → paths to write to; when the block ends well, those written are moved into their place."""
    start = _made(media_dir() / "partial") / f"{_DRAFT}{os.urandom(8).hex()}"
    drafts = {name: start.with_name(f"{start.name}.{name}") for name in names}
    try:
        yield drafts
        for name, draft in drafts.items():
            if draft.exists():
                sync_folder(draft)
                _move(draft, variant_path(sha256, name))
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def drop_old_drafts(*, older_than_seconds: float) -> int:
    """Throws away what killed processes left behind; how many files."""
    limit, dropped = time.time() - older_than_seconds, 0
    for path in (media_dir() / "partial").glob(f"{_DRAFT}*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < limit:
                path.unlink()
                dropped += 1
    return dropped


def _made(folder: Path) -> Path:
    """The folder, made with those above it; each is brought to the disk in the one that holds it."""
    if not folder.is_dir():
        _made(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)
    return folder


def _move(source: Path, target: Path) -> None:
    _made(target.parent)
    source.replace(target)
    sync_folder(target.parent)


@contextmanager
def together() -> Iterator[None]:
    """What is moved and noted inside is brought to the disk at its end, side by side. Nothing may be promised before."""
    paths: set[Path] = set()
    token = _put_off.set(paths)
    try:
        yield
    finally:
        _put_off.reset(token)
    bring(paths)


def bring(paths: Collection[Path]) -> None:
    """Brings files and the names in folders to the disk, side by side."""
    if not paths:
        return
    with ThreadPoolExecutor(min(_SIDE_BY_SIDE, len(paths))) as side_by_side:
        list(side_by_side.map(_bring, paths))


def sync_folder(path: Path) -> None:
    """Brings the names in a folder to the disk; a file likewise. Inside `together` at its end."""
    waiting = _put_off.get()
    if waiting is None:
        _bring(path)
    else:
        waiting.add(path)


def _bring(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
