"""The board: technicians as rows, the day from left to right. Positions are hours from the day's midnight on the clock of
the branch, as the style sheet takes them.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil, floor
from typing import Protocol

from fieldservice.accounts.models import Person
from fieldservice.core import i18n
from fieldservice.dispatch import queries, rules
from fieldservice.dispatch.queries import Contact
from fieldservice.dispatch.rules import Late
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import CANCELLED, ENDED, UNASSIGNED

#: the hours always shown; work outside widens the board
FIRST_HOUR, LAST_HOUR = 8, 19
#: what a technician's day holds, for the bar below the name
WORKDAY_HOURS = 8.0
#: visits without a day shown on the board; the day's list has them all
UNDATED_SHOWN = 24

TROUBLE = "trouble"


@dataclass(frozen=True)
class Span:
    """A part of the day, hours."""

    start: float
    end: float


@dataclass(frozen=True)
class Block:
    """One visit on the board."""

    job: Job
    #: None: no time agreed, or no day
    span: Span | None
    late: Late | None
    #: the row it lies in, from 0, where visits of one technician overlap
    level: int = 0
    #: in the row of somebody who helps
    is_helping: bool = False
    #: the search or the filter does not mean it
    is_dim: bool = False

    @property
    def can_move(self) -> bool:
        """Whether it may be given to somebody or moved at all."""
        return not self.is_helping and self.job.state not in ENDED

    @property
    def when(self) -> str:
        """'10:00–11:30' on the branch's clock; '' without a time. Said hundreds of times a page, so not by Babel."""
        job = self.job
        if not (job.window_start_at and job.window_end_at):
            return ""
        start, end = (i18n.local(at, job.branch.timezone) for at in (job.window_start_at, job.window_end_at))
        return f"{start:%H:%M}–{end:%H:%M}"

    @property
    def minutes(self) -> int:
        """How long it is when it is moved: as the window, else as planned."""
        job = self.job
        return rules.length_of(job.window_start_at, job.window_end_at, job.planned_minutes)


@dataclass(frozen=True)
class Lane:
    """One technician's day; the tray has no person."""

    person: Person | None
    blocks: list[Block]
    #: how many rows the blocks need
    levels: int = 1
    #: where two of them lie on each other
    clashes: list[Span] = field(default_factory=list)
    contact: Contact | None = None

    @property
    def load(self) -> float:
        """How full the day is, 0 to 1 and more."""
        own = (block.span for block in self.blocks if block.span and block.job.state != CANCELLED)
        return sum(span.end - span.start for span in own) / WORKDAY_HOURS

    @property
    def clash_minutes(self) -> int:
        """For how long this person should be at two places."""
        return round(sum(span.end - span.start for span in self.clashes) * 60)

    @property
    def is_troubled(self) -> bool:
        return bool(self.clashes) or any(block.late for block in self.blocks)


@dataclass(frozen=True)
class Board:
    """Everything the page shows."""

    first_hour: int
    hours: int
    tray: Lane
    lanes: list[Lane]
    #: of this day, without a time
    untimed: list[Block]
    #: without a day
    undated: list[Block]
    #: hours; None: another day
    now_at: float | None
    #: state → visits, and TROUBLE → technicians and visits in trouble
    counts: dict[str, int]
    #: how many the search found; None: nothing was searched for
    found: int | None

    @property
    def ticks(self) -> Sequence[int]:
        return range(self.first_hour, self.first_hour + self.hours)


@dataclass(frozen=True)
class Choice:
    """What is to be shown."""

    branch_ids: list[str]
    day: date
    timezone: str
    viewer: Person
    #: as typed into the search
    words: str = ""
    #: a state or TROUBLE; '' all
    only: str = ""


def read_board(choice: Choice, now: datetime) -> Board:
    """The board at this moment, in the same few queries whatever its length."""
    people = queries.technicians_of(choice.branch_ids)
    jobs = [job for job in queries.jobs_on(choice.branch_ids, choice.day) if job.state != CANCELLED]
    undated = queries.undated_jobs(choice.branch_ids)
    meant = _meant(choice)
    contacts = queries.contacts_of(people)

    def block(job: Job, *, is_helping: bool = False) -> Block:
        late = rules.lateness(job.state, job.window_start_at, job.window_end_at, now)
        is_dim = (meant is not None and job.id not in meant) or not _is_chosen(choice.only, job, late)
        return Block(job, _span(job, choice.day), late, is_helping=is_helping, is_dim=is_dim)

    timed = [job for job in jobs if job.window_start_at]
    blocks = _blocks_by_person(timed, block)
    lanes = [_stacked(person, blocks[person.id], contacts.get(person.id)) for person in _crew(people, jobs)]
    tray = _stacked(None, [block(job) for job in timed if job.state == UNASSIGNED])
    first, hours = _hours([one.span for lane in (tray, *lanes) for one in lane.blocks if one.span])
    if choice.only == TROUBLE:
        lanes = [lane for lane in lanes if lane.is_troubled]
    return Board(
        first_hour=first, hours=hours, tray=tray, lanes=lanes,
        untimed=[block(job) for job in jobs if not job.window_start_at],
        undated=[block(job) for job in undated[:UNDATED_SHOWN]],
        now_at=_now_at(choice, now), counts=_counts(jobs, tray, lanes),
        found=None if meant is None else len(meant))


