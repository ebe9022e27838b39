"""What planning knows of a person, as its form shows it and as the log is told."""

from typing import Any

from fieldservice.people.rules import PlanningEntry

WEEK = range(7)


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
