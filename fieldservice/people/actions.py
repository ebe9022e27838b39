"""Changes of portraits and of what planning knows of people; the caller commits."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.core.db import db
from fieldservice.core.errors import RuleBroken
from fieldservice.core.oplog import log_office_edit
from fieldservice.core.versions import touch
from fieldservice.evidence import picture
from fieldservice.people.availability import branch_plannings
from fieldservice.people.entry import changed_fields, logged
from fieldservice.people.models import (
    BranchPlanning,
    PersonPlanning,
    PersonSkill,
    Portrait,
    Shift,
    ShiftChange,
)
from fieldservice.people.queries import standing_of
from fieldservice.people.rules import AWAY, SIDE, BranchEntry, PlanningEntry


def made_of(path: Path) -> bytes:
    """A small upright JPEG of the picture at `path`, with nothing else of the file. Takes up to a minute.

    Raises RuleBroken with the code that says why the picture cannot be used, NoVerdict when it could not be looked at.
    """
    found, jpeg = picture.small_copy(path, SIDE)
    if found.why:
        raise RuleBroken(found.why)
    return jpeg


def set_portrait(person: Person, jpeg: bytes, *, by: Person | None, at: datetime) -> Portrait:
    """Somebody's portrait, in the place of an earlier one. `jpeg`: as `made_of` gives it; `by` None: sample data."""
    portrait = db.session.get(Portrait, person.id) or Portrait(person_id=person.id)
    portrait.jpeg, portrait.sha256 = jpeg, hashlib.sha256(jpeg).hexdigest()
    portrait.set_at, portrait.set_by_id = at, by.id if by else None
    db.session.add(portrait)
    log_office_edit("set_portrait", person, by=by, at=at, sha256=portrait.sha256)
    return portrait


def remove_portrait(person: Person, *, by: Person, at: datetime) -> None:
    """Takes it away for good. Done twice, the second changes nothing."""
    portrait = db.session.get(Portrait, person.id)
    if portrait is not None:
        db.session.delete(portrait)
        log_office_edit("remove_portrait", person, by=by, at=at)


def save_planning(person: Person, entry: PlanningEntry, *, by: Person | None, at: datetime) -> PersonPlanning:
    """Writes what planning knows of somebody. The caller holds the person's row and has brought two edits together.

    `by` None: sample data.
    """
    standing = standing_of(person.id)
    row = standing.row or PersonPlanning(person_id=person.id)
    changed = changed_fields(standing.entry, entry)
    if standing.row and not changed:
        return row
    db.session.add(row)
    for name in ("start_from", "ends", "home_address", "van_m2"):
        setattr(row, name, getattr(entry, name))
    row.home_lat, row.home_lng = entry.home or (None, None)
    row.has_own_week, lunch = entry.week is not None, entry.lunch
    row.lunch_earliest, row.lunch_latest, row.lunch_minutes = (
        (lunch.earliest, lunch.latest, lunch.minutes) if lunch else (None, None, None))  # fmt: skip
    db.session.flush()
    _set_skills(person, entry)
    _set_week(person, entry.week or {})
    touch(row)
    log_office_edit("change_planning", row, by=by, at=at, person_id=person.id, changed=changed, **logged(entry))
    return row


def change_days(person: Person, days: Iterable[date], kind: str, span: tuple[int, int] | None, reason: str, *,
                by: Person | None, at: datetime) -> list[ShiftChange]:  # fmt: skip
    """Days on which somebody is away or works at other times, in the place of what was said of them before.

    The log is told who is away when, not why: nobody can take anything out of it.
    """
    wanted = sorted(set(days))
    found = {one.on_day: one for one in db.session.scalars(
        sa.select(ShiftChange).where(ShiftChange.person_id == person.id, ShiftChange.on_day.in_(wanted)))}  # fmt: skip
    rows = [found.get(day) or ShiftChange(person_id=person.id, on_day=day) for day in wanted]
    for row in rows:
        row.kind, row.reason = kind, reason
        row.start_minute, row.end_minute = span if span and kind == "shift" else (None, None)
        row.made_at, row.made_by_id = at, by.id if by else None
    db.session.add_all(rows)
    log_office_edit("change_days", person, by=by, at=at, changed=["days"], days=wanted, is_away=kind in AWAY,
                    span=list(span) if span and kind == "shift" else None)  # fmt: skip
    return rows


def take_back_days(person: Person, rows: Iterable[ShiftChange], *, by: Person, at: datetime) -> None:
    """These days are as usual again."""
    gone = list(rows)
    for row in gone:
        db.session.delete(row)
    if gone:
        log_office_edit("take_back_days", person, by=by, at=at, changed=["days"], days=sorted(row.on_day for row in gone))


def save_branch_planning(branch: Branch, entry: BranchEntry, *, by: Person | None, at: datetime) -> BranchPlanning:
    """Where a branch is and when its people work. The caller has brought two edits together."""
    row = branch_plannings([branch.id]).get(branch.id) or BranchPlanning(branch_id=branch.id)
    values: dict[str, Any] = {**vars(entry), "weekdays": list(entry.weekdays)}
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    for name, value in values.items():
        setattr(row, name, value)
    db.session.add(row)
    db.session.flush()
    log_office_edit("change_branch_planning", row, by=by, at=at, branch_id=branch.id, changed=changed, values=values)
    return row


def forget_home(person: Person, *, by: Person | None, at: datetime) -> None:
    """Where somebody lives is nobody's business any more. Done twice, the second changes nothing."""
    entry = standing_of(person.id).entry
    if entry.home is None and not entry.home_address:
        return
    ends = "branch" if entry.ends == "home" else entry.ends
    save_planning(person, replace(entry, home=None, home_address="", start_from="branch", ends=ends), by=by, at=at)


def _set_skills(person: Person, entry: PlanningEntry) -> None:
    found = {one.skill: one for one in db.session.scalars(sa.select(PersonSkill).filter_by(person_id=person.id))}
    for held in entry.skills:
        row = found.pop(held.skill, None) or PersonSkill(person_id=person.id, skill=held.skill)
        row.certified_until, row.certificate_no = held.until, held.number
        db.session.add(row)
    for row in found.values():
        db.session.delete(row)


def _set_week(person: Person, week: dict[int, tuple[int, int]]) -> None:
    found = {one.weekday: one for one in db.session.scalars(sa.select(Shift).filter_by(person_id=person.id))}
    for weekday, (start, end) in week.items():
        row = found.pop(weekday, None) or Shift(person_id=person.id, weekday=weekday)
        row.start_minute, row.end_minute = start, end
        db.session.add(row)
    for row in found.values():
        db.session.delete(row)
