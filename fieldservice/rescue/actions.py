"""Taking in what a phone exported: the file is kept whole first, then gone through. Doing it again changes nothing."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import IntegrityError

from fieldservice.accounts.actions import note_access, note_device
from fieldservice.accounts.models import Person
from fieldservice.core import files
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, Conflict, NotAllowed, TooMany
from fieldservice.core.files import Draft
from fieldservice.core.i18n import gettext as _
from fieldservice.core.oplog import log_office_edit
from fieldservice.evidence.actions import BytesDiffer
from fieldservice.evidence.actions import take_carried as take_photo
from fieldservice.rescue import queries, reading, rules
from fieldservice.rescue.models import RescueFile
from fieldservice.rescue.reading import CannotRead, Head, Photo
from fieldservice.sync.actions import Carried, readable, take_carried


class NothingThere(AppError):
    """The file has no bytes."""

    status = 422


def keep(draft: Draft, file_name: str, *, by: Person, at: datetime, address: str = "") -> str:
    """Puts a file that was brought in its place and writes down who brought it; the id of its row. Commits.

    The same file again is the same row. Raises NothingThere, TooMany.
    """
    if not draft.size:
        raise NothingThere("file_empty")
    known = queries.id_of(draft.sha256)
    if known is None:
        _check_rate(by, at)
    files.keep_rescue(draft)  # also when it is known: the disk may have lost it
    if known is not None:
        return known
    row = RescueFile(sha256=draft.sha256, size=draft.size, file_name=file_name[:200], brought_by_id=by.id,
                     brought_at=at, state=rules.OPEN, outcome={})  # fmt: skip
    db.session.add(row)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        return str(queries.id_of(draft.sha256))  # brought twice at one moment
    note_access("rescue_brought", by=by, at=at, subject=row, address=address)
    row_id = row.id
    db.session.commit()
    return row_id


def _check_rate(by: Person, at: datetime) -> None:
    query = sa.select(sa.func.count(RescueFile.id)).where(
        RescueFile.brought_by_id == by.id, RescueFile.brought_at > at - rules.A_DAY)
    if (db.session.scalar(query) or 0) >= rules.MOST_A_DAY:
        raise TooMany("too_many_tries", wait_seconds=3600)


def go_through(row_id: str, *, by_id: str, at: datetime, aside: str = "") -> None:
    """Takes what the file holds, in its author's name and in steps that are each committed: what a killed process has
    left is gone on with by doing it again.

    Nothing is taken of a file that is not whole, not ours, or of somebody `by` may not act for: its row says why.
    `aside`: as that of `Carried`.
    """
    row, by = db.session.get_one(RescueFile, row_id), db.session.get_one(Person, by_id)
    path, keys = files.rescue_path(row.sha256), _keys()
    try:
        head = reading.check(path, keys)
    except (CannotRead, FileNotFoundError) as error:
        _keep_only(row_id, getattr(error, "code", "rescue_gone"), at)
        return
    author = queries.author_for(by, head.person_id)
    if author is None:
        _keep_only(row_id, "rescue_person_unknown", at)
        return
    author_id = author.id
    try:
        note_device(head.client_id, author, _("Phone of a rescued file"), at=at)
        row.author_id, row.client_id, row.format_version = author_id, head.client_id, head.format_version
        db.session.commit()
        outcome = _take_ops(head, author_id, by_id, at, aside)
        outcome["photos"] = _take_photos(reading.photos_of(path, keys), head.client_id, author_id, at)
    except (Conflict, NotAllowed) as error:
        db.session.rollback()
        _keep_only(row_id, error.code, at)
        return
    _done(row_id, outcome, by_id, at)


def _take_ops(head: Head, author_id: str, by_id: str, at: datetime, aside: str) -> dict[str, Any]:
    ops, unreadable = readable(head.ops)
    found: dict[str, str] = {}
    for first in range(0, len(ops), rules.OPS_AT_ONCE):
        author, by = (db.session.get_one(Person, one) for one in (author_id, by_id))
        carried = Carried(head.client_id, head.exported_ms, head.clock_off_ms, by, aside)
        brought = take_carried(ops[first : first + rules.OPS_AT_ONCE], carried, author, at=at)
        db.session.commit()
        found |= dict.fromkeys(brought.taken, rules.NEW) | dict.fromkeys(brought.known, rules.KNOWN)
        found |= dict.fromkeys(brought.foreign, rules.FOREIGN)
    return {"ops": {op.id: found[op.id] for op in ops}, "unreadable": len(unreadable)}


def _take_photos(photos: Any, client_id: str, author_id: str, at: datetime) -> dict[str, str]:
    return {photo.id: _take_photo(photo, client_id, author_id, at) for photo in photos}


def _take_photo(photo: Photo, client_id: str, author_id: str, at: datetime) -> str:
    if photo.data is None:
        return rules.GONE
    author = db.session.get_one(Person, author_id)
    files.check_room(len(photo.data))
    try:
        with files.draft_of(io.BytesIO(photo.data), most=len(photo.data)) as draft:
            is_new = take_photo(client_id, photo.id, draft, photo.sha256, by=author, at=at)
            db.session.commit()
    except BytesDiffer:
        db.session.rollback()
        return rules.DIFFERS
    except Conflict:
        db.session.rollback()
        return rules.ORPHAN
    return rules.NEW if is_new else rules.KNOWN


def _done(row_id: str, outcome: dict[str, Any], by_id: str, at: datetime) -> None:
    row = _held(row_id)
    row.state, row.reason, row.done_at = rules.TAKEN, "", at
    row.outcome = {**outcome, **{part: _first_said(row, outcome, part) for part in ("ops", "photos")}}
    log_office_edit("bring_rescue", row, by=db.session.get_one(Person, by_id), at=at, author_id=row.author_id,
                    client_id=row.client_id, sha256=row.sha256, op_ids=list(outcome["ops"]))
    db.session.commit()


def _first_said(row: RescueFile, outcome: dict[str, Any], part: str) -> dict[str, str]:
    """What this very file brought stays "new" when it is brought again."""
    before = row.outcome.get(part, {})
    return {one: rules.NEW if before.get(one) == rules.NEW else what for one, what in outcome[part].items()}


def _keep_only(row_id: str, reason: str, at: datetime) -> None:
    row = _held(row_id)
    if row.state != rules.TAKEN:  # brought again by somebody who may not: what was taken stays taken
        row.state, row.reason, row.done_at = rules.KEPT, reason, at
    db.session.commit()


def _held(row_id: str) -> RescueFile:
    query = sa.select(RescueFile).filter_by(id=row_id).with_for_update(of=RescueFile)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def _keys() -> Sequence[str]:
    keys: str = current_app.config["SECRETS"]["rescue_keys"]
    return keys.split()
