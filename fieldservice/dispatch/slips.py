"""How the day goes as things stand: when somebody comes to each visit still ahead, who will miss a window, and why.

Worked out once for each change of a branch's day and once a minute, and kept in the process: every page of the desk asks
(`of_day`), the board for each of its visits.
"""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.core import i18n
from fieldservice.core.db import db
from fieldservice.dispatch import planning
from fieldservice.dispatch.planning import Planned
from fieldservice.dispatch.ways import Way, legs_of, ways_in
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import EN_ROUTE, ENDED, RUNNING, UNASSIGNED
from fieldservice.people.models import BranchPlanning, PersonPlanning, ShiftChange
from fieldservice.people.rules import AWAY
from fieldservice.routing import schedule

#: why a day slips: nobody has set out though it is time, work takes longer than planned, or began late; the plan itself
#: cannot be kept; somebody is away; an emergency nobody goes to
LATE_START, OVERRUN, BEHIND, FULL, URGENT = "late_start", "overrun", "behind", "full", "urgent"
SICK, OFF = "sick", "off"
#: in the order in which they are handled
KINDS = (URGENT, SICK, OFF, OVERRUN, LATE_START, BEHIND, FULL)

#: the technician is on the way there; goes there next; has others before
SURE, LIKELY, ROUGH = "sure", "likely", "rough"

#: days of branches kept in a process
_KEPT = 256
_MINUTE = 60  # seconds

#: of what a process keeps of days
LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Expected:
    """When somebody comes to a visit, as things stand."""

    job_id: str
    person_id: str
    at: datetime
    #: whole minutes after the end of the window; 0: in time, or none was agreed
    late_minutes: int
    #: 'sure', 'likely' or 'rough'
    certainty: str
    #: it would begin when the working day of whoever has it is over: nobody comes today
    is_after_shift: bool = False


@dataclass(frozen=True, slots=True)
class Slip:
    """Something that went otherwise than planned, and the visits it touches."""

    kind: str
    branch_id: str
    #: whose day it is; None: nobody's (an emergency nobody goes to)
    person_id: str | None
    #: the visit at which it happens; None: at none
    job_id: str | None
    #: since when; None: it lies ahead
    since: datetime | None
    #: how much, whole minutes; 0 where nothing is measured
    minutes: int
    #: visits that will miss their window, in the order of the day; of somebody away all that are open
    touched: tuple[str, ...]

    @property
    def key(self) -> str:
        """Of this slip alone on its day, and the same at the next look."""
        return f"{'away' if self.is_away else self.kind}-{self.person_id or self.job_id}"

    @property
    def is_away(self) -> bool:
        """Somebody is sick or off. Which of them is for planners (`people.queries.plans`)."""
        return self.kind in AWAY


@dataclass(frozen=True, slots=True)
class Slips:
    """A day of some branches."""

    #: by visit still ahead
    expected: Mapping[str, Expected]
    #: the most pressing kind first
    slips: Sequence[Slip]
    #: by technician who is there: the way through the rest of the day
    ways: Mapping[str, Way] = field(default_factory=dict)

    @property
    def missing(self) -> int:
        """How many visits will miss their window, or have lost who was to come."""
        return len({job_id for slip in self.slips if slip.kind != URGENT for job_id in slip.touched})


NOTHING = Slips({}, ())


def of_day(branch_ids: Sequence[str], day: date, at: datetime) -> Slips:
    """How the day goes at this moment. One query, unless something has changed. What is over is not looked at."""
    return Look(branch_ids, day, at).read()


