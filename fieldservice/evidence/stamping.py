"""Stamped copies of photos: what is known of a photo, in words below its picture. The file that came is never touched.

Two copies in each language, one to look at and one for reports, stand beside the bytes as variants: they are made when a
picture is checked and again when they are missing. What is written comes from a feature below: evidence knows no jobs.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from fieldservice.core import files
from fieldservice.core.errors import NotFound
from fieldservice.core.i18n import LANGUAGES
from fieldservice.evidence import picture
from fieldservice.evidence.models import UNUSABLE, USABLE, VERIFIED, Evidence
from fieldservice.evidence.picture import Drawing

#: rows of words, each of parts that follow one another (`drawing.stamped`); in the language given
Words = Callable[[Evidence, str], Sequence[Sequence[str]]]


@dataclass(frozen=True)
class _Size:
    """A kind of copy: pixels of the longer edge without the words, quality, bytes at most (0: any)."""

    kind: str
    side: int
    quality: int
    most_bytes: int = 0


_LOOK = _Size("stamp", 1600, 82)
#: six of them beside 80 kB of words, fonts and seal are a report of less than 250 kB, whatever they show
_REPORT = _Size("report", 480, 38, 27_000)
#: all there are
SIZES = (_LOOK, _REPORT)

#: copies made with one look; the same file as evidence of many photos: the others are made when they are asked for
_MOST_AT_ONCE = 16

_writers: list[Words] = []


def writes_stamps(function: Words) -> Words:
    """Registers what a stamp says. Registering it twice changes nothing."""
    if function not in _writers:
        _writers.append(function)
    return function


def stamped_path(evidence: Evidence, language: str) -> Path:
    """Where the copy to look at is when it is there."""
    return files.variant_path(evidence.sha256, _name(evidence, _LOOK.kind, language))


def stamped(evidence: Evidence, language: str) -> Path:
    """The copy to look at, 1480 pixels and the words below; made now when it is missing.

    Takes up to a minute in another process. Raises NotFound 'unusable', 'not_ready' (not come or not checked yet),
    picture.NoVerdict.
    """
    return _made(evidence, _LOOK, language)


def report_copy(evidence: Evidence, language: str) -> Path:
    """The copy for reports, 480 pixels and the words below, hardly ever more than 27 kB. As `stamped` otherwise."""
    return _made(evidence, _REPORT, language)


def _made(evidence: Evidence, size: _Size, language: str) -> Path:
    blob, path = evidence.blob, files.variant_path(evidence.sha256, _name(evidence, size.kind, language))
    if blob.picture == UNUSABLE:
        raise NotFound("unusable", why=blob.why)
    if blob.state != VERIFIED or blob.picture != USABLE:
        raise NotFound("not_ready")
    if not path.is_file():
        picture.draw(files.path_of(blob.sha256), blob.sha256, [_drawing(evidence, size, language)])
    if not path.is_file():
        raise NotFound("not_ready")
    return path


def missing_of(photos: Iterable[Evidence]) -> list[Drawing]:
    """The stamped copies of these photos that are not there, as many as are made at once."""
    wanted = ((photo, size, language) for photo in photos for size in SIZES for language in LANGUAGES)
    missing = ((photo, size, language) for photo, size, language in wanted
               if not files.variant_path(photo.sha256, _name(photo, size.kind, language)).is_file())  # fmt: skip
    return [_drawing(*one) for one in islice(missing, _MOST_AT_ONCE)]


def copies_of(evidence: Evidence) -> list[Path]:
    """Where all of them would be."""
    names = [_name(evidence, size.kind, language) for size in SIZES for language in LANGUAGES]
    return [files.variant_path(evidence.sha256, name) for name in names]


def _drawing(evidence: Evidence, size: _Size, language: str) -> Drawing:
    rows = [list(row) for write in _writers for row in write(evidence, language)]
    return Drawing(_name(evidence, size.kind, language), size.side, size.quality, size.most_bytes, rows=rows)


def _name(evidence: Evidence, kind: str, language: str) -> str:
    return f"{evidence.id}.{kind}.{language}.jpg"
