"""Where the office and a technician changed one job without knowing of each other: both are kept, and both are told.

An operation carries the version of the job that its phone was showing. What the office changed after that version and
before the operation came, the technician had not seen.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fieldservice.core import json
from fieldservice.core.db import among, ask, db, table_of
from fieldservice.core.oplog import LogEntry
from fieldservice.jobs.models import Job

#: what was changed, for people → columns of the log's edits
_SUBJECTS = {
    "address": ("district", "address", "unit", "access_note", "lat", "lng"),
    "time": ("visit_on", "window_start_at", "window_end_at"),
    "phone": ("phone",),
    "customer": ("name", "address_form", "remark"),
    "task": ("type", "brief", "analysis", "remedy", "bring", "planned_minutes", "priority", "priority_reason",
             "special_needs", "special_note", "stops_supply"),
    "charge": ("amount_fen", "amount_reason"),
    "product": ("product_id", "model", "batch", "room", "area_m2", "purchased_on", "voucher", "installer",
                "warranty_start_on"),
}  # fmt: skip
SUBJECTS = tuple(_SUBJECTS)
_EDITS = ("office.edit_job", "office.move_job", "office.undo_move_job", "office.change_site", "office.change_customer",
          "office.change_product")  # fmt: skip
#: what a technician says of a visit, the most telling first; calls and photos stand for themselves
_ACTS = ("take_step", "sign_sheet", "state_charges", "report_incident", "take_back_step", "answer_item", "add_note")
_LOG = table_of(LogEntry).c
_TAKEN = ("applied", "merged", "late_evidence")


@dataclass(frozen=True)
class Overlap:
    """An edit of the office, and what one technician said of the job without having seen it."""

    #: of the edit in the log
    id: str
    job_id: str
    #: of SUBJECTS
    subjects: tuple[str, ...]
    at: datetime
    #: who changed it; None: the system
    by_id: str | None
    author_id: str
    #: the most telling of what was said: its kind, and the step if it is one
    kind: str
    step: str
    said_at: datetime


def overlaps_of(jobs: Sequence[Job], *, author_id: str | None = None) -> dict[str, list[Overlap]]:
    """By job, the newest edit first; of this author, or of all. At most three questions, mostly one."""
    spans = _spans(jobs, author_id)
    if not spans:
        return {}
    shown = _shown_by([job for job in jobs if job.id in spans])
    edits = _edits(shown, min(first for first, _last in spans.values()), max(last for _first, last in spans.values()))
    touched = {job_id for edit in edits for job_id in shown[edit.entity_type, edit.entity_id]}
    acts = _acts(touched, author_id)
    found: dict[str, list[Overlap]] = defaultdict(list)
    for edit in edits:
        subjects = _subjects(edit)
        for job_id in shown[edit.entity_type, edit.entity_id] if subjects else ():
            found[job_id] += _met(edit, subjects, job_id, acts[job_id])
    # which edits are looked at depends on the other jobs; what is told of one must not
    return {job_id: overlaps for job_id, overlaps in found.items() if overlaps}


def _spans(jobs: Sequence[Job], author_id: str | None) -> dict[str, tuple[int, int]]:
    """By job: the lowest version an operation was based on, and the highest one that came."""
    rows = ask(_SPANS if author_id is None else _OWN_SPANS, job_ids=[job.id for job in jobs], author_id=author_id)
    return {job_id: (first, last) for job_id, first, last in rows}


def _of_phones(*columns: Any) -> sa.Select[Any]:
    """Of all authors."""
    return sa.select(*columns).where(
        _LOG.entity_type == "job", among(_LOG.entity_id, "job_ids"), _LOG.origin == "phone",
        _LOG.base_version.is_not(None), _LOG.kind.in_(_ACTS), _LOG.result.in_(_TAKEN))  # fmt: skip


_SPANS = _of_phones(_LOG.entity_id, sa.func.min(_LOG.base_version), sa.func.max(_LOG.version)).group_by(_LOG.entity_id)
#: bodies of steps alone: a sheet is long
_SAID = _of_phones(_LOG.entity_id, _LOG.person_id, _LOG.kind, _LOG.happened_at, _LOG.version, _LOG.base_version, _LOG.seq,
                   sa.case((_LOG.kind == "take_step", _LOG.body), else_="{}").label("body"))  # fmt: skip
_IS_OWN = _LOG.person_id == sa.bindparam("author_id")
_OWN_SPANS, _OWN_SAID = _SPANS.where(_IS_OWN), _SAID.where(_IS_OWN)


def _shown_by(jobs: Sequence[Job]) -> dict[tuple[str, str], list[str]]:
    """(type, id) of everything these jobs show → their ids."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for job in jobs:
        shown = (("job", job.id), ("site", job.site_id), ("customer", job.site.customer_id), ("product", job.product_id))
        for kind, thing_id in shown:
            if thing_id:
                found[kind, thing_id].append(job.id)
    return found


def _edits(shown: Mapping[tuple[str, str], Any], after: int, before: int) -> Sequence[LogEntry]:
    query = sa.select(LogEntry).where(
        LogEntry.entity_id.in_([thing_id for _kind, thing_id in shown]), LogEntry.kind.in_(_EDITS),
        LogEntry.version > after, LogEntry.version < before)  # fmt: skip
    found = db.session.scalars(query.order_by(LogEntry.version.desc(), LogEntry.id))
    return [edit for edit in found if (edit.entity_type, edit.entity_id) in shown]


def _acts(job_ids: set[str], author_id: str | None) -> dict[str, list[Any]]:
    """By job, what was said: the most telling first, of one kind the newest."""
    question = _SAID if author_id is None else _OWN_SAID
    rows = ask(question, job_ids=job_ids, author_id=author_id).all() if job_ids else []
    found: dict[str, list[Any]] = defaultdict(list)
    for row in sorted(rows, key=lambda one: (_ACTS.index(one.kind), -one.happened_at.timestamp(), -(one.seq or 0))):
        found[row.entity_id].append(row)
    return found


def _subjects(edit: LogEntry) -> tuple[str, ...]:
    body = json.loads(edit.body)
    before = body.get("before") or {}
    moved = [name for name in _SUBJECTS["time"] if before.get(name) != body.get(name)]
    changed = set(map(str, body.get("changed", moved if edit.kind.endswith("move_job") else ())))
    return tuple(subject for subject, columns in _SUBJECTS.items() if changed.intersection(columns))


def _met(edit: LogEntry, subjects: tuple[str, ...], job_id: str, acts: Sequence[Any]) -> list[Overlap]:
    """One for each author who had not seen the edit."""
    found: dict[str, Overlap] = {}
    for act in acts:
        if act.base_version < edit.version < act.version and act.person_id not in found:
            found[act.person_id] = Overlap(
                id=edit.id, job_id=job_id, subjects=subjects, at=edit.happened_at, by_id=edit.person_id,
                author_id=act.person_id, kind=act.kind, step=_step(act.body), said_at=act.happened_at)  # fmt: skip
    return list(found.values())


def _step(body: str) -> str:
    step = json.loads(body).get("args", {}).get("step", "")
    return step if isinstance(step, str) else ""
