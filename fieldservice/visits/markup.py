"""Arrows, circles and words on a copy of a photo: kept as data, drawn by the server, never on the file that came."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.core import files
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound, RuleBroken
from fieldservice.core.ids import is_id, new_id
from fieldservice.core.oplog import log_office_edit
from fieldservice.evidence import picture
from fieldservice.evidence.models import USABLE, VERIFIED, Evidence
from fieldservice.evidence.picture import Drawing
from fieldservice.jobs.models import Job
from fieldservice.visits.models import PhotoMarkup
from fieldservice.visits.stamps import plain

KINDS = ("arrow", "circle", "text")
#: units of the box shapes stand in, each way
BOX = 10_000
#: units; a shorter arrow or a smaller circle is a slip of the hand
LEAST = 100
MOST_SHAPES = 20
MOST_LETTERS = 60
WORDS_LIMIT = 200
#: of one photo that stand
MOST_MARKUPS = 20

_SIDE = 1600
_QUALITY = 85
_PER_CENT = re.compile(r"\d{1,3}(\.\d{1,2})?\Z")

Shape = dict[str, Any]


def read_shapes(rows: Sequence[Mapping[str, str]]) -> list[Shape]:
    """Shapes of the form's rows: places in per cent of width and height from the top left. A row without a kind is none.

    Raises RuleBroken 'shapes_missing', 'shapes_too_many', 'shape_bad' (which `row`, from 1), 'shape_text_missing'.
    """
    found = [_shape(row, number) for number, row in enumerate(rows, start=1) if row.get("kind")]
    if not found:
        raise RuleBroken("shapes_missing")
    if len(found) > MOST_SHAPES:
        raise RuleBroken("shapes_too_many", limit=MOST_SHAPES)
    return found


def _shape(row: Mapping[str, str], number: int) -> Shape:
    kind = row["kind"]
    if kind not in KINDS:
        raise RuleBroken("shape_bad", row=number)
    if kind == "text":
        text = plain(row.get("text", ""))
        if not text:
            raise RuleBroken("shape_text_missing", row=number)
        if len(text) > MOST_LETTERS:
            raise RuleBroken("shape_bad", row=number)
        return {"kind": kind, **_places(row, ("x1", "y1"), number), "x2": 0, "y2": 0, "text": text}
    places = _places(row, ("x1", "y1", "x2", "y2"), number)
    if max(abs(places["x2"] - places["x1"]), abs(places["y2"] - places["y1"])) < LEAST:
        raise RuleBroken("shape_bad", row=number)
    return {"kind": kind, **places, "text": ""}


def _places(row: Mapping[str, str], names: Sequence[str], number: int) -> dict[str, int]:
    found = {}
    for name in names:
        typed = row.get(name, "").strip().replace(",", ".")
        if not (typed.isascii() and _PER_CENT.match(typed)):
            raise RuleBroken("shape_bad", row=number)
        found[name] = round(float(typed) * BOX / 100)
        if found[name] > BOX:
            raise RuleBroken("shape_bad", row=number)
    return found


def draw_on(photo: Evidence, shapes: list[Shape], words: str, *, by: Person, at: datetime) -> PhotoMarkup:
    """Keeps what was drawn. Raises RuleBroken 'unusable' (nothing can be seen), 'shapes_too_many', 'text_too_long'."""
    if photo.blob.state != VERIFIED or photo.blob.picture != USABLE:
        raise RuleBroken("not_ready")
    if len(words.strip()) > WORDS_LIMIT:
        raise RuleBroken("text_too_long", length=len(words.strip()), limit=WORDS_LIMIT)
    if len(standing_of(photo)) >= MOST_MARKUPS:
        raise RuleBroken("shapes_too_many", limit=MOST_MARKUPS)
    found = PhotoMarkup(id=new_id(), photo=photo, evidence_id=photo.id, shapes=shapes, words=words.strip(), drawn_at=at,
                        by_id=by.id)  # fmt: skip
    db.session.add(found)
    job = db.session.get_one(Job, photo.job_id)
    log_office_edit("mark_photo", job, by=by, at=at, photo_id=photo.id, markup_id=found.id, shapes=shapes,
                    text=found.words)  # fmt: skip
    return found


def void(markup: PhotoMarkup, *, by: Person, at: datetime) -> None:
    """Takes it off the photo; it stays in the history. Done twice, the first stands."""
    if markup.voided_at is None:
        markup.voided_at, markup.voided_by_id = at, by.id
        job = db.session.get_one(Job, markup.photo.job_id)
        log_office_edit("void_markup", job, by=by, at=at, photo_id=markup.evidence_id, markup_id=markup.id)


def markups_of(photo: Evidence) -> list[PhotoMarkup]:
    """All of a photo, the oldest first; voided ones too."""
    query = sa.select(PhotoMarkup).filter_by(evidence_id=photo.id).order_by(PhotoMarkup.drawn_at, PhotoMarkup.id)
    return list(db.session.scalars(query))


def standing_of(photo: Evidence) -> list[PhotoMarkup]:
    """Those that were not removed."""
    return [one for one in markups_of(photo) if one.voided_at is None]


def markup_of(photo: Evidence, markup_id: str) -> PhotoMarkup:
    """One of this photo. Raises NotFound."""
    found = db.session.get(PhotoMarkup, markup_id) if is_id(markup_id) else None
    if found is None or found.evidence_id != photo.id:
        raise NotFound()
    return found


def path_of(markup: PhotoMarkup) -> Path:
    """Where the copy is when it is there."""
    return files.variant_path(markup.photo.sha256, _name(markup))


def make(markup: PhotoMarkup) -> None:
    """Makes the copy, as long as `picture.look`. Raises picture.NoVerdict."""
    sha256 = markup.photo.sha256
    drawing = Drawing(_name(markup), _SIDE, _QUALITY, shapes=markup.shapes)
    db.session.rollback()  # decoding takes a while: no transaction is held
    picture.draw(files.path_of(sha256), sha256, [drawing])


def _name(markup: PhotoMarkup) -> str:
    return f"{markup.evidence_id}.markup-{markup.id}.jpg"
