"""Reads of evidence."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.accounts.queries import own_device
from fieldservice.core import files, json
from fieldservice.core.db import ask, db, table_of
from fieldservice.core.errors import NotFound
from fieldservice.core.oplog import LogEntry
from fieldservice.evidence.models import UNCHECKED, USABLE, VERIFIED, Blob, Evidence, PicturePrint, Upload
from fieldservice.evidence.prints import are_alike, bands_of
from fieldservice.evidence.rules import ANNOUNCES, is_sha256

#: looked into at once; the rest a minute later
_MOST_FORGOTTEN = 500
#: looked at a minute: pictures that came before looks were found out
_MOST_WITHOUT_LOOK = 30
#: compared one by one; pictures that are all the same to us do not hold up anybody
_MOST_ALIKE = 5_000


@dataclass(frozen=True)
class Announced:
    """Bytes that an operation named, whatever became of the operation."""

    evidence_id: str
    sha256: str
    media_type: str
    device_id: str
    person_id: str


def blobs_of(hashes: Collection[str]) -> list[Blob]:
    """The rows of these bytes, as far as there are any; one query."""
    return list(db.session.scalars(sa.select(Blob).where(Blob.sha256.in_(hashes))))


def evidence_with(sha256: str) -> list[Evidence]:
    """The photos with these bytes, the oldest first: the same file can be evidence of several jobs."""
    return list(db.session.scalars(sa.select(Evidence).filter_by(sha256=sha256).order_by(Evidence.id)))


def proven_evidence_with(sha256: str) -> list[Evidence]:
    """As `evidence_with`, without photos whose author has never sent these bytes: whoever learned a hash and wrote it
    into a photo of an own job would otherwise be shown somebody else's picture.
    """
    sent = sa.select(Upload.person_id).where(Upload.sha256 == sha256, Upload.finished_at.is_not(None))
    query = sa.select(Evidence).where(Evidence.sha256 == sha256, Evidence.by_id.in_(sent))
    return list(db.session.scalars(query.order_by(Evidence.id)))


def alike_with(looks: Mapping[str, str]) -> dict[str, set[str]]:
    """Hash → hashes of other files whose pictures look like it, of these (hash → look); one query.

    Found by bands of the look: pictures that differ in few bits have one in common.
    """
    wanted = {sha256: look for sha256, look in looks.items() if look}
    if not wanted:
        return {}
    columns = (PicturePrint.band_0, PicturePrint.band_1, PicturePrint.band_2, PicturePrint.band_3)
    bands = zip(*(bands_of(look) for look in wanted.values()), strict=True)
    has_one = sa.or_(*(column.in_(set(some)) for column, some in zip(columns, bands, strict=True)))
    query = sa.select(PicturePrint.sha256, PicturePrint.look).where(has_one).limit(_MOST_ALIKE)
    found: dict[str, set[str]] = defaultdict(set)
    for other in db.session.execute(query):
        for sha256, look in wanted.items():
            if other.sha256 != sha256 and are_alike(look, other.look):
                found[sha256].add(other.sha256)
    return found


def without_look() -> list[str]:
    """Hashes of usable pictures of which nobody has found out yet what they look like."""
    query = sa.select(Blob.sha256).where(Blob.look.is_(None), Blob.picture == USABLE, Blob.state == VERIFIED)
    return list(db.session.scalars(query.limit(_MOST_WITHOUT_LOOK)))


def unchecked_since(moment: datetime, *, without: Collection[str] = ()) -> list[str]:
    """Hashes of bytes that were whole before `moment` and whose picture has no verdict, the oldest first."""
    query = sa.select(Blob.sha256).where(
        Blob.picture == UNCHECKED, Blob.state == VERIFIED, Blob.verified_at < moment, Blob.sha256.not_in(without)
    )
    return list(db.session.scalars(query.order_by(Blob.verified_at).limit(_MOST_FORGOTTEN)))


def waited_for() -> list[str]:
    """Hashes of bytes that are not known to be here, the newest first."""
    query = sa.select(Blob.sha256).where(Blob.picture == UNCHECKED, Blob.state != VERIFIED)
    return list(db.session.scalars(query.order_by(Blob.announced_at.desc()).limit(_MOST_FORGOTTEN)))


def is_here(evidence_id: str, sha256: str, person: Person) -> bool:
    """Whether this person's bytes have come before, from whatever phone."""
    query = sa.select(Upload.length).filter_by(evidence_id=evidence_id, sha256=sha256, person_id=person.id)
    length = db.session.scalar(query.where(Upload.finished_at.is_not(None)).limit(1))
    return length is not None and files.is_whole(sha256, length)


