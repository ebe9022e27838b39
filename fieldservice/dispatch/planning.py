"""A day of some branches as the engines of `routing` see it: jobs, who is there, where everything is, how far.

Everything that plans or says when something happens begins here: the board, proposals, slips, slots. Moments are whole
seconds from the day's midnight on the branch's clock; `Planned.moment` makes moments of them again.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from fieldservice.branches.models import Branch
from fieldservice.core import i18n
from fieldservice.core.coords import Point, is_in_china
from fieldservice.dispatch import queries
from fieldservice.imports.land import is_on_land
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import CANCELLED, EN_ROUTE, ENDED, RUNNING, UNASSIGNED
from fieldservice.people.availability import Available, available
from fieldservice.routing import roads, schedule, travel
from fieldservice.routing.model import Day, Lunch, Reason, Technician, Visit

Place = tuple[float, float]

#: seconds of a day of the longest kind
DAY_SECONDS = 24 * 3600
#: work that takes longer than planned is expected to take this much longer still
OVERRUN_SECONDS = 15 * 60
#: farther from whoever could come is a slip of the finger, not an address
FAR_METRES = 300_000
#: as near as this to where somebody begins it is where it says
NEAR_METRES = 20_000

#: job priority → the engines' number, and what the visit is worth to be done on the day
PRIORITIES = {"emergency": (1, 100), "urgent": (2, 30), "normal": (3, 10)}
#: a visit that has waited is worth a point more for each day, up to so many
MOST_WAITING_POINTS = 9

#: what a visit needs of a technician when several branches are planned together: to be of its own
_BRANCH = "branch:"


@dataclass(frozen=True)
class Doing:
    """What a technician is at or on the way to."""

    job_id: str
    place: Place | None
    #: when it is expected to be over
    until: int


@dataclass(frozen=True)
class Planned:
    """A day to be planned, and whose visits and people its ids mean."""

    day: Day
    on: date
    timezone: str
    #: by visit id; also of what was left out, is under way or has ended
    jobs: Mapping[str, Job]
    #: by person; also who is not there
    people: Mapping[str, Available]
    #: open visits that no plan can hold: by job why
    left_out: Mapping[str, Reason]
    #: by technician
    doing: Mapping[str, Doing]
    #: by technician who is there: the visits still to come, in the order they have now
    order: Mapping[str, tuple[str, ...]]
    #: visit → job, of visits somebody helps at
    helping: Mapping[str, str]
    places: Sequence[Place]

    @cached_property
    def visits(self) -> dict[str, Visit]:
        """By id."""
        return {visit.id: visit for visit in self.day.visits}

    @cached_property
    def technicians(self) -> dict[str, Technician]:
        """Those who are there, by person."""
        return {technician.id: technician for technician in self.day.technicians}

    def moment(self, seconds: int) -> datetime:
        """When that is."""
        return midnight(self.on, self.timezone) + timedelta(seconds=seconds)

    def seconds(self, moment: datetime) -> int:
        """From the day's midnight."""
        return _seconds(moment, self.on, self.timezone)


def day_of(
    branch_ids: Sequence[str],
    day: date,
    *,
    at: datetime,
    jobs: Iterable[Job] | None = None,
    with_undated: bool = True,
    ways: Callable[[Branch | str, Sequence[Place], datetime], Any] = roads.matrix_for,
) -> Planned:
    """The day as it stands at this moment: what is past or under way is fixed.

    `jobs`: visits of the day that were read already; None: read here, with those without a day that wait for somebody
    (unless `with_undated` is off). `ways`: how long from each place to each other. The same few queries whatever its
    length.
    """
    found = list(jobs) if jobs is not None else queries.jobs_to_plan(list(branch_ids), day, with_undated=with_undated)
    branches = queries.branches_with(branch_ids)
    zone = branches[0].timezone if branches else "UTC"
    draft = _Draft(day, zone, at, keeps_branches=len(branches) > 1)
    draft.people = {one.person.id: one for one in available(list(branch_ids), day)}
    draft.take_jobs([job for job in found if job.state != CANCELLED])
    return draft.planned(branches, ways)


