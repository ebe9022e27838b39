"""The page of slips: what happened, whom it touches, what they were told, and the smallest change that helps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from fieldservice.accounts.models import Person
from fieldservice.dispatch import messages, planning, relief, slip_changes, slips
from fieldservice.dispatch.messages import CustomerMessage
from fieldservice.dispatch.planning import Planned
from fieldservice.dispatch.relief import Change, Move
from fieldservice.dispatch.slips import Expected, Slip
from fieldservice.dispatch.undo import Deed
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ENDED
from fieldservice.routing.model import Reason

#: slips for which a change is worked out; who has more needs a proposal for the whole day
MOST = 12


@dataclass(frozen=True)
class Line:
    """One visit of a change, as the page offers it."""

    job: Job
    who: Person
    #: None: nobody had it
    before: Person | None
    start_at: datetime
    #: how a form names it
    code: str
    #: only when it begins changes
    is_time_alone: bool
    #: visits it would make late, with minutes; of an urgent visit
    displaced: Sequence[tuple[Job, int]] = ()
    #: minutes on the way there; of an urgent visit
    travel_minutes: int = 0

    @property
    def late_minutes(self) -> int:
        """Whole minutes after the end of the customer's window; 0 in time, or no window."""
        end_at = self.job.window_end_at
        return max(0, int((self.start_at - end_at).total_seconds()) // 60) if end_at else 0


@dataclass(frozen=True)
class Touched:
    """A visit that suffers."""

    job: Job
    #: None: nobody comes as things stand
    expected: Expected | None
    #: what the customer knows; None: nothing that still counts
    told: CustomerMessage | None
    #: the customer need not be told (again)
    is_known: bool
    #: why nobody can take it; None: somebody can, or it was not asked
    why: Reason | None = None

    @property
    def needs_another_day(self) -> bool:
        """Nobody comes today any more, as things stand."""
        return self.why is not None or (self.expected is not None and self.expected.is_after_shift)


@dataclass(frozen=True)
class Shown:
    """A slip on the page."""

    slip: Slip
    #: None: an emergency nobody goes to
    person: Person | None
    #: where it happens; None: nowhere
    job: Job | None
    touched: Sequence[Touched]
    lines: Sequence[Line] = ()
    #: what the lines together come to; None: they are alternatives, or there are none
    change: Change | None = None

    @property
    def is_choice(self) -> bool:
        """Whether one line is to be chosen, not all."""
        return self.slip.kind == slips.URGENT

    @property
    def is_day_over(self) -> bool:
        """Whatever it touches would begin after working hours: no other order helps."""
        return all(one.expected is not None and one.expected.is_after_shift for one in self.touched)

    @property
    def untold(self) -> int:
        """How many customers are still to be told."""
        return sum(not one.is_known for one in self.touched)


@dataclass(frozen=True)
class Page:
    """Everything the page shows."""

    shown: Sequence[Shown]
    #: who may be marked as sick on that day: technicians who are there, with the number of their open visits
    there: Sequence[tuple[Person, int]]
    #: slips beyond those for which a change was worked out
    rest: int = field(default=0)


def read_page(branch_ids: Sequence[str], day: date, at: datetime) -> Page:
    """The page at this moment, in a fixed number of queries."""
    found = slips.of_day(branch_ids, day, at)
    planned = planning.day_of(branch_ids, day, at=at, with_undated=False)
    known = messages.messages_of({job_id for slip in found.slips for job_id in slip.touched})
    reader = _Reader(planned, found, known)
    shown = [reader.shown(slip, with_change=place < MOST) for place, slip in enumerate(found.slips)]
    return Page([one for one in shown if one], reader.there(), max(0, len(found.slips) - MOST))


def touched_by(found: Sequence[Slip], jobs: Mapping[str, Job], day: slips.Slips) -> list[Shown]:
    """The same in short, without what helps: for those of these jobs that are there. One query."""
    known = messages.messages_of(jobs.keys())
    shown = []
    for slip in found:
        rows = [_touched(jobs[one], day, known) for one in slip.touched if one in jobs]
        if rows:
            lead = next((row.job.lead for row in rows if row.job.lead_id == slip.person_id), None)
            shown.append(Shown(slip, lead, jobs.get(slip.job_id or ""), rows))
    return shown


@dataclass(frozen=True)
class Changed:
    """A visit that was given away or put at another time just now, and what its customer was told since."""

    job: Job
    #: None: nothing
    told: CustomerMessage | None


def changed_by(deeds: Sequence[Deed], day: date) -> list[Changed]:
    """What somebody planned anew for a day and did not take back, the newest first. One query."""
    moments: dict[str, tuple[Job, datetime]] = {}
    for deed in deeds:
        for act in deed.acts:
            if "office.plan_start" in act.kinds and act.job.visit_on == day and act.job.state not in ENDED:
                moments.setdefault(act.job.id, (act.job, act.at))
    known = messages.messages_of(moments.keys()) if moments else {}
    found = []
    for job, at in moments.values():
        told = messages.last_told(known.get(job.id, ()), job)
        found.append(Changed(job, told if told and told.told_at and told.told_at >= at else None))
    return found


def _touched(job: Job, day: slips.Slips, known: Mapping[str, Sequence[CustomerMessage]]) -> Touched:
    told = messages.last_told(known.get(job.id, ()), job)
    expected = day.expected.get(job.id)
    comes_at = expected.at if expected and not expected.is_after_shift else None
    return Touched(job, expected, told, messages.is_covered(told, job.lead_id, comes_at))


@dataclass(frozen=True)
class _Reader:
    planned: Planned
    found: slips.Slips
    known: dict[str, list[CustomerMessage]]

    def there(self) -> list[tuple[Person, int]]:
        counts = {person_id: sum(self.planned.jobs[one].state not in ENDED and one not in self.planned.helping
                                 for one in order) for person_id, order in self.planned.order.items()}  # fmt: skip
        return [(one.person, counts.get(person_id, 0)) for person_id, one in self.planned.people.items()
                if not one.why_not]  # fmt: skip

    def shown(self, slip: Slip, *, with_change: bool) -> Shown | None:
        """None: the day went on since the slip was found."""
        if any(one not in self.planned.jobs for one in slip.touched):
            return None
        person = self._person(slip.person_id)
        job = self.planned.jobs.get(slip.job_id or "")
        shown = Shown(slip, person, job, [_touched(self.planned.jobs[one], self.found, self.known)
                                          for one in slip.touched])  # fmt: skip
        if not with_change:
            return shown
        if slip.kind == slips.URGENT:
            return replace(shown, lines=self._firsts(slip))
        if slip.is_away:
            return self._with_takers(shown)
        return self._with_relief(shown)

    def _with_relief(self, shown: Shown) -> Shown:
        who = shown.slip.person_id
        if who is None or who not in self.planned.order:
            return shown
        change = relief.relieve(self.planned.day, self.planned.order, who)
        return replace(shown, change=change, lines=self._lines(change.all_moves)) if change else shown

    def _with_takers(self, shown: Shown) -> Shown:
        visits = self.planned.visits
        ids = [one for one in shown.slip.touched if one in visits]
        moves, left = relief.take_over(self.planned.day, self.planned.order, ids)
        without = [*left, *(set(shown.slip.touched) - set(ids))]
        nobody = {one: self._why(one) for one in without[: relief.MOST_TAKEN_OVER]}
        touched = [replace(one, why=nobody.get(one.job.id)) for one in shown.touched]
        return replace(shown, touched=touched, lines=self._lines(moves))

    def _why(self, job_id: str) -> Reason:
        if job_id in self.planned.left_out:
            return self.planned.left_out[job_id]
        reason, job = relief.why_nobody(self.planned.day, self.planned.order, job_id), self.planned.jobs[job_id]
        if reason.code == "pinned_cannot" and not job.pinned_lead:
            return Reason("crew")  # several go there, and stay together
        return reason

    def _firsts(self, slip: Slip) -> list[Line]:
        job = self.planned.jobs[slip.touched[0]]
        if job.id not in self.planned.visits:
            return []
        found = []
        for one in relief.first_there(self.planned.day, self.planned.order, job.id):
            line = self._line(Move(job.id, None, one.technician_id, one.arrive))
            displaced = [(self.planned.jobs[other], max(1, late // 60)) for other, late in one.displaced.items()]
            found.append(replace(line, displaced=displaced, travel_minutes=-(-one.travel_seconds // 60)))
        return found

    def _lines(self, moves: Iterable[Move]) -> list[Line]:
        return [self._line(move) for move in moves if move.visit_id not in self.planned.helping]

    def _line(self, move: Move) -> Line:
        job, start_at = self.planned.jobs[move.visit_id], self.planned.moment(move.start)
        who, before = self._person(move.to_id), self._person(move.from_id)
        assert who
        code = slip_changes.code_of(job, who.id, start_at)
        return Line(job, who, before, start_at, code, is_time_alone=move.from_id == move.to_id)

    def _person(self, person_id: str | None) -> Any:
        found = self.planned.people.get(person_id or "")
        return found.person if found else None
