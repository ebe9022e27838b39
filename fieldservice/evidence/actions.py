"""Changes of evidence: bytes are announced, taken in pieces, found whole; their picture is checked."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from fieldservice.accounts.models import Person
from fieldservice.accounts.queries import own_device
from fieldservice.core import events, files
from fieldservice.core.db import Base, db, table_of
from fieldservice.core.errors import AppError, Conflict, RuleBroken
from fieldservice.core.files import Draft
from fieldservice.core.ids import new_id
from fieldservice.evidence import queries
from fieldservice.evidence.events import BlobChanged, PictureChecked
from fieldservice.evidence.models import (
    ANNOUNCED,
    RECEIVING,
    UNCHECKED,
    UNUSABLE,
    USABLE,
    VERIFIED,
    Blob,
    PicturePrint,
    Upload,
)
from fieldservice.evidence.picture import Found
from fieldservice.evidence.prints import bands_of
from fieldservice.evidence.queries import Announced
from fieldservice.evidence.rules import UPLOAD_LIFE


class BytesDiffer(AppError):
    """What came is not what was said; `code`: 'checksum_differs' (this piece) or 'hash_differs' (the whole)."""

    status = 460  # tus 1.0.0, checksum


def announce_blob(sha256: str, size: int, media_type: str, *, at: datetime) -> Blob:
    """The row of these bytes, made when nobody has announced them before; two at once get the same.

    Raises RuleBroken('size_differs') when they are here and have another size. What somebody else announced and never
    sent proves nothing: a photo is not lost over it.
    """
    blob = _blob(sha256, size, media_type, at)
    if blob.state == VERIFIED and blob.size != size:
        raise RuleBroken("size_differs")
    return blob


def _blob(sha256: str, size: int, media_type: str, at: datetime) -> Blob:
    # looked for first: an insert would wait for whoever is changing the row, and they may wait for us
    found = db.session.get(Blob, sha256)
    if found is None:
        _insert_once(Blob, ["sha256"], sha256=sha256, size=size, media_type=media_type[:60], state=ANNOUNCED,
                     announced_at=at, picture=UNCHECKED, why="", format="")  # fmt: skip
    return found or db.session.get_one(Blob, sha256)


def _insert_once(table: type[Base], key: list[str], **values: object) -> None:
    """Adds a row unless there is one with the same key, also when somebody adds it at this moment."""
    connection = db.session.connection()
    connection.execute(_insert_unless_there(table, tuple(key), connection.dialect.name), values)


@cache
def _insert_unless_there(table: type[Base], key: tuple[str, ...], dialect: str) -> Any:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table_of(table)).on_conflict_do_nothing(index_elements=key)


def open_upload(device_id: str, evidence_id: str, sha256: str, length: int, *, by: Person, at: datetime) -> Upload:
    """The upload of these bytes for this evidence from this phone, held until the commit; asked for again, the same one.

    Raises Conflict('evidence_unknown') when no operation of this person announced them, and as `own_device`.
    """
    return _upload(own_device(device_id, by, even_blocked=True).id, evidence_id, sha256, length, by=by, at=at)


def take_carried(
    device_id: str, evidence_id: str, draft: Draft, sha256: str, *, by: Person, at: datetime
) -> bool:
    """Takes the whole bytes of a photo that came in a file, once; False: they were here. The caller commits.

    `by` took the photo, on a phone that may be blocked by now: what became of its operation says what it is worth.
    Raises Conflict('evidence_unknown'), BytesDiffer('hash_differs').
    """
    if draft.sha256 != sha256:
        raise BytesDiffer("hash_differs")
    upload = _upload(device_id, evidence_id, sha256, draft.size, by=by, at=at)
    if upload.finished_at is not None and files.is_whole(sha256, upload.length):
        return False
    was_here = queries.is_here(evidence_id, sha256, by)
    _finish(upload, draft.path, draft.sha256, at)
    return not was_here


def _upload(device_id: str, evidence_id: str, sha256: str, length: int, *, by: Person, at: datetime) -> Upload:
    media_type = queries.media_type_announced(evidence_id, sha256, by)
    if media_type is None:
        raise Conflict("evidence_unknown")
    upload = _held_upload(Announced(evidence_id, sha256, media_type, device_id, by.id), length, at)
    upload.expires_at = at + UPLOAD_LIFE
    if upload.length != length and upload.finished_at is None:
        files.partial_path(upload.id).unlink(missing_ok=True)
        upload.length, upload.received = length, 0
    return upload


_HELD_UPLOAD = (
    sa.select(Upload)
    .filter_by(**{name: sa.bindparam(name) for name in ("device_id", "evidence_id", "sha256")})
    .with_for_update()
    .execution_options(populate_existing=True)
)


def _held_upload(announced: Announced, length: int, at: datetime) -> Upload:
    _blob(announced.sha256, length, announced.media_type, at)
    key = {"device_id": announced.device_id, "evidence_id": announced.evidence_id, "sha256": announced.sha256}
    _insert_once(Upload, list(key), id=new_id(), person_id=announced.person_id, length=length, received=0,
                 created_at=at, expires_at=at + UPLOAD_LIFE, **key)  # fmt: skip
    return db.session.scalars(_HELD_UPLOAD, key).one()


def take_part(
    device_id: str, evidence_id: str, sha256: str, length: int, draft: Draft, *, by: Person, at: datetime
) -> Upload:
    """Takes what came of one photo in a bundle: all of it, its beginning when the line was cut, nothing when it is only
    asked how far it is. Whole bytes end whatever there was of an upload before. The caller brings it to the disk.

    Raises as `open_upload`, and BytesDiffer('hash_differs').
    """
    is_whole = draft.size == length
    upload = open_upload(device_id, evidence_id, sha256, length, by=by, at=at)
    reached = queries.reached(upload)
    if is_whole and not (upload.finished_at is not None and reached == length):
        _finish(upload, draft.path, draft.sha256, at)
    elif 0 == reached < draft.size:
        take_piece(upload, draft, offset=0, at=at)
    return upload


def take_piece(upload: Upload, draft: Draft, *, offset: int, at: datetime) -> None:
    """Adds bytes to an upload that is held; with the last of them it is hashed and becomes `verified`.

    The bytes are on the disk when this returns. Raises Conflict('offset_differs'), AppError('bad_request') for more than
    was declared, BytesDiffer('hash_differs').
    """
    if queries.reached(upload) != offset:
        raise Conflict("offset_differs")
    if offset + draft.size > upload.length:
        raise AppError("bad_request", fields=["Upload-Length"])
    if upload.finished_at is not None and files.is_whole(upload.sha256, upload.length):
        return  # nothing is missing, and nothing was brought
    upload.finished_at = None  # finished before, but the disk has lost it
    partial = files.partial_path(upload.id)
    is_whole = offset + draft.size == upload.length
    if is_whole and offset == 0:
        _finish(upload, draft.path, draft.sha256, at)
        return
    files.extend(partial, offset, draft)
    if is_whole:
        _finish(upload, partial, files.sha256_of(partial), at)
        return
    upload.received, upload.expires_at = offset + draft.size, at + UPLOAD_LIFE
    _note_receiving(upload)


def _finish(upload: Upload, path: Path, sha256: str, at: datetime) -> None:
    partial = files.partial_path(upload.id)
    if sha256 != upload.sha256:
        partial.unlink(missing_ok=True)
        raise BytesDiffer("hash_differs")
    files.keep(path, sha256)
    files.note_sender(sha256, upload.person_id)
    partial.unlink(missing_ok=True)
    _note_whole(upload, at)


def _note_whole(upload: Upload, at: datetime) -> None:
    upload.received, upload.finished_at = upload.length, at
    blob = db.session.get_one(Blob, upload.sha256)
    if blob.state != VERIFIED:
        # the size, too, is now known; whoever announced another one was mistaken
        blob.state, blob.verified_at, blob.size = VERIFIED, at, upload.length
        events.publish(BlobChanged(blob.sha256))


def take_found(announced: Announced, size: int, *, at: datetime) -> None:
    """Bytes that are on the disk and hash to their name, brought by who announced them now: as if they had just come.

    So it is after the database was put back: it does not know of them any more, and their phone has let them go.
    """
    upload = _held_upload(announced, size, at)
    if upload.finished_at is None:
        files.partial_path(upload.id).unlink(missing_ok=True)
        upload.length = size
        _note_whole(upload, at)


def note_lost(sha256: str) -> None:
    """Verified bytes that are not on the disk any more are waited for again: a phone that still has them sends them."""
    blob = db.session.get_one(Blob, sha256, with_for_update={"key_share": True}, populate_existing=True)
    if blob.state == VERIFIED and not files.is_whole(sha256, blob.size):
        blob.state, blob.verified_at = ANNOUNCED, None
        events.publish(BlobChanged(sha256))


def _note_receiving(upload: Upload) -> None:
    blob = db.session.get_one(Blob, upload.sha256)
    if blob.state == ANNOUNCED:
        blob.state = RECEIVING
        events.publish(BlobChanged(blob.sha256))


def throw_away(upload: Upload) -> None:
    """Forgets an upload that is held and not whole; one that is whole is evidence and stays."""
    if upload.finished_at is None:
        files.partial_path(upload.id).unlink(missing_ok=True)
        db.session.delete(upload)


def throw_away_expired(*, at: datetime) -> int:
    """Forgets every upload that has waited too long for its rest; how many. Commits each: a phone may be waiting."""
    query = sa.select(Upload.id).where(Upload.finished_at.is_(None), Upload.expires_at < at)
    expired = list(db.session.scalars(query.limit(500)))
    db.session.rollback()
    for upload_id in expired:
        held = sa.select(Upload).filter_by(id=upload_id).with_for_update()
        upload = db.session.scalar(held.execution_options(populate_existing=True))
        if upload is not None and upload.finished_at is None and upload.expires_at < at:
            throw_away(upload)
        db.session.commit()
    return len(expired)


def note_picture(sha256: str, found: Found, *, at: datetime) -> None:
    """Writes down what the picture check found; found again the same, nothing changes."""
    # weak enough for the photos that refer to it: who writes one down holds jobs, which we will want
    blob = db.session.get_one(Blob, sha256, with_for_update={"key_share": True}, populate_existing=True)
    before, looked = (blob.picture, blob.why), blob.look
    blob.picture, blob.why = (UNUSABLE if found.why else USABLE), found.why
    blob.format, blob.width, blob.height = found.format, found.width, found.height
    blob.checked_at = at
    blob.look = None if found.why else found.look
    if found.look and looked != found.look:
        _note_print(sha256, found.look)
    if (blob.picture, blob.why) != before:
        events.publish(BlobChanged(sha256))
    if blob.look is not None and blob.look != looked:
        events.publish(PictureChecked(sha256))


def _note_print(sha256: str, look: str) -> None:
    bands = {f"band_{number}": band for number, band in enumerate(bands_of(look))}
    db.session.merge(PicturePrint(sha256=sha256, look=look, **bands))
