"""Pure rules of evidence: limits, and which photos count."""

import re
from datetime import datetime, timedelta
from typing import Protocol

#: tus refuses more before reading a byte (docs/sync-protocol.md, Uploads)
MOST_BYTES = 30 * 1024 * 1024
#: an unfinished upload may be thrown away after this; a phone can be without signal for days
UPLOAD_LIFE = timedelta(days=14)
#: kind of the operation that announces bytes
ANNOUNCES = "add_photo"

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


class ServedPicture(Protocol):
    """What a rule asks of the bytes."""

    @property
    def state(self) -> str: ...
    @property
    def picture(self) -> str: ...


class Photo(Protocol):
    """What a rule asks of a photo."""

    @property
    def is_void(self) -> bool: ...
    @property
    def is_late(self) -> bool: ...
    @property
    def opens(self) -> bool: ...
    @property
    def waived_at(self) -> datetime | None: ...
    @property
    def blob(self) -> ServedPicture: ...


def is_sha256(text: object) -> bool:
    """Whether `text` is 64 lower-case hex digits."""
    return isinstance(text, str) and _SHA256.match(text) is not None


def counts(evidence: Photo) -> bool:
    """Whether a photo fills its slot (docs/visit.md, "A photo counts")."""
    if evidence.is_void or evidence.is_late or not evidence.opens:
        return False
    return evidence.blob.picture != "unusable" or evidence.waived_at is not None
