"""What visits know of a timeline: answers, photos, charges, incidents; closing, and photos done without."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fieldservice.checklists.items import ITEM_TYPES
from fieldservice.core import clock, i18n
from fieldservice.core.db import db
from fieldservice.core.i18n import gettext as _
from fieldservice.evidence.models import Evidence
from fieldservice.visits import queries
from fieldservice.visits.desk import content_language
from fieldservice.visits.flag_words import NAMES as FLAG_NAMES
from fieldservice.visits.gallery import state_of
from fieldservice.visits.models import ChargeStatement, ChecklistAnswer, Incident
from fieldservice.web.job_words import ACTS
from fieldservice.web.timeline import Entry, Fact, Log, Moment, Story, Told, gives_moments, tells
from fieldservice.web.visit_words import INCIDENTS, SLOTS, quantity


@dataclass(frozen=True)
class AnswerTold:
    """An answer in words."""

    #: of the item; its key when its version is gone
    words: str
    #: '' when it was taken back
    answer: str
    language: str
    #: a later one stands in its place
    is_history: bool


@dataclass(frozen=True)
class PhotoTold:
    """A photo, and whether it can be looked at ('usable', or another state of a gallery's `Shot`)."""

    photo: Evidence
    state: str


@gives_moments
def of_the_work(story: Story) -> Iterable[Moment]:
    """Everything done on site beside the steps."""
    now = clock.now()
    yield from _answers(story)
    for photo in _rows(Evidence, story):
        facts = [Fact(_("Caption"), photo.caption)] if photo.caption else []
        marks = [(_("taken again or removed"), "")] if photo.is_void else []
        marks += [(_("The office does without it"), "wait")] if photo.waived_at else []
        yield _moment(photo, "photo", "camera", str(SLOTS[photo.slot]), facts=facts, run=photo.run, marks=marks,
                      shows=PhotoTold(photo, state_of(photo, now)), template="visits/_moment_photos.html",
                      is_late=photo.is_late, joins=f"photos {photo.slot}")  # fmt: skip
    for charge in _rows(ChargeStatement, story):
        words = _("Stated what is to be paid: %(sum)s", sum=i18n.sum_words(charge.total_fen))
        marks = [] if charge.is_current else [(_("replaced since"), "")]
        yield _moment(charge, "money", "receipt", words, facts=[_line(one) for one in charge.lines], run=charge.run,
                      marks=marks)  # fmt: skip
    for incident in _rows(Incident, story):
        yield _moment(incident, "incident", "triangle-alert", str(INCIDENTS[incident.kind]), text=incident.words,
                      is_late=incident.is_late)  # fmt: skip


@tells("office.waive_photo", "office.mark_photo", "office.void_markup", "office.look_at_flag", "void_photo",
       "caption_photo")
def about_a_photo(entry: Entry, log: Log) -> Told:
    """What was done to a photo; the photo itself is shown when it was taken."""
    photo_id = str(entry.body.get("photo_id", ""))
    slots = log.memory.get("photos")
    if slots is None:
        query = sa.select(Evidence.id, Evidence.slot).where(Evidence.job_id.in_(log.story.job_ids))
        slots = log.memory["photos"] = {row.id: str(SLOTS[row.slot]) for row in db.session.execute(query)}
    facts = [Fact(_("Photo"), slots[photo_id])] if photo_id in slots else []
    text = str(next(filter(None, (entry.body.get(name) for name in ("reason", "caption", "note", "text"))), ""))
    if entry.body.get("flag") in FLAG_NAMES:
        facts.append(Fact(_("Flagged for"), str(FLAG_NAMES[str(entry.body["flag"])])))
    icon = {"office.waive_photo": "image-off", "void_photo": "trash-2", "office.look_at_flag": "eye",
            "office.void_markup": "eraser"}.get(entry.kind, "pencil")  # fmt: skip
    kind = "office" if entry.kind.startswith("office.") else "photo"
    words = str(ACTS[entry.kind])
    return Told(words=words[:1].upper() + words[1:], kind=kind, icon=icon, text=text, facts=facts,
                joins="" if text else entry.kind)  # fmt: skip


@tells("office.close_job", "office.reopen_job")
def closed(entry: Entry, _log: Log) -> Told:
    """The office closed the visit, or opened it again."""
    words = str(ACTS[entry.kind])
    icon = "lock" if entry.kind == "office.close_job" else "lock-open"
    return Told(words=words[:1].upper() + words[1:], icon=icon, text=str(entry.body.get("reason", "")))


def _answers(story: Story) -> Iterable[Moment]:
    rows = _rows(ChecklistAnswer, story)
    versions = queries.versions_by_id({row.checklist_id for row in rows}) if rows else {}
    items = {key: {item["key"]: item for item in version.content["items"]} for key, version in versions.items()}
    language = content_language()
    for row in rows:
        item = items.get(row.checklist_id, {}).get(row.item)
        words = item["words"][language] if item else row.item
        answer = ITEM_TYPES[item["type"]].words(item, row.value, language) if item else ""
        yield _moment(row, "checklist", "list-checks", _("Checklist"), run=row.run, joins="answers",
                      shows=AnswerTold(words, answer, language, not row.is_current),
                      template="visits/_moment_answers.html")  # fmt: skip


def _rows(kind: Any, story: Story) -> list[Any]:
    """Rows of these jobs with who made them; one query."""
    query = sa.select(kind).where(kind.job_id.in_(story.job_ids)).order_by(kind.id)
    return list(db.session.scalars(query).unique())


def _moment(row: Any, kind: str, icon: str, words: str, shows: Any = None, **given: Any) -> Moment:
    """`shows`: what its template reads; None: the row itself."""
    return Moment(id=row.op_id, at=row.happened_at, kind=kind, icon=icon, words=words, by=row.by.name,
                  job_id=row.job_id, device_at=row.device_at, uncertainty_ms=row.uncertainty_ms,
                  row=shows or row, **given)  # fmt: skip


def _line(line: dict[str, Any]) -> Fact:
    said = f"{quantity(line['quantity_milli'])} {line['unit']} × {i18n.sum_words(line['unit_price_fen'])}"
    return Fact(line["text"], f"{said} = {i18n.sum_words(line['amount_fen'])}")