class Look:
    """One look at a day. It knows what is kept and whether that still counts; whoever reads the visits of the day anyway
    reads them after making it, so that nothing old is kept as if it were new.
    """

    def __init__(self, branch_ids: Sequence[str], day: date, at: datetime) -> None:
        self._day, self._at = day, at
        self._found: list[Slips] = []
        self._stale: dict[str, Any] = {}
        kept, marks = _kept(), _marks(branch_ids, day)
        for branch_id in branch_ids:
            mark = (marks.get(branch_id), at.timestamp() // _MINUTE)
            known = kept.get((branch_id, day))
            if known is not None and known[0] == mark:
                self._found.append(known[1])
            else:
                self._stale[branch_id] = mark

    def read(self, jobs: Iterable[Job] | None = None) -> Slips:
        """How the day goes. `jobs`: all visits of the day, if they were read already."""
        if not self._stale:
            return _joined(self._found)
        own = None if jobs is None else [job for job in jobs if job.branch_id in self._stale]
        fresh = _read(list(self._stale), self._day, self._at, own)
        kept = _kept()
        with LOCK:
            for branch_id, mark in self._stale.items():
                kept[branch_id, self._day] = (mark, fresh[branch_id])
                kept.move_to_end((branch_id, self._day))
            while len(kept) > _KEPT:
                kept.popitem(last=False)
        return _joined([*self._found, *fresh.values()])


def expected_of(job: Job, *, at: datetime) -> datetime | None:
    """When somebody comes to this visit as things stand; None: nobody goes today, or not within working hours."""
    if job.visit_on is None or job.lead_id is None or job.state in ENDED:
        return None
    found = of_day([job.branch_id], job.visit_on, at).expected.get(job.id)
    return found.at if found and not found.is_after_shift else None


def mark_of(branch_id: str, day: date) -> Any:
    """Something that changes whenever the day of a branch does; one query."""
    return _marks([branch_id], day).get(branch_id)


def read(planned: Planned, at: datetime) -> Slips:
    """The same of a day that was read already."""
    return _Reader(planned, at).read()


def _kept() -> OrderedDict[tuple[str, date], tuple[Any, Slips]]:
    found: OrderedDict[tuple[str, date], tuple[Any, Slips]] = current_app.extensions.setdefault("slips", OrderedDict())
    return found


def _marks(branch_ids: Sequence[str], day: date) -> dict[str, tuple[Any, ...]]:
    """By branch what changes whenever its day does: number and versions of its visits, people and their times."""
    ids = list(branch_ids)

    def counted(table: Any, branch: Any, *conditions: Any) -> Any:
        return sa.select(branch, sa.literal(table.__tablename__), sa.func.count(), sa.func.max(table.version),
                         sa.func.sum(table.version)).where(branch.in_(ids), *conditions).group_by(branch)  # fmt: skip

    of_person = (Person.branch_id,)
    parts = [
        counted(Job, Job.branch_id, Job.visit_on == day),
        counted(Person, *of_person),
        counted(ShiftChange, *of_person, ShiftChange.person_id == Person.id, ShiftChange.on_day == day),
        counted(PersonPlanning, *of_person, PersonPlanning.person_id == Person.id),
        counted(BranchPlanning, BranchPlanning.branch_id),
        counted(Branch, Branch.id),  # its numbers of travel
    ]
    found: dict[str, list[Any]] = defaultdict(list)
    for branch_id, *mark in db.session.execute(sa.union_all(*parts)):
        found[branch_id].append(tuple(mark))
    return {branch_id: tuple(sorted(marks)) for branch_id, marks in found.items()}


def _read(branch_ids: Sequence[str], day: date, at: datetime, jobs: Sequence[Job] | None) -> dict[str, Slips]:
    """By branch; branches of one zone together."""
    by_zone: dict[str, list[str]] = defaultdict(list)
    for branch_id, zone in db.session.execute(sa.select(Branch.id, Branch.timezone).where(Branch.id.in_(branch_ids))):
        by_zone[zone].append(branch_id)
    found = dict.fromkeys(branch_ids, NOTHING)
    for zone, ids in by_zone.items():
        if i18n.local(at, zone).date() <= day:
            with apart():
                own = None if jobs is None else [job for job in jobs if job.branch_id in ids]
                planned = planning.day_of(ids, day, at=at, jobs=own, with_undated=False, ways=legs_of(ids))
                found |= _split(read(planned, at), planned, ids)
    return found


@contextmanager
def apart() -> Iterator[None]:
    """What is read inside is known to nobody afterwards: rows of a list hold less than others of the page ask for."""
    session = db.session()
    before = list(session)
    known = {id(row) for row in before}
    yield
    for row in [one for one in session if id(one) not in known]:
        if row in session:  # helpers go with their visit
            session.expunge(row)


def _split(slips: Slips, planned: Planned, branch_ids: Iterable[str]) -> dict[str, Slips]:
    return {
        branch_id: Slips(
            {job_id: one for job_id, one in slips.expected.items() if planned.jobs[job_id].branch_id == branch_id},
            [one for one in slips.slips if one.branch_id == branch_id],
            {person_id: way for person_id, way in slips.ways.items()
             if planned.people[person_id].person.branch_id == branch_id})
        for branch_id in branch_ids
    }  # fmt: skip


def _joined(found: Sequence[Slips]) -> Slips:
    if len(found) == 1:
        return found[0]
    expected = {job_id: one for slips in found for job_id, one in slips.expected.items()}
    ways = {person_id: way for slips in found for person_id, way in slips.ways.items()}
    return Slips(expected, _in_order(one for slips in found for one in slips.slips), ways)


def _in_order(slips: Iterable[Slip]) -> list[Slip]:
    return sorted(slips, key=lambda one: (KINDS.index(one.kind), -one.minutes, one.key))


def _by_window(job: Job) -> tuple[bool, float, str]:
    return job.window_start_at is None, job.window_start_at.timestamp() if job.window_start_at else 0.0, job.id


class _Reader:
    """One look at a day."""

    def __init__(self, planned: Planned, at: datetime) -> None:
        self._planned, self._at = planned, at
        self._is_today = i18n.local(at, planned.timezone).date() == planned.on

    def read(self) -> Slips:
        expected: dict[str, Expected] = {}
        slips: list[Slip] = []
        ways = ways_in(self._planned)
        if self._is_today:
            for technician in self._planned.day.technicians:
                own = self._expected(technician.id, ways[technician.id])
                expected |= {one.job_id: one for one in own}
                late = [one.job_id for one in own if one.late_minutes]
                if late:
                    slips.append(self._slip(technician.id, late))
            slips += self._urgent()
        return Slips(expected, _in_order([*slips, *self._away()]), ways)

    def _expected(self, person_id: str, way: Way) -> list[Expected]:
        """Of each visit that is led and still ahead, in the order of the day."""
        ahead = [stop for stop in (*way.begun, *way.stops) if self._is_ahead(stop.visit_id)]
        return [self._one(stop.visit_id, person_id, stop.start, place) for place, stop in enumerate(ahead)]

    def _is_ahead(self, visit_id: str) -> bool:
        job = self._planned.jobs[visit_id]
        return visit_id not in self._planned.helping and (job.state == EN_ROUTE or job.state not in RUNNING)

    def _one(self, job_id: str, person_id: str, start: int, place: int) -> Expected:
        job = self._planned.jobs[job_id]
        at = max(self._planned.moment(start), self._at)
        late = (at - job.window_end_at) // timedelta(minutes=1) if job.window_end_at else 0
        certainty = SURE if job.state == EN_ROUTE else LIKELY if place == 0 and not self._has_gaps(person_id) else ROUGH
        is_after = job.state != EN_ROUTE and start >= self._planned.technicians[person_id].shift_end
        return Expected(job_id, person_id, at, max(0, late), certainty, is_after)

    def _has_gaps(self, person_id: str) -> bool:
        """Whether there is a visit in between of which nobody knows where it is."""
        left = (self._planned.jobs.get(job_id) for job_id in self._planned.left_out)
        return any(job is not None and job.lead_id == person_id for job in left)

    def _slip(self, person_id: str, late: Sequence[str]) -> Slip:
        kind, job_id, since = self._cause(person_id, late[0])
        minutes = int((self._at - since).total_seconds() // _MINUTE) if since else 0
        branch_id = self._planned.jobs[late[0]].branch_id
        return Slip(kind, branch_id, person_id, job_id, since, max(0, minutes), tuple(late))

    def _cause(self, person_id: str, first_late: str) -> tuple[str, str | None, datetime | None]:
        """What went otherwise: the kind, at which visit, since when."""
        planned, doing = self._planned, self._planned.doing.get(person_id)
        if doing is not None:
            visit = planned.visits.get(doing.job_id)
            if planned.jobs[doing.job_id].state == EN_ROUTE or visit is None or visit.start is None:
                return BEHIND, doing.job_id, None
            over_at = planned.moment(visit.start + visit.seconds)
            return (OVERRUN, doing.job_id, over_at) if over_at < self._at else (BEHIND, doing.job_id, None)
        route = schedule.project(planned.day, planned.technicians[person_id], planned.order[person_id])
        first = route.stops[0]
        end_at = planned.jobs[first.visit_id].window_end_at
        leave_by = end_at - timedelta(seconds=first.travel_seconds) if end_at else None
        if leave_by is not None and leave_by <= self._at:
            return LATE_START, first.visit_id, leave_by
        return FULL, first_late, None

    def _away(self) -> list[Slip]:
        """Who is away that day and has visits all the same."""
        found = []
        for person_id, person in self._planned.people.items():
            if person.why_not not in AWAY:
                continue
            theirs = [job for job in self._planned.jobs.values()
                      if job.lead_id == person_id and job.state not in ENDED and job.state not in RUNNING]  # fmt: skip
            own = sorted({job.id: job for job in theirs}.values(), key=_by_window)
            if own:
                touched = tuple(job.id for job in own)
                found.append(Slip(person.why_not, own[0].branch_id, person_id, None, None, 0, touched))
        return found

    def _urgent(self) -> list[Slip]:
        """Emergencies of the day nobody goes to."""
        found = []
        for job_id, job in self._planned.jobs.items():
            if job.priority == "emergency" and job.state == UNASSIGNED and job_id == job.id:
                waited = int((self._at - job.created_at).total_seconds() // _MINUTE)
                found.append(Slip(URGENT, job.branch_id, None, job.id, job.created_at, max(0, waited), (job.id,)))
        return found
