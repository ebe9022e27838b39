"""Lists of the team come in, are applied, and undone; the caller commits. Good lines do not wait for bad ones."""

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.core import i18n
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound, RuleBroken
from fieldservice.core.oplog import log_office_edit
from fieldservice.imports import sheets
from fieldservice.people import actions as people_actions
from fieldservice.people.availability import branch_plannings, week_of
from fieldservice.people.models import ShiftChange
from fieldservice.people.queries import planned_person, skills_by_word, standing_of
from fieldservice.people.rules import Held, PlanningEntry
from fieldservice.rosters import rules
from fieldservice.rosters.models import Roster
from fieldservice.rosters.queries import people_planned_by
from fieldservice.rosters.reading import Line, Reader
from fieldservice.rosters.rules import APPLIED, BAD, CHANGE, SAME, UNDONE, plain


def rows_in(content: bytes, folder: Path) -> tuple[Path, int]:
    """The rows of a file's bytes, laid down in `folder`, and the year its calendar begins. Holds nothing of the
    database: a workbook is read by another program. Raises RuleBroken.
    """
    if not content:
        raise RuleBroken("file_empty")
    if len(content) > rules.MOST_BYTES:
        raise RuleBroken("file_too_large", limit_mb=rules.MOST_BYTES // (1024 * 1024))
    original, rows = folder / "original", folder / "rows"
    original.write_bytes(content)
    done = sheets.read_file(original, rows)
    if done.lines > rules.MOST_LINES:
        raise RuleBroken("too_many_lines", lines=done.lines, limit=rules.MOST_LINES)
    return rows, done.epoch


def take_rows(rows: Path, epoch: int, name: str, *, by: Person, at: datetime) -> Roster:
    """A list that is read and checked; nothing of it is written yet. Raises RuleBroken."""
    today = i18n.local(at, by.branch.timezone).date()
    people = {person.id: person for person in people_planned_by(by)}
    words = {plain(word): code for word, code in skills_by_word().items()}
    lines = list(Reader(list(people.values()), words, today, epoch).read(rows))
    if not lines:
        raise RuleBroken("file_empty")
    _judge(lines, people)
    found = Roster(branch_id=by.branch_id, by_id=by.id, file_name=name.replace("\0", "")[:200] or "–",
                         lines=[line.kept() for line in lines], created_at=at)  # fmt: skip
    db.session.add(found)
    return found


def apply_roster(found: Roster, *, by: Person, at: datetime) -> int:
    """Writes the good lines, on what stands there now; how many changed something. Raises RuleBroken."""
    if found.state != rules.CHECKED:
        raise RuleBroken("import_began")
    lines = [Line(**one) for one in found.lines]
    before: dict[str, Any] = {}
    count = 0
    for person_id, own in _by_person(lines).items():
        try:
            person = planned_person(by, person_id, to_change=True)
        except NotFound:  # went to another branch meanwhile
            for line in own:
                line.bad("", "technician_unknown", name=line.title)
                line.kind = BAD
            continue
        count += _apply(person, own, before, by=by, at=at)
    for line in lines:
        if line.days:
            line.days = {**line.days, "reason": ""}
    found.lines, found.before = [line.kept() for line in lines], before
    found.state, found.applied_at = APPLIED, at
    log_office_edit("apply_roster", found, by=by, at=at, file_name=found.file_name, people=sorted(before))
    return count


def undo_roster(found: Roster, *, by: Person, at: datetime) -> int:
    """Puts back what was there before, where nobody changed it since; how many people were left as they are. Raises
    RuleBroken.
    """
    if found.state != APPLIED:
        raise RuleBroken("import_not_applied")
    left = 0
    for person_id, kept in found.before.items():
        try:
            person = planned_person(by, person_id, to_change=True)
        except NotFound:
            left += 1
            continue
        left += not _put_back(person, kept, by=by, at=at)
    found.state, found.before = UNDONE, {}
    log_office_edit("undo_roster", found, by=by, at=at, file_name=found.file_name, left=left)
    return left


def entry_with(entry: PlanningEntry, line: Line, usual: dict[int, tuple[int, int]]) -> PlanningEntry:
    """An entry with what a line says. `usual`: the week of the branch, which an own one begins with."""
    for code, until, number in line.skills:
        known = next((one for one in entry.skills if one.skill == code), Held(code))
        held = Held(code, date.fromisoformat(until) if until else known.until, number or known.number)
        entry = entry.with_skill(held)
    if line.week:
        week = dict(usual if entry.week is None else entry.week)
        for weekday, span in line.week.items():
            week.pop(int(weekday), None)
            if span:
                week[int(weekday)] = (span[0], span[1])
        if week != (usual if entry.week is None else entry.week):
            entry = replace(entry, week=week)
    return entry


def _judge(lines: list[Line], people: dict[str, Person]) -> None:
    """Says of each line whether it changes anything, after those above it."""
    branches = branch_plannings({person.branch_id for person in people.values()})
    for line in lines:
        if line.problems:
            line.kind = BAD
    for person_id, own in _by_person(lines).items():
        entry = standing_of(person_id).entry
        usual = week_of(branches.get(people[person_id].branch_id)).days
        days = {day: _said(row) for day, row in _changes(person_id, own).items()}
        for line in own:
            after, wanted = entry_with(entry, line, usual), {day: _wanted(line) for day in line.all_days}
            is_same = after == entry and all(days.get(day) == said for day, said in wanted.items())
            line.kind = SAME if is_same else CHANGE
            entry = after
            days |= wanted


def _apply(person: Person, own: list[Line], before: dict[str, Any], *, by: Person, at: datetime) -> int:
    standing = standing_of(person.id).entry
    usual, entry = week_of(branch_plannings([person.branch_id]).get(person.branch_id)).days, standing
    found = _changes(person.id, own)
    was = {day.isoformat(): _said(row) for day, row in found.items()}
    said = {day: _said(row) for day, row in found.items()}
    count = 0
    for line in own:
        after = entry_with(entry, line, usual)
        days = [day for day in line.all_days if said.get(day) != _wanted(line)]
        count += after != entry or bool(days)
        entry = after
        if days:
            kind, span, reason = _wanted(line)
            people_actions.change_days(person, days, kind, (span[0], span[1]) if span else None, reason, by=by, at=at)
            said |= {day: _wanted(line) for day in days}
    if entry != standing:
        people_actions.save_planning(person, entry, by=by, at=at)
    now = {day.isoformat(): value for day, value in said.items()}
    changed = {day: [was.get(day), value] for day, value in now.items() if was.get(day) != value}
    if changed or entry != standing:
        before[person.id] = {"entry": [_packed(standing), _packed(entry)], "days": changed}
    return count


def _put_back(person: Person, kept: dict[str, Any], *, by: Person, at: datetime) -> bool:
    """Whether everything could be put back."""
    (was, made), entry, whole = kept["entry"], standing_of(person.id).entry, True
    if was != made:
        if _packed(entry) == made:
            people_actions.save_planning(person, replace(entry, **_unpacked(was)), by=by, at=at)
        else:
            whole = False
    days = [date.fromisoformat(day) for day in kept["days"]]
    rows = {row.on_day: row for row in _rows(person.id, days)}
    for day in days:
        earlier, said = kept["days"][day.isoformat()]
        row = rows.get(day)
        if row is None or _said(row) != said:
            whole = False
        elif earlier is None:
            people_actions.take_back_days(person, [row], by=by, at=at)
        else:
            kind, span, reason = earlier
            people_actions.change_days(person, [day], kind, tuple(span) if span else None, reason, by=by, at=at)
    return whole


def _by_person(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """Person → the good lines, in their order; people always in the same order, so that two imports do not lock each
    other out.
    """
    found: dict[str, list[Line]] = {}
    for line in lines:
        if line.kind != BAD:
            found.setdefault(line.person_id, []).append(line)
    return dict(sorted(found.items()))


def _changes(person_id: str, own: list[Line]) -> dict[date, ShiftChange]:
    days = sorted({day for line in own for day in line.all_days})
    return {row.on_day: row for row in _rows(person_id, days)}


def _rows(person_id: str, days: list[date]) -> list[ShiftChange]:
    if not days:
        return []
    query = sa.select(ShiftChange).where(ShiftChange.person_id == person_id)
    wanted = set(days)
    found = db.session.scalars(query.where(ShiftChange.on_day.between(min(days), max(days))))
    return [row for row in found if row.on_day in wanted]


def _said(row: ShiftChange) -> list[Any]:
    span = [row.start_minute, row.end_minute] if row.start_minute is not None else []
    return [row.kind, span, row.reason]


def _wanted(line: Line) -> list[Any]:
    return [line.days["kind"], list(line.days["span"]), line.days["reason"]]


def _packed(entry: PlanningEntry) -> dict[str, Any]:
    """What a list can change of an entry, as JSON has it."""
    held = [[one.skill, one.until.isoformat() if one.until else "", one.number] for one in entry.skills]
    week = None if entry.week is None else {str(day): list(span) for day, span in sorted(entry.week.items())}
    return {"skills": held, "week": week}


def _unpacked(packed: dict[str, Any]) -> dict[str, Any]:
    skills = tuple(Held(code, date.fromisoformat(until) if until else None, number)
                   for code, until, number in packed["skills"])  # fmt: skip
    week = packed["week"]
    return {"skills": skills, "week": None if week is None else {int(day): (a, b) for day, (a, b) in week.items()}}


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """For a file on its way; gone with it, and for nobody else to read."""
    return tempfile.TemporaryDirectory(prefix="fieldservice-roster-")
