"""What a PDF file holds, found out by `reader.py` in a process of its own: no stranger's file is opened in this one."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography import x509

from fieldservice.core.programs import NoAnswer, Programs

_PATIENCE_SECONDS = 30
#: each gives up after 20 s by itself
_readers = Programs(Path(__file__).with_name("reader.py"), patience_seconds=_PATIENCE_SECONDS, is_quiet=True)
#: files that are read side by side: each may take some 600 MB
_SIDE_BY_SIDE = threading.BoundedSemaphore(2)


class NoReading(RuntimeError):
    """The file could not be looked at, through no fault of its own; try again later."""


@dataclass(frozen=True)
class Seal:
    """A signature of the document."""

    #: 'file': all of it; 'revision': up to where something was added; 'unclear'
    covers: str
    #: bytes of the file it reaches to
    end: int
    #: nothing hides where its own bytes stand
    is_gap_clean: bool
    field: str
    subfilter: str
    #: what may change after it (DocMDP): 1 nothing; None: it does not say
    level: int | None
    #: the document says that this seal certifies it
    certifies: bool
    claimed_at: datetime | None
    #: PEM, the signer's first
    chain: tuple[str, ...]
    #: of the file up to its end
    sealed_sha256: str
    #: the bytes it covers are those that were sealed
    intact: bool
    #: the signature fits the signer's key
    valid: bool
    #: its certificates lead to one of the roots given
    trusted: bool
    #: fingerprint of that root
    root: str = ""
    #: what was added behind it is of a kind it allows
    allowed: bool = False
    level_of_change: str = ""
    is_read: bool = False
    why: str = ""

    @cached_property
    def certificate(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.chain[0].encode())


@dataclass(frozen=True)
class Stamp:
    """A time stamp of the document."""

    at: datetime | None
    intact: bool
    valid: bool
    #: its certificates lead to an authority that is known
    trusted: bool
    covers: str
    end: int
    authority: str
    chain: tuple[str, ...]
    is_gap_clean: bool = False
    why: str = ""

    @property
    def is_good(self) -> bool:
        """It dates these bytes, whoever made it."""
        return self.intact and self.valid and self.at is not None and self.is_gap_clean


@dataclass(frozen=True)
class Reading:
    """All that can be told from a file alone."""

    #: 'not_pdf', 'encrypted', 'unreadable', 'too_heavy'; '' it was read
    fault: str
    sha256: str = ""
    size: int = 0
    #: where its seals say that they end, as far as that stands in its bytes
    ends: tuple[int, ...] = ()
    #: something that looks like a seal stands in its bytes
    has_mark: bool = False
    #: the mark of a PDF's end stands near its end
    has_end: bool = False
    #: bytes that were read: less than `size` when what follows is no part of a PDF
    read_to: int = 0
    revisions: int = 0
    #: fields that are signatures of neither kind
    others: int = 0
    #: of attachments
    names: tuple[str, ...] = ()
    #: text of evidence.json as the file shows it now, and as it was when it was sealed; None: there is none
    evidence: str | None = None
    sealed_evidence: str | None = None
    seals: tuple[Seal, ...] = ()
    stamps: tuple[Stamp, ...] = ()
    #: most memory its process had, kilobytes
    peak_kb: int = field(default=0, compare=False)

    @property
    def seal(self) -> Seal | None:
        """The one seal; None: there is none, or several."""
        return self.seals[0] if len(self.seals) == 1 else None


def read(path: Path, *, roots: Iterable[str], times: Iterable[str] = ()) -> Reading:
    """Looks at a file. `roots`, `times`: certificates (PEM) that seals and time stamps may end at. Raises NoReading.

    Takes up to half a minute and some 600 MB in another process, whatever the file is.
    """
    if not _SIDE_BY_SIDE.acquire(timeout=_PATIENCE_SECONDS):
        raise NoReading("too many files at once")
    try:
        found = _readers.ask({"path": str(path.absolute()), "roots": list(roots), "times": list(times)})
    except NoAnswer as error:
        raise NoReading(str(error)) from error
    finally:
        _SIDE_BY_SIDE.release()
    if "failed" in found:
        raise NoReading(found["failed"])
    known = {one.name for one in fields(Reading)}
    plain = {name: value for name, value in _lively(found).items() if name in known}
    plain["seals"] = tuple(Seal(**_lively(one)) for one in found.get("seals", ()))
    plain["stamps"] = tuple(Stamp(**_lively(one)) for one in found.get("stamps", ()))
    return Reading(**plain)


def _lively(one: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in one.items()}
    for name in ("at", "claimed_at"):
        if found.get(name):
            found[name] = datetime.fromisoformat(found[name])
    return found