def stack(spans: Sequence[Span]) -> list[int]:
    """For each span the first row in which it lies on none before it."""
    ends: list[float] = []
    levels = []
    for span in spans:
        level = next((row for row, end in enumerate(ends) if end <= span.start), len(ends))
        ends[level:level + 1] = [span.end]
        levels.append(level)
    return levels


def clashes_of(spans: Iterable[Span]) -> list[Span]:
    """Where spans lie on each other, joined, from left to right."""
    found: list[Span] = []
    reach = 0.0
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        if span.start < reach:
            both = Span(span.start, min(reach, span.end))
            if found and both.start <= found[-1].end:
                found[-1] = Span(found[-1].start, max(found[-1].end, both.end))
            else:
                found.append(both)
        reach = max(reach, span.end)
    return found


class BlockOf(Protocol):
    """Makes the block of a job; `is_helping`: for the row of somebody who helps."""

    def __call__(self, job: Job, *, is_helping: bool = False) -> Block: ...


def _blocks_by_person(jobs: list[Job], block: BlockOf) -> dict[str, list[Block]]:
    """What lies in whose row: led or helped at."""
    found: dict[str, list[Block]] = defaultdict(list)
    for job in jobs:
        if job.lead_id:
            found[job.lead_id].append(block(job))
        for row in job.helper_rows:
            found[row.person_id].append(block(job, is_helping=True))
    return found


def _stacked(person: Person | None, blocks: list[Block], contact: Contact | None = None) -> Lane:
    placed = sorted(((block.span, block) for block in blocks if block.span),
                    key=lambda pair: (pair[0].start, pair[0].end, pair[1].job.id))
    levels = stack([span for span, _block in placed])
    busy = [span for span, block in placed if block.job.state not in ENDED]
    return Lane(
        person=person, contact=contact, levels=max(levels, default=0) + 1,
        blocks=[Block(one.job, one.span, one.late, level, one.is_helping, one.is_dim)
                for (_s, one), level in zip(placed, levels, strict=True)],
        clashes=clashes_of(busy) if person else [])


def _crew(people: list[Person], jobs: list[Job]) -> list[Person]:
    """The technicians, and whoever leads a visit of the day without being one any more."""
    known = {person.id for person in people}
    return [*people, *{job.lead.id: job.lead for job in jobs if job.lead and job.lead.id not in known}.values()]


def _span(job: Job, day: date) -> Span | None:
    """Where it lies on the day; what reaches over midnight is cut there."""
    if not (job.window_start_at and job.window_end_at):
        return None
    start, end = (_hour(moment, day, job.branch.timezone) for moment in (job.window_start_at, job.window_end_at))
    return Span(start, end) if end > start else Span(start, start + rules.SNAP_MINUTES / 60)


def _hour(moment: datetime, day: date, timezone: str) -> float:
    local = i18n.local(moment, timezone)
    days = (local.date() - day) // timedelta(days=1)
    return min(24.0, max(0.0, 24 * days + local.hour + local.minute / 60))


def _now_at(choice: Choice, now: datetime) -> float | None:
    local = i18n.local(now, choice.timezone)
    return local.hour + local.minute / 60 if local.date() == choice.day else None


def _hours(spans: list[Span]) -> tuple[int, int]:
    """First hour and number of hours that hold all work."""
    first = min([FIRST_HOUR, *(floor(span.start) for span in spans)])
    last = max([LAST_HOUR, *(ceil(span.end) for span in spans)])
    return first, last - first


def _meant(choice: Choice) -> set[str] | None:
    """What the search means; None: nothing was searched for."""
    if not choice.words:
        return None
    found = queries.jobs_on(choice.branch_ids, choice.day, choice.words, viewer=choice.viewer)
    return {job.id for job in [*found, *queries.undated_jobs(choice.branch_ids, choice.words, viewer=choice.viewer)]
            if job.state != CANCELLED}


def _is_chosen(only: str, job: Job, late: Late | None) -> bool:
    return not only or job.state == only or (only == TROUBLE and late is not None)


def _counts(jobs: list[Job], tray: Lane, lanes: list[Lane]) -> dict[str, int]:
    counts = dict(rules.flow(job.state for job in jobs))
    counts[TROUBLE] = sum(lane.is_troubled for lane in lanes) + sum(block.late is not None for block in tray.blocks)
    return counts
