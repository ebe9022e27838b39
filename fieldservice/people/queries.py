"""Reads of portraits, and of what planning knows of people."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from flask import g, has_request_context
from sqlalchemy.orm import undefer

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.branches.queries import branch_by_id, open_branches
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.core.i18n import chosen_language
from fieldservice.core.i18n import gettext as _
from fieldservice.people.models import PersonPlanning, PersonSkill, Portrait, Shift, ShiftChange, Skill
from fieldservice.people.rules import Held, Lunch, PlanningEntry


def portrait_of(person_id: str) -> Portrait | None:
    """The portrait of somebody, without its bytes; None: there is none."""
    return db.session.get(Portrait, person_id)


def portrait_bytes(person_id: str) -> tuple[bytes, str] | None:
    """The JPEG and its SHA-256; None: there is none."""
    query = sa.select(Portrait).filter_by(person_id=person_id).options(undefer(Portrait.jpeg))
    found = db.session.scalar(query)
    return (found.jpeg, found.sha256) if found else None


def portrait_marks(person_ids: Iterable[str | None]) -> dict[str, str]:
    """Id of a person who has a portrait → what tells it from another one, for its address."""
    query = sa.select(Portrait.person_id, Portrait.sha256)
    rows = db.session.execute(query.where(Portrait.person_id.in_({one for one in person_ids if one})))
    return {row.person_id: row.sha256[:12] for row in rows}


def all_skills() -> list[Skill]:
    """Every skill in the order of lists: crafts, certificates, then those that are not offered any more."""
    order = (Skill.is_active.desc(), Skill.is_certificate, Skill.position, Skill.code)
    return list(db.session.scalars(sa.select(Skill).order_by(*order)))


def offered_skills() -> dict[str, Skill]:
    """Code → skill that a visit may need and a person may have."""
    return {skill.code: skill for skill in all_skills() if skill.is_active}


def skills_by_word() -> dict[str, str]:
    """Code and names of every skill in both languages → its code."""
    return {word: skill.code for skill in all_skills() for word in (skill.code, skill.name_zh, skill.name_en)}


def skill_words(codes: Iterable[str]) -> str:
    """These skills as they are called; one that is not known stays its code."""
    wanted = list(codes)
    names = skill_names() if wanted else {}
    return _(", ").join(names.get(code, code) for code in wanted)


def skill_names() -> dict[str, str]:
    """Code → name in the language of the page, of every skill, in the order of lists. Asked once a request."""
    found: dict[str, str] | None = g.get("skill_names") if has_request_context() else None
    if found is None:
        found = {skill.code: name_of(skill) for skill in all_skills()}
        if has_request_context():
            g.skill_names = found
    return found


def name_of(skill: Skill) -> str:
    """What it is called in the language of the page."""
    return skill.name_zh if chosen_language() == "zh" else skill.name_en


def plans(viewer: Person, branch_id: str) -> bool:
    """Whether somebody plans the people of a branch, and so sees where they live and why they are away: those who
    assign there, and head office's.
    """
    return viewer.can("jobs.assign") and (viewer.sees_all_branches or viewer.branch_id == branch_id)


def planned_person(viewer: Person, person_id: str, *, to_change: bool = False) -> Person:
    """Somebody this viewer plans. Raises NotFound for everybody else. `to_change` holds the row till the commit."""
    query = sa.select(Person).where(Person.id == person_id)
    if not viewer.sees_all_branches:
        query = query.where(Person.branch_id == viewer.branch_id)
    if to_change:
        query = query.with_for_update(of=Person, key_share=True).execution_options(populate_existing=True)
    found = db.session.scalar(query)
    if found is None or not viewer.can("jobs.assign"):
        raise NotFound()
    return found


def planned_branches(viewer: Person) -> list[Branch]:
    """The branches whose people this viewer plans, head office first."""
    return open_branches() if viewer.sees_all_branches else [viewer.branch]


def planned_branch(viewer: Person, branch_id: str, *, to_change: bool = False) -> Branch:
    """One of them. Raises NotFound."""
    found = branch_by_id(branch_id, to_change=to_change)
    if not plans(viewer, found.id):
        raise NotFound()
    return found


def changes_of(person_id: str, first: date) -> list[ShiftChange]:
    """The days from `first` on that are different, in their order."""
    query = sa.select(ShiftChange).where(ShiftChange.person_id == person_id, ShiftChange.on_day >= first)
    return list(db.session.scalars(query.order_by(ShiftChange.on_day)))


def known_changes(viewer: Person, wanted: Iterable[tuple[str, date]]) -> dict[tuple[str, date], ShiftChange]:
    """Person's id and day → what is said of that day now, where it is different; of those whom this viewer plans.

    The log is told that somebody is away, and not whether sick: nobody can take anything out of it. Who may know reads it
    here, as long as the day is not taken back.
    """
    days = set(wanted)
    if not days or not viewer.can("jobs.assign"):
        return {}
    query = sa.select(ShiftChange).join(Person, Person.id == ShiftChange.person_id)
    query = query.where(Person.id.in_({one for one, _day in days}), ShiftChange.on_day.in_({day for _one, day in days}))
    if not viewer.sees_all_branches:
        query = query.where(Person.branch_id == viewer.branch_id)
    return {key: row for row in db.session.scalars(query) if (key := (row.person_id, row.on_day)) in days}


def change_of(person_id: str, change_id: str) -> ShiftChange | None:
    """One of them; None: it was taken back, or is somebody else's."""
    return db.session.scalar(sa.select(ShiftChange).filter_by(id=change_id, person_id=person_id))


@dataclass
class Standing:
    """An entry as it stands, with the row that carries its version; None: nothing was entered yet."""

    row: PersonPlanning | None
    entry: PlanningEntry = field(default_factory=PlanningEntry)

    @property
    def version(self) -> int:
        return self.row.version if self.row else 0


def standing_of(person_id: str) -> Standing:
    """What is known of a person now."""
    row = db.session.scalar(sa.select(PersonPlanning).filter_by(person_id=person_id))
    held = db.session.scalars(sa.select(PersonSkill).filter_by(person_id=person_id).order_by(PersonSkill.skill))
    skills = tuple(Held(one.skill, one.certified_until, one.certificate_no) for one in held)
    if row is None:
        return Standing(None, PlanningEntry(skills))
    shifts = db.session.scalars(sa.select(Shift).filter_by(person_id=person_id))
    week = {one.weekday: (one.start_minute, one.end_minute) for one in shifts} if row.has_own_week else None
    span = (row.lunch_earliest or 0, row.lunch_latest or 0)
    lunch = None if row.lunch_minutes is None else Lunch(*span, row.lunch_minutes)
    home = None if row.home_lat is None or row.home_lng is None else (row.home_lat, row.home_lng)
    entry = PlanningEntry(skills, week, lunch, row.start_from, row.ends, home, row.home_address, row.van_m2)
    return Standing(row, entry)