def reached(upload: Upload) -> int:
    """How many bytes of an upload are really here: what the row says, or less when the disk has lost some."""
    if upload.finished_at is not None:
        return upload.length if files.is_whole(upload.sha256, upload.length) else 0
    return min(upload.received, files.size_of(files.partial_path(upload.id)))


def own_upload(upload_id: str, person: Person, *, hold: bool = False) -> Upload:
    """An upload of this person, also from a blocked phone: its last delivery. `hold`: nobody else changes it until the
    commit. Raises NotFound.
    """
    query = sa.select(Upload).filter_by(id=upload_id, person_id=person.id)
    if hold:
        query = query.with_for_update().execution_options(populate_existing=True)
    upload = db.session.scalar(query)
    if upload is None:
        raise NotFound()
    own_device(upload.device_id, person, even_blocked=True)
    return upload


_LOG = table_of(LogEntry).c
_SAID = sa.select(_LOG.body).where(
    _LOG.id == sa.bindparam("op_id"), _LOG.person_id == sa.bindparam("person_id"), _LOG.kind == ANNOUNCES
)


def media_type_announced(evidence_id: str, sha256: str, person: Person) -> str | None:
    """What this person's operation said of the bytes, '' for nothing; None: there is no such operation.

    Whatever became of the operation: the bytes belong to it.
    """
    body = ask(_SAID, op_id=evidence_id, person_id=person.id).scalar()
    named, media_type = _named_in(body)
    return media_type if named == sha256 else None


def announced_by(evidence_id: str) -> Announced | None:
    """What the operation of a phone with this id announced; None: there is none, or it named no hash."""
    query = sa.select(LogEntry.body, LogEntry.device_id, LogEntry.person_id).filter_by(id=evidence_id, kind=ANNOUNCES)
    row = db.session.execute(query).one_or_none()
    if row is None or row.device_id is None or row.person_id is None:
        return None
    sha256, media_type = _named_in(row.body)
    return Announced(evidence_id, sha256, media_type, row.device_id, row.person_id) if is_sha256(sha256) else None


def _named_in(body: str | None) -> tuple[str, str]:
    """Hash and media type in an operation's body; '' for what is not there."""
    args = json.loads(body).get("args", {}) if body else {}
    found = [args.get(name) for name in ("sha256", "media_type")]
    sha256, media_type = (value if isinstance(value, str) else "" for value in found)
    return sha256, media_type


def announced_after(last_id: str) -> list[str]:
    """Ids of the next operations that announced bytes of which none have come whole, in their order."""
    finished = sa.select(Upload.id).where(Upload.evidence_id == LogEntry.id, Upload.finished_at.is_not(None))
    query = sa.select(LogEntry.id).where(LogEntry.kind == ANNOUNCES, LogEntry.id > last_id, ~finished.exists())
    return list(db.session.scalars(query.order_by(LogEntry.id).limit(_MOST_FORGOTTEN)))


def verified_after(last_sha256: str) -> list[tuple[str, int]]:
    """(hash, size) of the next verified bytes, in their order."""
    query = sa.select(Blob.sha256, Blob.size).where(Blob.state == VERIFIED, Blob.sha256 > last_sha256)
    found = db.session.execute(query.order_by(Blob.sha256).limit(_MOST_FORGOTTEN))
    return [(row.sha256, row.size) for row in found]


def senders_after(last_sha256: str) -> list[tuple[str, list[str]]]:
    """(hash, ids of the people who sent it whole) of the next bytes, in their order."""
    some = sa.select(Upload.sha256).where(Upload.finished_at.is_not(None), Upload.sha256 > last_sha256)
    hashes = list(db.session.scalars(some.distinct().order_by(Upload.sha256).limit(_MOST_FORGOTTEN)))
    query = sa.select(Upload.sha256, Upload.person_id).where(Upload.finished_at.is_not(None), Upload.sha256.in_(hashes))
    found: dict[str, list[str]] = {sha256: [] for sha256 in hashes}
    for row in db.session.execute(query):
        found[row.sha256].append(row.person_id)
    return list(found.items())
