"""What stands in an exported file, whatever the app that wrote it (docs/sync-protocol.md, "Rescue").

A file is read in pieces and never as a whole: a day's photos are more than a server should hold in memory, and what
claims to be small may be large.
"""

import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

from fieldservice.core import json, sealing
from fieldservice.core.ids import is_id
from fieldservice.core.json import BadJson
from fieldservice.core.sealing import CannotOpen

FORMAT = "fieldservice-unsent"
_PIECE_BYTES = 64 * 1024
#: acts of several weeks, signatures included
_MOST_HEAD_BYTES = 16 * 1024 * 1024
#: a photo of 30 MB as base64, and what is said of it
_MOST_LINE_BYTES = 42 * 1024 * 1024
_FILES = b' "files": ['
_BYTES = b',"base64":"'


class CannotRead(Exception):
    """`code`: 'rescue_unreadable', 'rescue_cut_short', or as `sealing.CannotOpen`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Head:
    """What a file says of itself, and the operations as the phone wrote them."""

    #: 1 (acts alone), 2 (with photos), 3 (2, sealed)
    format_version: int
    person_id: str
    client_id: str
    #: the phone's clock; None: not said
    exported_ms: int | None
    #: how far that clock was ahead at the last contact; None: not said
    clock_off_ms: int | None
    ops: list[Any]


@dataclass(frozen=True)
class Photo:
    """Bytes that are only in this file."""

    #: id of the operation that announced it
    id: str
    sha256: str
    #: None: the phone had lost them
    data: bytes | None


def check(path: Path, keys: Sequence[str]) -> Head:
    """The head of a file that is whole and well-formed to its end. Raises CannotRead."""
    with path.open("rb") as file:
        head, photos = _contents(file, keys)
        for _photo in photos:
            pass
    return head


def photos_of(path: Path, keys: Sequence[str]) -> Iterator[Photo]:
    """The photos of a file that was checked, one at a time. Raises CannotRead."""
    with path.open("rb") as file:
        _head, photos = _contents(file, keys)
        yield from photos


def _contents(file: IO[bytes], keys: Sequence[str]) -> tuple[Head, Iterator[Photo]]:
    first = file.readline(sealing.HEADER_BYTES + 1)
    file.seek(0)
    is_sealed = sealing.is_sealed(first)
    lines = _lines(_proven(sealing.opened(file, keys)) if is_sealed else iter(lambda: file.read(_PIECE_BYTES), b""))
    text = _head_text(lines)
    return _head(text, is_sealed=is_sealed), _photos(lines, text)


def _proven(pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    except CannotOpen as error:
        raise CannotRead(error.code) from error


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    begun: list[bytes] = []
    size = 0
    for piece in pieces:
        *ends, rest = piece.split(b"\n")
        for end in ends:
            yield b"".join([*begun, end])
            begun, size = [], 0
        begun.append(rest)
        size += len(rest)
        if size > _MOST_LINE_BYTES:
            raise CannotRead("rescue_unreadable")
    yield b"".join(begun)


@dataclass
class _HeadText:
    """The lines before the photos, and what follows on the line where those begin; None: this file has none."""

    content: bytes
    files: bytes | None


def _head_text(lines: Iterator[bytes]) -> _HeadText:
    found: list[bytes] = []
    size = 0
    for line in lines:
        if line.startswith(_FILES):
            return _HeadText(b"\n".join(found).removesuffix(b",") + b"}", line[len(_FILES) :])
        found.append(line)
        size += len(line) + 1
        if size > _MOST_HEAD_BYTES:
            raise CannotRead("rescue_unreadable")
    return _HeadText(b"\n".join(found), None)


def _head(text: _HeadText, *, is_sealed: bool) -> Head:
    try:
        said = json.loads(text.content)
    except BadJson as error:
        # begun as ours is begun: its end is missing
        is_ours = text.content.lstrip().startswith(b'{\n "format": "' + FORMAT.encode())
        raise CannotRead("rescue_cut_short" if is_ours else "rescue_unreadable") from error
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise CannotRead("rescue_unreadable")
    version, person_id, client_id = (said.get(name) for name in ("format_version", "person_id", "client_id"))
    has_list = text.files is not None or said.get("files") == []  # without photos it may be written otherwise
    is_known = version == (2 if has_list else 1) and not isinstance(version, bool)
    if not (is_known and isinstance(said.get("ops"), list) and is_id(person_id) and is_id(client_id)):
        raise CannotRead("rescue_unreadable")
    return Head(
        format_version=3 if is_sealed else 2 if has_list else 1,
        person_id=str(person_id),
        client_id=str(client_id),
        exported_ms=_moment(said.get("exported_at_ms")),
        clock_off_ms=_whole(said.get("clock_off_ms")),
        ops=said["ops"],
    )


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 50 else None


def _moment(value: Any) -> int | None:
    found = _whole(value)
    return found if found is not None and found >= 0 else None


def _photos(lines: Iterator[bytes], text: _HeadText) -> Iterator[Photo]:
    """Each stands on a line of its own, with a comma behind it or the end of the list."""
    is_last = text.files is None
    if text.files == b"]":
        is_last = True
    elif text.files:
        raise CannotRead("rescue_unreadable")
    while not is_last:
        line = _next(lines).strip()
        is_last = line.endswith(b"]")
        yield _photo(line[:-1] if line[-1:] in (b",", b"]") else _cut())
    if text.files is not None and (end := _next(lines).strip()) != b"}":
        raise CannotRead("rescue_unreadable" if end else "rescue_cut_short")
    if any(line.strip() for line in lines):
        raise CannotRead("rescue_unreadable")


def _next(lines: Iterator[bytes]) -> bytes:
    found = next(lines, None)
    return _cut() if found is None else found


def _cut() -> NoReturn:
    raise CannotRead("rescue_cut_short")


def _photo(line: bytes) -> Photo:
    about, mark, content = line.rpartition(_BYTES)
    try:
        said = json.loads(about + b"}")
        data = binascii.a2b_base64(content.removesuffix(b'"}'), strict_mode=True)
    except (BadJson, binascii.Error) as error:
        raise CannotRead("rescue_unreadable") from error
    if not (mark and content.endswith(b'"}') and isinstance(said, dict) and is_id(said.get("id"))):
        raise CannotRead("rescue_unreadable")
    lost = not data and said.get("size") != 0
    return Photo(id=said["id"], sha256=str(said.get("sha256", "")), data=None if lost else data)
