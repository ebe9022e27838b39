"""A branch's week: who works when, who is away, whose certificate runs out, and what is planned on days off."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.core.db import db
from fieldservice.people.availability import Available, Roster
from fieldservice.people.models import PersonSkill
from fieldservice.people.rules import EXPIRY_WARNING, Week
from fieldservice.people.work import Work, work_of


@dataclass(frozen=True)
class Day:
    """Somebody's day in the week."""

    at: Available
    #: what is planned
    work: list[Work]

    @property
    def is_clash(self) -> bool:
        """Something is planned although nobody is there."""
        return bool(self.work) and not self.at.is_there


@dataclass(frozen=True)
class Line:
    """Somebody's week."""

    person: Person
    days: list[Day]
    week: Week
    #: skills that are held, by code; those of whom nothing was entered are not listed
    held: list[PersonSkill] = field(default_factory=list)
    #: of these, certificates that have run out or will soon
    expiring: list[PersonSkill] = field(default_factory=list)


def weeks_of(branch_ids: Iterable[str], monday: date, today: date) -> list[Line]:
    """The technicians of these branches in the week that begins on `monday`; a fixed number of queries."""
    days = [monday + timedelta(days=number) for number in range(7)]
    roster = Roster(branch_ids, days[0], days[-1])
    ids = [person.id for person in roster.people]
    work, held = work_of(ids, days[0], days[-1]), held_by(ids)
    return [
        Line(
            person,
            [Day(roster.on(person, day), work.get((person.id, day), [])) for day in days],
            roster.week(person),
            held.get(person.id, []),
            [one for one in held.get(person.id, []) if is_expiring(one, today)],
        )
        for person in roster.people
    ]


def held_by(person_ids: list[str]) -> dict[str, list[PersonSkill]]:
    """Person → the skills that were entered."""
    query = sa.select(PersonSkill).where(PersonSkill.person_id.in_(person_ids)).order_by(PersonSkill.skill)
    found: dict[str, list[PersonSkill]] = {}
    for row in db.session.scalars(query):
        found.setdefault(row.person_id, []).append(row)
    return found


def is_expiring(held: PersonSkill, today: date) -> bool:
    """Whether it has run out, or will within the time of the warning."""
    return held.certified_until is not None and held.certified_until <= today + EXPIRY_WARNING