def midnight(day: date, timezone: str) -> datetime:
    """When the day begins there."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def value_of(job: Job, at: datetime) -> int:
    """What it is worth that the visit is done on the day, in points: its urgency, and how long it has waited."""
    waited = (at - job.created_at) // timedelta(days=1)
    return PRIORITIES[job.priority][1] + max(0, min(MOST_WAITING_POINTS, waited))


def fault_of_position(place: Place | None, others: Collection[Place]) -> Reason | None:
    """What is wrong with where a visit is; None: nothing. `others`: where technicians begin, else the other visits."""
    if place is None:
        return Reason("no_position")
    nearest: int | None = None
    for other in others:  # near any of them is enough: there may be hundreds
        metres = travel.metres_between(place, other)
        if 0 < metres <= NEAR_METRES:
            return None
        nearest = metres if nearest is None else min(nearest, metres)
    if any(is_in_china(Point(*other)) for other in others) and not is_on_land(Point(*place)):
        return Reason("position_in_sea")
    return Reason("too_far", {"km": nearest // 1000}) if nearest and nearest > FAR_METRES else None


def _seconds(moment: datetime, day: date, timezone: str) -> int:
    return int((moment - midnight(day, timezone)).total_seconds())


@dataclass
class _Draft:
    """The day while it is put together."""

    on: date
    timezone: str
    at: datetime
    #: several branches: each has its own technicians
    keeps_branches: bool
    #: and whose branch plans with it, where there are several
    places: dict[tuple[Place, str], int] = field(default_factory=dict)
    people: dict[str, Available] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    left_out: dict[str, Reason] = field(default_factory=dict)
    doing: dict[str, Doing] = field(default_factory=dict)
    #: by technician where the last work ended today, and when
    ended: dict[str, tuple[int, Place]] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    helping: dict[str, str] = field(default_factory=dict)

    @cached_property
    def now(self) -> int:
        """Seconds into the day; 0 before it, the whole day after it."""
        return max(0, min(2 * DAY_SECONDS, self._seconds(self.at)))

    @cached_property
    def _midnight(self) -> datetime:
        return midnight(self.on, self.timezone)

    def _seconds(self, moment: datetime) -> int:
        return int((moment - self._midnight).total_seconds())

    @property
    def is_over(self) -> bool:
        return i18n.local(self.at, self.timezone).date() > self.on

    def take_jobs(self, jobs: list[Job]) -> None:
        self.jobs = {job.id: job for job in jobs}
        begins = {one.start for one in self.people.values() if one.start} or set(filter(None, map(_place_of, jobs)))
        steps = queries.last_steps([job.id for job in jobs if job.state in RUNNING or job.state in ENDED])
        for job in jobs:
            if job.state in ENDED:
                self._end(job, steps.get(job.id))
            elif job.state in RUNNING:
                self._do(job, steps.get(job.id))
        for job in jobs:
            if job.state not in ENDED and job.state not in RUNNING:
                self._plan(job, begins)

    def _end(self, job: Job, step: tuple[str, datetime] | None) -> None:
        place = _place_of(job)
        if job.lead_id and step and place:
            ended = self._of_day(step[1])
            if ended >= self.ended.get(job.lead_id, (-1, place))[0]:
                self.ended[job.lead_id] = (ended, place)

    def _do(self, job: Job, step: tuple[str, datetime] | None) -> None:
        """Work that was begun is over after its planned time; what takes longer takes a little longer still."""
        place = _place_of(job)
        begins = self._of_day(step[1]) if step else self.now
        if job.state == EN_ROUTE:
            begins += self._way_to(job)
        until = max(begins + job.planned_minutes * 60, self.now + OVERRUN_SECONDS)
        for person_id in filter(None, (job.lead_id, *(row.person_id for row in job.helper_rows))):
            known = self.doing.get(person_id)
            if known is None or known.until < until:
                self.doing[person_id] = Doing(job.id, place, until)
        if place is None or job.lead_id is None:
            self.left_out[job.id] = Reason("no_position")
            return
        visit = self._visit(job, place, (), begins)
        self.visits.append(replace(visit, pinned=job.lead_id, promised=False, is_fixed=True))
        self._add_helpers(job, self.visits[-1])

    def _way_to(self, job: Job) -> int:
        """How long the way takes that somebody is on, from where the last work ended or the day begins."""
        place, person = _place_of(job), self.people.get(job.lead_id or "")
        ended = self.ended.get(job.lead_id or "")
        begin = ended[1] if ended else person.start if person else None
        return travel.estimate(travel.metres_between(begin, place)) if begin and place else 0

    def _of_day(self, moment: datetime) -> int:
        return max(0, self._seconds(moment))

    def _plan(self, job: Job, begins: set[Place]) -> None:
        place = _place_of(job)
        windows = self._windows(job)
        fault = Reason("window_past") if self.is_over else fault_of_position(place, begins)
        is_missed = bool(windows) and windows[-1][1] < self.now
        if fault is None and is_missed and job.state == UNASSIGNED:
            fault = Reason("window_past", {"until": windows[-1][1]})
        lead = job.lead_id
        if fault is None and lead and job.pinned_lead and (lead not in self.people or self.people[lead].why_not):
            fault = Reason("pinned_cannot", {"technician": lead, "why": self._why_not(lead)})
        if fault or place is None:
            self.left_out[job.id] = fault or Reason("no_position")
            return
        self._add(job, place, windows, is_missed=is_missed)

    def _why_not(self, person_id: str) -> str:
        person = self.people.get(person_id)
        return person.why_not if person else "inactive"

    def _add(self, job: Job, place: Place, windows: tuple[tuple[int, int], ...], *, is_missed: bool) -> None:
        holds = job.is_promised and bool(windows) and not is_missed
        has_crew = bool(job.helper_rows) and job.lead_id is not None
        start = self._start(job, windows if has_crew else ()) if job.lead_id and job.visit_on else None
        visit = self._visit(job, place, windows, start)
        is_bound = job.pinned_lead or has_crew or job.visit_on is None
        # what somebody has stays theirs, if late; nobody is given what is late already
        visit = replace(visit, promised=holds, pinned=job.lead_id if is_bound else None,
                        soft_until=DAY_SECONDS if job.lead_id and windows and not holds else None,
                        is_fixed=has_crew and visit.start is not None and visit.start >= self._free_at(job.lead_id))
        self.visits.append(visit)
        if has_crew and visit.start is not None:
            self._add_helpers(job, visit)

    def _visit(self, job: Job, place: Place, windows: tuple[tuple[int, int], ...], start: int | None) -> Visit:
        priority, _points = PRIORITIES[job.priority]
        skills = frozenset(job.skills) | ({_BRANCH + job.branch_id} if self.keeps_branches else frozenset())
        return Visit(
            id=job.id, place=self._index(place, job.branch_id), seconds=job.planned_minutes * 60, windows=windows,
            skills=skills, value=value_of(job, self.at), priority=priority, load=job.load_m2 or 0,
            lead=job.lead_id if job.visit_on else None, start=start)

    def _free_at(self, person_id: str | None) -> int:
        """When somebody can begin something new."""
        doing, person = self.doing.get(person_id or ""), self.people.get(person_id or "")
        return max(self.now, doing.until if doing else 0, person.shift_start if person else 0)

    def _add_helpers(self, job: Job, visit: Visit) -> None:
        """Who helps is there from when the lead begins."""
        for row in job.helper_rows:
            twin = f"{job.id}+{row.person_id}"
            self.helping[twin] = job.id
            self.jobs[twin] = job
            held = visit.is_fixed and (visit.start or 0) >= self._free_at(row.person_id)
            self.visits.append(replace(visit, id=twin, lead=row.person_id, pinned=row.person_id, skills=frozenset(),
                                       value=0, promised=False, load=0, is_fixed=held or job.state in RUNNING))

    def _start(self, job: Job, windows: tuple[tuple[int, int], ...]) -> int | None:
        """When it is to begin: as planned, else with its window; None: nobody said."""
        if job.planned_start_at:
            return max(self._of_day(job.planned_start_at), self.now)
        return max(windows[0][0], self.now) if windows else None

    def _windows(self, job: Job) -> tuple[tuple[int, int], ...]:
        if not (job.window_start_at and job.window_end_at):
            return ()
        start, end = self._seconds(job.window_start_at), self._seconds(job.window_end_at)
        return ((max(0, start), max(0, end)),)

    def _index(self, place: Place, branch_id: str) -> int:
        return self.places.setdefault((place, branch_id if self.keeps_branches else ""), len(self.places))

    def _technician(self, one: Available) -> Technician:
        person_id, branch_id = one.person.id, one.person.branch_id
        at, busy = None, None
        doing, ended = self.doing.get(person_id), self.ended.get(person_id)
        if doing:
            at, busy = doing.place, doing.until
        elif ended:
            at, busy = ended[1], max(ended[0], self.now)
        elif self.now > one.shift_start:
            busy = self.now
        skills = one.skills | ({_BRANCH + one.person.branch_id} if self.keeps_branches else frozenset())
        return Technician(
            id=person_id, skills=skills, shift_start=one.shift_start, shift_end=one.shift_end,
            start=self._index(one.start, branch_id) if one.start else None,
            end=self._index(one.end, branch_id) if one.end and one.end != "open" else None,
            lunch=Lunch(*one.lunch) if one.lunch else None, capacity=one.van_m2, busy_until=busy,
            at=self._index(at, branch_id) if at else None)

    def planned(
        self, branches: list[Branch], ways: Callable[[Branch | str, Sequence[Place], datetime], Any]
    ) -> Planned:
        technicians = tuple(self._technician(one) for one in self.people.values() if not one.why_not)
        day = Day(technicians, tuple(self.visits), self._travel(branches, ways), now=self.now)
        order, visits = _as_it_stands(day)
        return Planned(
            replace(day, visits=visits), self.on, self.timezone, self.jobs, self.people, self.left_out, self.doing,
            order, self.helping, tuple(place for place, _branch_id in self.places))


    def _travel(self, branches: list[Branch], ways: Callable[[Branch | str, Sequence[Place], datetime], Any]) -> Any:
        """Seconds from place to place, of each branch by its own numbers; nobody goes from one branch's to another's."""
        if not self.keeps_branches:
            return ways(branches[0] if branches else "", [place for place, _branch_id in self.places], self.at).seconds
        own: dict[str, list[int]] = defaultdict(list)
        for (_place, branch_id), index in self.places.items():
            own[branch_id].append(index)
        places = [place for place, _branch_id in self.places]
        parts = {branch_id: ways(branch_id, [places[one] for one in indices], self.at).seconds
                 for branch_id, indices in own.items()}
        return _joined(parts, own, len(places))


class _ByBranch:
    """Seconds from place to place, each pair by what its branch knows."""

    def __init__(self, parts: Mapping[str, Any], own: Mapping[str, Sequence[int]]) -> None:
        self._of = {index: (parts[branch_id], place) for branch_id, indices in own.items()
                    for place, index in enumerate(indices)}

    def __getitem__(self, pair: tuple[int, int]) -> int:
        (here, start), (there, end) = self._of[int(pair[0])], self._of[int(pair[1])]
        return int(here[start, end]) if here is there else DAY_SECONDS


def _joined(parts: Mapping[str, Any], own: Mapping[str, Sequence[int]], size: int) -> Any:
    """As each branch has them: whole tables as a whole table, which engines need; legs worked out one by one so."""
    if not all(hasattr(part, "shape") for part in parts.values()):
        return _ByBranch(parts, own)
    import numpy as np

    whole = np.full((size, size), DAY_SECONDS, np.int32)
    for branch_id, indices in own.items():
        whole[np.ix_(indices, indices)] = parts[branch_id]
    return whole


def _place_of(job: Job) -> Place | None:
    return (job.site.lat, job.site.lng) if job.site.lat is not None and job.site.lng is not None else None


def _as_it_stands(day: Day) -> tuple[dict[str, tuple[str, ...]], tuple[Visit, ...]]:
    """The order of each technician's visits as planned and agreed, and the visits with the start that comes of it where
    none was planned.
    """
    held: dict[str, list[Visit]] = defaultdict(list)
    for visit in day.visits:
        if visit.lead:
            held[visit.lead].append(visit)
    there = {technician.id for technician in day.technicians}
    # of who is not there nobody can say when: with the window
    starts = {visit.id: visit.windows[0][0] if visit.windows else day.now
              for visit in day.visits if visit.lead and visit.lead not in there}
    order: dict[str, tuple[str, ...]] = {}
    for technician in day.technicians:
        own = sorted(held[technician.id], key=lambda one: _by_plan(one, is_begun=schedule.is_begun(day, technician, one)))
        order[technician.id] = tuple(visit.id for visit in own)
        if any(visit.start is None for visit in own):
            earliest = 0
            for visit, stop in zip(own, schedule.project(day, technician, order[technician.id]).stops, strict=True):
                starts[visit.id] = earliest = max(earliest, stop.start, visit.start or 0)
    return order, tuple(replace(visit, start=starts[visit.id]) if visit.start is None and visit.id in starts else visit
                        for visit in day.visits)


def _by_plan(visit: Visit, *, is_begun: bool) -> tuple[bool, int, int, str]:
    """What is under way, then by planned start or window, what has neither last."""
    first, last = (visit.windows[0][0], visit.windows[-1][1]) if visit.windows else (DAY_SECONDS, DAY_SECONDS)
    return not is_begun, first if visit.start is None else visit.start, last, visit.id
