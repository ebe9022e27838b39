"""What planning knows of a person as one whole: as it stands, as its form shows it, as a file of it says it."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from fieldservice.core.db import db
from fieldservice.people.models import PersonPlanning, PersonSkill, Shift
from fieldservice.people.rules import Lunch

WEEK = range(7)


@dataclass(frozen=True)
class Held:
    """A skill somebody has."""

    skill: str
    #: last day it is good; None: does not run out
    until: date | None = None
    number: str = ""


@dataclass(frozen=True)
class PlanningEntry:
    """Everything but days off."""

    #: by code
    skills: tuple[Held, ...] = ()
    #: weekday → (first, last minute); None: the week of the branch
    week: dict[int, tuple[int, int]] | None = None
    #: None: that of the branch; 0 minutes: none
    lunch: Lunch | None = None
    start_from: str = "branch"
    ends: str = "branch"
    #: WGS-84 (lat, lng); None: not known
    home: tuple[float, float] | None = None
    home_address: str = ""
    #: None: no limit
    van_m2: int | None = None

    def with_skill(self, held: Held) -> "PlanningEntry":
        """With this skill, in the place of what was known of it."""
        others = [one for one in self.skills if one.skill != held.skill]
        return replace(self, skills=tuple(sorted([*others, held], key=lambda one: one.skill)))


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


def clock(minute: int) -> str:
    """480 → '08:00', as a field takes it; the end of a day is '00:00'."""
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def field_values(entry: PlanningEntry) -> dict[str, Any]:
    """The fields of the form as they stand, all but the position, which each browser writes its own way."""
    values: dict[str, Any] = {"skills": [one.skill for one in entry.skills]}
    values["own_week"] = "" if entry.week is None else "own"
    for held in entry.skills:
        values |= {f"until_{held.skill}": held.until, f"number_{held.skill}": held.number}
    for weekday in WEEK:
        span = (entry.week or {}).get(weekday)
        values |= {f"start_{weekday}": clock(span[0]) if span else "", f"end_{weekday}": clock(span[1]) if span else ""}
    lunch = entry.lunch
    kind = "" if lunch is None else "own" if lunch.minutes else "none"
    values["lunch"] = kind
    is_own = lunch is not None and kind == "own"
    values["lunch_earliest"] = clock(lunch.earliest) if lunch and is_own else ""
    values["lunch_latest"] = clock(lunch.latest) if lunch and is_own else ""
    values["lunch_minutes"] = lunch.minutes if lunch and is_own else ""
    names = ("start_from", "ends", "home_address", "van_m2")
    return {**values, **{name: getattr(entry, name) for name in names}}


def changed_fields(before: PlanningEntry, after: PlanningEntry) -> list[str]:
    """Names of the fields that are not the same, as the log says them."""
    old, new = field_values(before), field_values(after)
    found = {name for name in old.keys() | new.keys() if (old.get(name) or "") != (new.get(name) or "")}
    return sorted(found | ({"home"} if before.home != after.home else set()))


def logged(entry: PlanningEntry) -> dict[str, Any]:
    """What the log, which nobody can take anything out of, is told: nothing of the home."""
    held = [{"skill": one.skill, "until": one.until, "number": one.number} for one in entry.skills]
    week = None if entry.week is None else {str(day): list(span) for day, span in sorted(entry.week.items())}
    lunch = None if entry.lunch is None else [entry.lunch.earliest, entry.lunch.latest, entry.lunch.minutes]
    return {"skills": held, "week": week, "lunch": lunch, "start_from": entry.start_from, "ends": entry.ends,
            "van_m2": entry.van_m2}  # fmt: skip
