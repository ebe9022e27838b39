"""What speaks against giving or moving a visit, read from the database for `conflicts.remarks`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from fieldservice.accounts.models import Person
from fieldservice.core import i18n
from fieldservice.dispatch import conflicts, planning, queries, rules
from fieldservice.dispatch.conflicts import Duty, Held, Late, Moment, Now, Other, Remark, Target
from fieldservice.jobs.actions import Against
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ASSIGNED, CANCELLED, ENDED
from fieldservice.people.availability import Available, Roster
from fieldservice.people.rules import AWAY
from fieldservice.routing import schedule


@dataclass(frozen=True)
class Wish:
    """Who is to go and when; no times: none is agreed. `begins_at`: the window stays, the start is planned within it."""

    lead: Person | None
    day: date | None
    start_at: datetime | None
    end_at: datetime | None
    begins_at: datetime | None = None


class Check:
    """The day of a branch around one visit, read once; asked for one wish or for everybody who could go."""

    def __init__(self, job: Job, day: date | None, *, by: Person, at: datetime) -> None:
        self._job, self._day, self._by, self._at = job, day, by, at
        self._zone = job.branch.timezone
        found = queries.jobs_on([job.branch_id], day) if day else []
        self._jobs = [one for one in found if one.state != CANCELLED and one.id != job.id]
        self._roster = Roster([job.branch_id], day, day) if day else None
        self._known = {person.id: person for person in self._roster.people} if self._roster else {}

    def remarks(self, wish: Wish, *, with_ways: bool = True) -> list[Remark]:
        """What is to be said of it; `with_ways`: also who would be reached too late."""
        lead = wish.lead
        others = [one for one in self._jobs if lead and one.is_crew(lead.id)]
        window = self._window(wish.start_at, wish.end_at)
        begins = self._window(wish.begins_at, wish.begins_at)
        to = Target(lead.id if lead else "", lead.name if lead else "", lead.branch_id if lead else "",
                    wish.day.isoformat() if wish.day else "", begins[0] if begins else window[0] if window else 0)
        late = self._late(wish, others) if with_ways and lead and wish.start_at else []
        found = conflicts.remarks(self._held(wish), to, [one for other in others if (one := self._other(other))],
                                  self.duty(lead), late, self._now())
        return found if window else [one for one in found if one.code in _WITHOUT_A_TIME]

    def duty(self, person: Person | None) -> Duty:
        """What is known of somebody on that day."""
        if person is None or self._roster is None or self._day is None:
            return Duty()
        if person.id not in self._known:
            return Duty(why="" if person.is_active else "inactive")
        return duty_of(self._roster.on(self._known[person.id], self._day), self._by)

    def _held(self, wish: Wish) -> Held:
        job = self._job
        window = self._window(wish.start_at, wish.end_at)
        before = _window(job.window_start_at, job.window_end_at, job.visit_on, self._zone)
        at = job.planned_start_at if wish.begins_at else None
        planned = _window(at, at, job.visit_on, self._zone)
        origin = Moment(job.visit_on.isoformat(), (planned or before)[0]) if before and job.visit_on else None
        return Held(
            id=job.id, state=job.state, branch=job.branch_id, minutes=window[1] - window[0] if window else 0,
            lead=job.lead_id or "", lead_name=job.lead.name if job.lead else "", origin=origin, needs=job.skills,
            load=job.load_m2 or 0, is_pinned=job.pinned_lead, is_placed=job.site.lat is not None,
            room=before if planned else None, work=job.planned_minutes)

    def _other(self, job: Job) -> Other | None:
        window = self._window(job.window_start_at, job.window_end_at)
        if window and job.planned_start_at:  # as the board draws it
            length = timedelta(minutes=job.planned_minutes)
            window = self._window(job.planned_start_at, job.planned_start_at + length)
        return Other(job.id, job.case.customer.address_form, *window, job.state in ENDED, job.load_m2 or 0) if window \
            else None

    def _window(self, start_at: datetime | None, end_at: datetime | None) -> tuple[int, int] | None:
        return _window(start_at, end_at, self._day, self._zone)

    def _now(self) -> Now:
        local = i18n.local(self._at, self._zone)
        return Now(local.date().isoformat(), local.hour * 60 + local.minute, self._by.can("jobs.assign"))

    def _late(self, wish: Wish, others: list[Job]) -> list[Late]:
        """Whom that person would reach too late, later than without this visit."""
        if wish.lead is None or self._day is None:
            return []
        own = [one for one in others if one.window_start_at]
        before = self._seconds_late(wish.lead.id, own)
        names = {one.id: one.case.customer.address_form for one in own}
        after = self._seconds_late(wish.lead.id, [*own, _Wished(self._job, wish)])
        return [Late(key.partition("+")[0], names.get(key.partition("+")[0], ""), -(-seconds // 60))
                for key, seconds in after.items() if seconds > before.get(key, 0)]

    def _seconds_late(self, person_id: str, jobs: Iterable[Any]) -> dict[str, int]:
        assert self._day is not None
        planned = planning.day_of([self._job.branch_id], self._day, at=self._at, jobs=jobs, with_undated=False)
        technician = planned.technicians.get(person_id)
        if technician is None:
            return {}
        route = schedule.project(planned.day, technician, planned.order.get(person_id, ()))
        return {stop.visit_id: stop.late_seconds for stop in route.stops}


#: what counts of a visit for which no time is agreed
_WITHOUT_A_TIME = frozenset({"other_branch", "pinned", "no_skill", "certificate_expired", "off", "sick", "no_shift",
                             "inactive", "has_begun", "nobody_goes", "load"})


#: what is said beside a name
OF_THE_PERSON = frozenset({"pinned", "no_skill", "certificate_expired", "off", "sick", "no_shift", "inactive",
                           "outside_shift", "load"})


def duty_of(available: Available, viewer: Person) -> Duty:
    """As the rules take it, as far as the viewer may know; that somebody is ill is for planners."""
    may_assign = viewer.can("jobs.assign")
    return Duty(
        why="off" if available.why_not == "sick" and not may_assign else available.why_not,
        shift=(available.shift_start // 60, available.shift_end // 60) if available.is_there else None,
        skills=available.skills if may_assign else None,
        expired={code: until.isoformat() for code, until in available.expired.items()},
        van=available.van_m2 if may_assign else None)


def hard_codes(found: Iterable[Remark]) -> set[str]:
    """What somebody has to say once more."""
    return {one.code for one in found if one.level == conflicts.HARD}


def overruled(job: Job, wish: Wish, found: Iterable[Remark]) -> Against:
    """What somebody does all the same, for the log: about whom, and which skills.

    That somebody is away stands there as 'off' with the day, sick or not: nobody can take anything out of the log.
    """
    against: Against = {}
    for one in found:
        person_id = job.lead_id if one.code == "pinned" else wish.lead.id if wish.lead else None
        is_away = one.code in AWAY
        known = against.setdefault("off" if is_away else one.code, {"person_id": person_id})
        if is_away and wish.day:
            known["day"] = wish.day.isoformat()
        if skill := one.facts.get("skill"):
            known.setdefault("skills", []).append(skill)
            if until := one.facts.get("until"):
                known.setdefault("until", {})[skill] = until
    return against


def _window(start_at: datetime | None, end_at: datetime | None, day: date | None, zone: str) -> tuple[int, int] | None:
    """Minutes from midnight of the day; None without times."""
    if start_at is None or end_at is None or day is None:
        return None
    start = i18n.local(start_at, zone)
    begins = (start.date() - day).days * conflicts.MIDNIGHT + start.hour * 60 + start.minute
    return begins, begins + rules.length_of(start_at, end_at, 0)


class _Wished:
    """The visit as it would be; for all else it is the job."""

    def __init__(self, job: Job, wish: Wish) -> None:
        self._job = job
        self.lead_id = wish.lead.id if wish.lead else None
        self.visit_on, self.window_start_at, self.window_end_at = wish.day, wish.start_at, wish.end_at
        self.planned_start_at = wish.begins_at
        self.pinned_lead = False
        self.state = job.state if self.lead_id == job.lead_id else ASSIGNED

    def __getattr__(self, name: str) -> Any:
        return getattr(self._job, name)
