"""Pure rules of evidence: limits, and which photos count."""

import re
from datetime import datetime, timedelta
from typing import Protocol

#: tus refuses more before reading a byte (docs/sync-protocol.md, Uploads)
MOST_BYTES = 30 * 1024 * 1024
#: of one request with several photos, and of what says which; a photo that is larger goes by itself
MOST_BUNDLE_BYTES = 8 * 1024 * 1024
MOST_HEAD_BYTES = 16 * 1024
MOST_PARTS = 64
#: an unfinished upload may be thrown away after this; a phone can be without signal for days
UPLOAD_LIFE = timedelta(days=14)
#: kind of the operation that announces bytes
ANNOUNCES = "add_photo"

#: bytes that nobody could look at for so long are a matter for people: the machine is overloaded, or they are too much
CHECK_PATIENCE = timedelta(hours=1)
_LONGEST_PAUSE = timedelta(hours=1)

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


class ServedPicture(Protocol):
    """What a rule asks of the bytes."""

    @property
    def state(self) -> str: ...
    @property
    def picture(self) -> str: ...
    @property
    def verified_at(self) -> datetime | None: ...


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


def pause_after(tries: int) -> timedelta:
    """How long to wait after that many looks at a picture that gave no verdict: 2, 4, 8 … minutes, at most an hour."""
    return min(timedelta(minutes=2 ** min(tries, 10)), _LONGEST_PAUSE)


def is_left_unchecked(blob: ServedPicture, at: datetime) -> bool:
    """Whether its picture could not be checked for so long that somebody should decide. It is still tried."""
    since = blob.verified_at if (blob.state, blob.picture) == ("verified", "unchecked") else None
    return since is not None and since <= at - CHECK_PATIENCE


def counts(evidence: Photo) -> bool:
    """Whether a photo fills its slot (docs/visit.md, "A photo counts")."""
    if evidence.is_void or evidence.is_late or not evidence.opens:
        return False
    return evidence.blob.picture != "unusable" or evidence.waived_at is not None
