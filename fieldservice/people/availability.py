"""Who is there on a day, from when to when, able to do what, from where to where: what planning asks.

Where nothing was entered the defaults of the branch count, and where there are none those of `rules`. Of whom no skill
was entered is taken to have every craft and no certificate.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar

import sqlalchemy as sa

from fieldservice.accounts.models import Person, PersonRole
from fieldservice.core.db import db
from fieldservice.core.permissions import TECHNICIAN
from fieldservice.people import rules
from fieldservice.people.models import BranchPlanning, PersonPlanning, PersonSkill, Shift, ShiftChange, Skill
from fieldservice.people.rules import Lunch, Week

Place = tuple[float, float]
Row = TypeVar("Row", PersonPlanning, PersonSkill, Shift, ShiftChange)


@dataclass(frozen=True, slots=True)
class Available:
    """A technician on a day. All times are seconds from midnight of that day on the clock of the branch."""

    person: Person
    day: date
    #: 0 and 0 when `why_not` says something
    shift_start: int
    shift_end: int
    #: (earliest start, latest start, length); None: none is kept
    lunch: tuple[int, int, int] | None
    #: those that are good on the day
    skills: frozenset[str]
    #: those that are not any more → the last day they were
    expired: dict[str, date]
    #: WGS-84 (lat, lng); None: not known
    start: Place | None
    #: 'open': wherever the last visit is
    end: Place | Literal["open"] | None
    #: m² of boards the van takes; None: no limit
    van_m2: int | None
    #: '' is there; 'off', 'sick', 'no_shift' (does not work on that weekday), 'inactive' (the account is disabled)
    why_not: str
    #: works at other times than usual on that day
    is_changed: bool = False

    @property
    def is_there(self) -> bool:
        return not self.why_not


def available(branch_ids: Iterable[str], day: date, *, even_inactive: bool = False) -> list[Available]:
    """Every technician of the branches on a day, by staff number, also who is not there. A fixed number of queries.

    `even_inactive`: those whose account is disabled too.
    """
    roster = Roster(branch_ids, day, day, even_inactive=even_inactive)
    return [roster.on(person, day) for person in roster.people]


class Roster:
    """The technicians of some branches over some days, read once: a fixed number of queries."""

    def __init__(self, branch_ids: Iterable[str], first: date, last: date, *, even_inactive: bool = False,
                 only: Sequence[str] | None = None) -> None:  # fmt: skip
        """`only`: these people, whatever their roles."""
        query = sa.select(Person).where(Person.branch_id.in_(list(branch_ids)))
        if only is not None:
            query = query.where(Person.id.in_(only))
        else:
            query = query.where(Person.role_rows.any(PersonRole.role == TECHNICIAN))
        if not even_inactive and only is None:
            query = query.where(Person.is_active)
        self.people: list[Person] = list(db.session.scalars(query.order_by(Person.branch_id, Person.staff_no)).unique())
        ids = [person.id for person in self.people]
        self._planning = {row.person_id: row for row in _all(PersonPlanning, ids)}
        self._branches = branch_plannings({person.branch_id for person in self.people})
        self._shifts: dict[str, dict[int, tuple[int, int]]] = defaultdict(dict)
        for shift in _all(Shift, ids):
            self._shifts[shift.person_id][shift.weekday] = (shift.start_minute, shift.end_minute)
        changes = _all(ShiftChange, ids, ShiftChange.on_day.between(first, last))
        self._changes = {(row.person_id, row.on_day): row for row in changes}
        self._skills: dict[str, list[PersonSkill]] = defaultdict(list)
        for skill in _all(PersonSkill, ids):
            self._skills[skill.person_id].append(skill)
        # those that are offered no more too: visits that need them are still to be done
        crafts = sa.select(Skill.code).where(Skill.is_certificate.is_(False))
        self._crafts = frozenset(db.session.scalars(crafts))

    def on(self, person: Person, day: date) -> Available:
        """One of `people` on one of the days."""
        planning, branch = self._planning.get(person.id), self._branches.get(person.branch_id)
        change, week = self.change(person, day), self.week(person)
        span = week.days.get(day.weekday())
        if change and change.start_minute is not None and change.end_minute is not None:
            span = (change.start_minute, change.end_minute)
        why_not = _why_not(person, change, span)
        start, end = (0, 0) if why_not or span is None else span
        lunch = week.lunch
        held = self._skills.get(person.id)
        good = self._crafts if not held else frozenset(
            one.skill for one in held if rules.is_good(one.certified_until, day))  # fmt: skip
        return Available(
            person=person,
            day=day,
            shift_start=start * 60,
            shift_end=end * 60,
            lunch=(lunch.earliest * 60, lunch.latest * 60, lunch.minutes * 60) if lunch else None,
            skills=good,
            expired={one.skill: until for one in held or () if one.skill not in good and (until := one.certified_until)},
            start=_place(planning, branch, planning.start_from if planning else "branch"),
            end="open" if planning and planning.ends == "open" else _place(
                planning, branch, planning.ends if planning else "branch"),
            van_m2=planning.van_m2 if planning else None,
            why_not=why_not,
            is_changed=bool(change and change.kind == "shift"),
        )  # fmt: skip

    def week(self, person: Person) -> Week:
        """The usual week of one of `people`."""
        planning = self._planning.get(person.id)
        usual = week_of(self._branches.get(person.branch_id))
        if planning is None:
            return usual
        lunch = usual.lunch if planning.lunch_minutes is None else _lunch(planning)
        return Week(self._shifts.get(person.id, {}) if planning.has_own_week else usual.days, lunch)

    def change(self, person: Person, day: date) -> ShiftChange | None:
        """What is different on one of the days; None: nothing."""
        return self._changes.get((person.id, day))


def branch_plannings(branch_ids: Iterable[str]) -> dict[str, BranchPlanning]:
    """Branch → where it is and when its people work, for those of which something was entered."""
    query = sa.select(BranchPlanning).where(BranchPlanning.branch_id.in_(list(branch_ids)))
    return {row.branch_id: row for row in db.session.scalars(query)}


def branch_place(branch_id: str) -> Place | None:
    """WGS-84 (lat, lng) of a branch; None: not known."""
    return _branch_place(branch_plannings([branch_id]).get(branch_id))


def windows_of(branch: BranchPlanning | None) -> rules.Windows:
    """The windows in which a branch offers new appointments, minutes from midnight."""
    return (rules.read_windows(branch.usual_windows) if branch else None) or rules.WINDOWS


def week_of(branch: BranchPlanning | None) -> Week:
    """The usual week of a branch."""
    if branch is None:
        return Week(dict.fromkeys(rules.WEEKDAYS, (rules.START_MINUTE, rules.END_MINUTE)), rules.LUNCH)
    return Week(dict.fromkeys(branch.weekdays, (branch.start_minute, branch.end_minute)), _lunch(branch))


def _all(model: type[Row], person_ids: list[str], *conditions: sa.ColumnElement[bool]) -> list[Row]:
    query = sa.select(model).where(model.person_id.in_(person_ids), *conditions)
    return list(db.session.scalars(query)) if person_ids else []


def _why_not(person: Person, change: ShiftChange | None, span: tuple[int, int] | None) -> str:
    if not person.is_active:
        return "inactive"
    if change and change.kind in rules.AWAY:
        return change.kind
    return "" if span else "no_shift"


def _lunch(row: PersonPlanning | BranchPlanning) -> Lunch | None:
    if not row.lunch_minutes or row.lunch_earliest is None or row.lunch_latest is None:
        return None
    return Lunch(row.lunch_earliest, row.lunch_latest, row.lunch_minutes)


def _place(planning: PersonPlanning | None, branch: BranchPlanning | None, where: str) -> Place | None:
    """The home where it is wanted and known, else the branch."""
    if where == "home" and planning and planning.home_lat is not None and planning.home_lng is not None:
        return planning.home_lat, planning.home_lng
    return _branch_place(branch)


def _branch_place(branch: BranchPlanning | None) -> Place | None:
    return (branch.lat, branch.lng) if branch and branch.lat is not None and branch.lng is not None else None
