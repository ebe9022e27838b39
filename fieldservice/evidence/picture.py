"""What a picture is, found out by `decoder.py` in a process of its own: no stranger's file is opened in this one."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fieldservice.core import files, fonts
from fieldservice.core.programs import NoAnswer, Programs

VIEW = "view.jpg"
THUMB = "thumb.jpg"

#: each gives up after 30 s by itself
_decoders = Programs(Path(__file__).with_name("decoder.py"), patience_seconds=40)


@dataclass(frozen=True)
class Found:
    """The verdict on a picture; `why` is '' when it is usable."""

    why: str
    #: 'JPEG', 'PNG', 'WEBP', 'HEIC'; '' when it is unusable
    format: str = ""
    #: pixels, upright; None when it is unusable
    width: int | None = None
    height: int | None = None
    #: what it looks like (`prints.py`); '' when it is unusable, or shows nothing of its own
    look: str = ""
    #: most memory its process had, kilobytes
    peak_kb: int = 0


@dataclass(frozen=True)
class Drawing:
    """A copy with something drawn on it: a stamp (`rows`) or mark-up (`shapes`, as `drawing.py` says)."""

    #: of the variant beside the bytes
    name: str
    #: pixels of its longer edge at most, without the stamp
    side: int
    #: of JPEG; less where it would have more bytes than `most_bytes`
    quality: int
    #: 0: as many as it takes
    most_bytes: int = 0
    rows: Sequence[Sequence[str]] | None = None
    shapes: Sequence[dict[str, Any]] | None = None

    def request(self, path: Path) -> dict[str, Any]:
        """As the decoder is asked for it."""
        drawn = {"rows": self.rows} if self.rows is not None else {"shapes": self.shapes}
        return {"path": str(path), "side": self.side, "quality": self.quality, "most": self.most_bytes, **drawn}


class NoVerdict(RuntimeError):
    """The picture could not be looked at, through no fault of its own; try again later."""


def look(path: Path, sha256: str, draws: Sequence[Drawing] = ()) -> Found:
    """Looks at the bytes at `path` and keeps the small copies, and those drawn on, under `sha256` when it is usable.

    Takes up to a minute and some 300 MB in another process, whatever the bytes are. Raises NoVerdict.
    """
    return _look(path, sha256, draws, small=(VIEW, THUMB))


def draw(path: Path, sha256: str, draws: Sequence[Drawing]) -> Found:
    """Makes only copies that are drawn on. As `look` otherwise."""
    return _look(path, sha256, draws, small=())


def _look(path: Path, sha256: str, draws: Sequence[Drawing], *, small: tuple[str, ...]) -> Found:
    with files.variants_of(sha256, (*small, *(one.name for one in draws))) as drafts:
        request: dict[str, Any] = {"path": str(path)}
        if small:
            request |= {"view": str(drafts[VIEW]), "thumb": str(drafts[THUMB])}
        if draws:
            request |= {"draws": [one.request(drafts[one.name]) for one in draws], "font": str(fonts.sans())}
        answer = _ask(request)
        if "failed" in answer:
            raise NoVerdict(answer["failed"])
        return Found(**answer)


def small_copy(path: Path, side: int) -> tuple[Found, bytes]:
    """Looks at the bytes at `path` and makes one upright JPEG of at most `side` pixels a side; b"" when it is unusable.

    As long and as large as `look`. Raises NoVerdict.
    """
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        view, thumb = Path(folder) / VIEW, Path(folder) / THUMB
        answer = _ask({"path": str(path), "view": str(view), "thumb": str(thumb), "side": side})
        answer.pop("crashed", None)
        if "failed" in answer:
            raise NoVerdict(answer["failed"])
        found = Found(**answer)
        return found, b"" if found.why else thumb.read_bytes()


def has_variants(sha256: str) -> bool:
    """Whether the small copies are there; they can be made again."""
    return all(files.variant_path(sha256, name).is_file() for name in (VIEW, THUMB))


def _ask(request: dict[str, Any]) -> dict[str, Any]:
    try:
        return _decoders.ask(request)
    except NoAnswer as error:
        raise NoVerdict(str(error)) from error
