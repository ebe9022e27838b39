"""The board: technicians as rows, one day or three from left to right.

Positions are hours on the axis, as the style sheet takes them: hours from midnight on the clock of the branch, on the
second and third day as many more as each day has hours shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from math import ceil, floor
from typing import Protocol

from fieldservice.accounts.models import Person
from fieldservice.core import i18n
from fieldservice.dispatch import queries, rules
from fieldservice.dispatch.queries import Contact
from fieldservice.dispatch.rules import Late
from fieldservice.dispatch.slips import Expected, Look
from fieldservice.dispatch.ways import Way
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import CANCELLED, ENDED, UNASSIGNED
from fieldservice.people.availability import Available, Roster
from fieldservice.visits.models import DayOrder
from fieldservice.visits.queries import orders_of

#: the hours always shown; work outside widens the board
FIRST_HOUR, LAST_HOUR = 8, 19
#: what a technician's day holds where nothing is known, for the bar below the name
WORKDAY_HOURS = 8.0
#: shorter is too narrow for a name beside a mark
SHORT_HOURS = 0.9
#: visits without a day shown on the board; the day's list has them all
UNDATED_SHOWN = 24

TROUBLE = "trouble"

#: days shown at once, by the address
VIEWS = {"": 1, "3": 3}

#: what the tray can be narrowed to, beside the type of visit
NEEDS = ("due", "urgent", "no_position")


@dataclass(frozen=True)
class Span:
    """A part of the day, hours."""

    start: float
    end: float


@dataclass(frozen=True)
class Block:
    """One visit on the board."""

    job: Job
    #: where it is drawn: as planned to begin, else the window; None: no time agreed, or no day
    span: Span | None
    late: Late | None
    #: the window agreed with the customer, where it is drawn otherwise
    window: Span | None = None
    #: when somebody comes, as things stand; None: nobody can say
    expected: Expected | None = None
    #: what is to be done soon, or first, and is not late: `rules.due`; '' nothing
    due: str = ""
    #: minutes too late that it would begin, as the day stands; 0 in time, or not known
    coming_late: int = 0
    #: of the way to it; 0: none, or not known
    travel_minutes: int = 0
    #: it is still to come on somebody's way (`Lane.ways`)
    is_ahead: bool = False
    #: the row it lies in, from 0, where visits of one technician overlap
    level: int = 0
    #: in whose row, who helps; '' in that of the lead
    helper_id: str = ""
    #: the search or the filter does not mean it
    is_dim: bool = False

    @property
    def key(self) -> str:
        """Its id on somebody's way: who helps is on a way of their own."""
        return f"{self.job.id}+{self.helper_id}" if self.is_helping else self.job.id

    @property
    def is_beyond(self) -> bool:
        """Whether nobody comes within working hours any more, as things stand."""
        return self.coming_late > 0 and self.expected is not None and self.expected.is_after_shift

    @property
    def is_short(self) -> bool:
        """Too narrow for a mark of full size."""
        return self.span is not None and self.span.end - self.span.start < SHORT_HOURS

    @property
    def is_helping(self) -> bool:
        """Whether it lies in the row of somebody who helps."""
        return bool(self.helper_id)

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
    def begins(self) -> str:
        """'10:30' where it is planned to begin otherwise than with its window; else ''."""
        at = self.job.planned_start_at
        return f"{i18n.local(at, self.job.branch.timezone):%H:%M}" if self.window and at else ""

    @property
    def window_minutes(self) -> str:
        """'600,720': the window from midnight, where it is drawn otherwise; else ''."""
        job = self.job
        if not (self.window and job.visit_on and job.window_start_at):
            return ""
        start = round(_hour(job.window_start_at, job.visit_on, job.branch.timezone) * 60)
        return f"{start},{start + self.minutes}"

    @property
    def minutes(self) -> int:
        """How long it is when it is moved: as the window, else as planned."""
        job = self.job
        return rules.length_of(job.window_start_at, job.window_end_at, job.planned_minutes)


@dataclass(frozen=True)
class Gap:
    """Travel before a visit, drawn between it and the one before."""

    span: Span
    minutes: int
    is_late: bool


@dataclass(frozen=True)
class Off:
    """When somebody does not work: `why` as in `Available`, '' before and after the shift."""

    span: Span
    why: str = ""


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

    #: for each day shown; empty: nothing is known (the tray, and who is no technician any more)
    duties: list[Available] = field(default_factory=list)
    offs: list[Off] = field(default_factory=list)
    #: within which lunch is had
    lunches: list[Span] = field(default_factory=list)
    #: for each day; None: nothing is known of it, or it is over
    ways: list[Way | None] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    #: the visits still to come in the order the technician chose, of the days on which it is another than here
    own_orders: list[list[Job]] = field(default_factory=list)

    @property
    def load(self) -> float:
        """How full the days are, 0 to 1 and more."""
        own = sum(block.span.end - block.span.start for block in self.blocks if block.span)
        there = [one for one in self.duties if one.is_there]
        hours = sum(one.shift_end - one.shift_start - (one.lunch[2] if one.lunch else 0) for one in there) / 3600
        full = hours if self.duties else WORKDAY_HOURS
        return own / full if full else 2.0 if own else 0.0

    @property
    def why_not(self) -> str:
        """Why the person is not there at all; '' is there on one of the days, or nothing is known."""
        return self.duties[0].why_not if self.duties and not any(one.is_there for one in self.duties) else ""

    @property
    def clash_minutes(self) -> int:
        """For how long this person should be at two places."""
        return round(sum(span.end - span.start for span in self.clashes) * 60)

    @property
    def is_troubled(self) -> bool:
        return bool(self.clashes) or any(block.late or block.coming_late for block in self.blocks)


@dataclass(frozen=True)
class Axis:
    """Hours of some days side by side."""

    days: list[date]
    first_hour: int
    #: of each day
    hours: int

    def place(self, span: Span, day: int) -> Span:
        """Where hours of a day lie on the axis."""
        shift = day * self.hours
        return Span(span.start + shift, span.end + shift)

    def cut(self, span: Span, day: int) -> Span | None:
        """As `place`, what is shown of it; None: nothing."""
        start, end = max(span.start, self.first_hour), min(span.end, self.first_hour + self.hours)
        return self.place(Span(start, end), day) if start < end else None

    @property
    def ticks(self) -> list[tuple[int, int]]:
        """(place, hour on the clock) of each label; of three days every third hour, none where the next day begins."""
        every, room = (1, 0) if len(self.days) == 1 else (3, 1)
        return [(self.first_hour + day * self.hours + hour, self.first_hour + hour)
                for day in range(len(self.days)) for hour in range(0, self.hours - room, every)]


@dataclass(frozen=True)
class Board:
    """Everything the page shows."""

    axis: Axis
    tray: Lane
    lanes: list[Lane]
    #: of these days, without a time
    untimed: list[Block]
    #: without a day
    undated: list[Block]
    #: place on the axis; None: another day, or outside the hours shown
    now_at: float | None
    #: state → visits, and TROUBLE → technicians and visits in trouble
    counts: dict[str, int]
    #: how many the search found; None: nothing was searched for
    found: int | None
    #: type → visits nobody goes to, and each of NEEDS
    waiting: dict[str, int]
    #: how many of them search and filters leave out
    left_out: int
    #: visits that will miss their window, as things stand today
    missing: int

    @property
    def waiting_count(self) -> int:
        """Visits nobody goes to that are shown."""
        return sum(len(blocks) for blocks in (self.tray.blocks, self.untimed, self.undated))


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
    #: a key of VIEWS
    view: str = ""
    #: a type of visit, and one of NEEDS, that the tray is narrowed to; '' all
    kind: str = ""
    need: str = ""
    #: the map stands beside it, narrowed to these (`views.asked.asked_who`, joined by dots); '' all
    map: bool = False
    who: str = ""

    @property
    def days(self) -> list[date]:
        """Those shown, from `day` on."""
        return [self.day + timedelta(days=later) for later in range(VIEWS[self.view])]


def read_board(choice: Choice, now: datetime) -> Board:
    """The board at this moment, in the same few queries whatever its length."""
    days = choice.days
    looks = [Look(choice.branch_ids, day, now) for day in days]  # before the visits are read
    roster = Roster(choice.branch_ids, days[0], days[-1])
    people = sorted(roster.people, key=lambda one: one.staff_no)
    jobs = [job for job in queries.jobs_between(choice.branch_ids, days[0], days[-1]) if job.state != CANCELLED]
    undated = queries.undated_jobs(choice.branch_ids)
    meant = _meant(choice)
    contacts = queries.contacts_of(people)
    raw = {job.id: span for job in jobs if (span := _span(job))}
    planned = {job.id: span for job in jobs if job.id in raw and (span := _planned(job, raw[job.id]))}
    known = [look.read([job for job in jobs if job.visit_on == day]) for look, day in zip(looks, days, strict=True)]
    expected = {job_id: one for found in known for job_id, one in found.expected.items()}
    duties = {person.id: [roster.on(person, day) for day in days] for person in people}
    shifts = [Span(one.shift_start / 3600, one.shift_end / 3600) for known in duties.values() for one in known
              if one.is_there]
    axis = Axis(days, *_hours([*raw.values(), *planned.values(), *shifts]))

    def block(job: Job, *, helper_id: str = "") -> Block:
        late = rules.lateness(job.state, job.window_start_at, job.window_end_at, now)
        is_dim = (meant is not None and job.id not in meant) or not _is_chosen(choice.only, job, late)
        day = (job.visit_on - choice.day).days if job.visit_on else 0
        window = axis.place(raw[job.id], day) if job.id in raw else None
        span = axis.place(planned[job.id], day) if job.id in planned else window
        return Block(job, span, late, window=None if span is window else window, expected=expected.get(job.id),
                     due="" if late else rules.due(job.state, job.priority, job.window_start_at, now),
                     helper_id=helper_id, is_dim=is_dim)

    timed = [job for job in jobs if job.window_start_at]
    blocks = _blocks_by_person(timed, block)
    lanes = [_on_duty(_stacked(person, blocks[person.id], contacts.get(person.id)), duties.get(person.id, []), axis)
             for person in _crew(people, jobs)]
    orders = [orders_of(duties, day) for day in days]
    lanes = [_in_own_order(_on_its_way(lane, [one.ways.get(lane.person.id) for one in known], axis, choice.viewer),
                           [one.get(lane.person.id) for one in orders]) for lane in lanes if lane.person]
    tray = _stacked(None, [block(job) for job in timed if job.state == UNASSIGNED])
    untimed = [block(job) for job in jobs if not job.window_start_at]
    nowhere = [block(job) for job in undated]
    counts = _counts(jobs, tray, lanes)
    waiting = [one for one in (*tray.blocks, *untimed, *nowhere) if one.job.state == UNASSIGNED]
    narrow = _Narrow(choice, meant)
    tray = _stacked(None, narrow(tray.blocks))
    shown_untimed, shown_nowhere = narrow(untimed), narrow(nowhere)
    if choice.only == TROUBLE:
        lanes = [lane for lane in lanes if lane.is_troubled]
    return Board(
        axis=axis, tray=tray, lanes=lanes, untimed=shown_untimed, undated=shown_nowhere[:UNDATED_SHOWN],
        now_at=_now_at(choice, axis, now), counts=counts, found=None if meant is None else len(meant),
        waiting=_waiting(waiting), left_out=narrow.left_out, missing=sum(found.missing for found in known))


class _Narrow:
    """Leaves of the tray what search and filters mean, and counts what it left out."""

    def __init__(self, choice: Choice, meant: set[str] | None) -> None:
        self._choice, self._meant = choice, meant
        self.left_out = 0

    def __call__(self, blocks: list[Block]) -> list[Block]:
        shown = [one for one in blocks if self._shows(one)]
        self.left_out += len(blocks) - len(shown)
        return shown

    def _shows(self, one: Block) -> bool:
        choice = self._choice
        return ((self._meant is None or one.job.id in self._meant) and choice.kind in ("", one.job.type)
                and (not choice.need or choice.need in needs_of(one)))


def needs_of(one: Block) -> set[str]:
    """Which of NEEDS a visit of the tray has."""
    job = one.job
    told = {"due": one.late is not None or one.due == rules.SOON, "urgent": job.priority != "normal",
            "no_position": job.site.lat is None}
    return {need for need, is_so in told.items() if is_so}


def _waiting(blocks: list[Block]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for one in blocks:
        for key in (one.job.type, *needs_of(one)):
            counts[key] += 1
    return dict(counts)


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
    """Makes the block of a job; `helper_id`: for the row of somebody who helps."""

    def __call__(self, job: Job, *, helper_id: str = "") -> Block: ...


def _blocks_by_person(jobs: list[Job], block: BlockOf) -> dict[str, list[Block]]:
    """What lies in whose row: led or helped at."""
    found: dict[str, list[Block]] = defaultdict(list)
    for job in jobs:
        if job.lead_id:
            found[job.lead_id].append(block(job))
        for row in job.helper_rows:
            found[row.person_id].append(block(job, helper_id=row.person_id))
    return found


def _stacked(person: Person | None, blocks: list[Block], contact: Contact | None = None) -> Lane:
    placed = sorted(((block.span, block) for block in blocks if block.span),
                    key=lambda pair: (pair[0].start, pair[0].end, pair[1].job.id))
    levels = stack([span for span, _block in placed])
    busy = [span for span, block in placed if block.job.state not in ENDED]
    return Lane(
        person=person, contact=contact, levels=max(levels, default=0) + 1,
        blocks=[replace(one, level=level) for (_s, one), level in zip(placed, levels, strict=True)],
        clashes=clashes_of(busy) if person else [])


def _on_duty(lane: Lane, duties: list[Available], axis: Axis) -> Lane:
    """The row with what is known of when that person works."""
    offs, lunches = [], []
    for day, duty in enumerate(duties):
        start, end = duty.shift_start / 3600, duty.shift_end / 3600
        free = [Span(0, start), Span(end, 24)] if duty.is_there else [Span(0, 24)]
        offs += [Off(shown, duty.why_not) for one in free if (shown := axis.cut(one, day))]
        if duty.is_there and duty.lunch:
            earliest, latest, length = duty.lunch
            lunch = axis.cut(Span(earliest / 3600, (latest + length) / 3600), day)
            lunches += [lunch] if lunch else []
    return replace(lane, duties=duties, offs=offs, lunches=lunches)


def _on_its_way(lane: Lane, known: list[Way | None], axis: Axis, viewer: Person) -> Lane:
    """The row with the ways between its visits. From where a day begins is for planners."""
    blocks = {block.key: block for block in lane.blocks}
    gaps = []
    for day, way in enumerate(known):
        before = next((blocks[stop.visit_id].span for stop in reversed(way.begun) if stop.visit_id in blocks), None) \
            if way else None
        for stop in way.stops if way else ():
            block = blocks.get(stop.visit_id)
            if block is None or block.span is None:  # no time agreed: somewhere between
                continue
            is_told = before is not None or viewer.can("jobs.assign")
            minutes = -(-stop.travel_seconds // 60) if is_told else 0
            # of today the slips say it, as everywhere; who helps is told by the way
            late = block.expected.late_minutes if block.expected and not block.is_helping else -(-stop.late_seconds // 60)
            blocks[stop.visit_id] = replace(block, coming_late=late, travel_minutes=minutes, is_ahead=True)
            begin = before.end if before else max(axis.first_hour + day * axis.hours, block.span.start - minutes / 60)
            if minutes and begin < block.span.start:
                gaps.append(Gap(Span(begin, block.span.start), minutes, late > 0))
            before = block.span
    return replace(lane, ways=known, gaps=gaps, blocks=[blocks[block.key] for block in lane.blocks])


def _in_own_order(lane: Lane, chosen: list[DayOrder | None]) -> Lane:
    """The row with the order its technician goes by, where that is another."""
    jobs = {block.job.id: block.job for block in lane.blocks if not block.is_helping}
    found = []
    for way, order in zip(lane.ways, chosen, strict=True):
        planned = [stop.visit_id for stop in way.stops if stop.visit_id in jobs] if way else []
        own = [job_id for job_id in order.job_ids if job_id in planned] if order else []
        if own != [job_id for job_id in planned if job_id in own]:
            found.append([jobs[job_id] for job_id in own])
    return replace(lane, own_orders=found)


def _crew(people: list[Person], jobs: list[Job]) -> list[Person]:
    """The technicians, and whoever leads a visit of the day without being one any more."""
    known = {person.id for person in people}
    return [*people, *{job.lead.id: job.lead for job in jobs if job.lead and job.lead.id not in known}.values()]


def _span(job: Job) -> Span | None:
    """Where it lies on its day; what reaches over midnight is cut there."""
    if not (job.window_start_at and job.window_end_at and job.visit_on):
        return None
    zone = job.branch.timezone
    start, end = (_hour(moment, job.visit_on, zone) for moment in (job.window_start_at, job.window_end_at))
    return Span(start, end) if end > start else Span(start, start + rules.SNAP_MINUTES / 60)


def _planned(job: Job, window: Span) -> Span | None:
    """Where it lies when it is planned to begin otherwise than with its window; None: it is not."""
    if not (job.planned_start_at and job.visit_on):
        return None
    start = _hour(job.planned_start_at, job.visit_on, job.branch.timezone)
    own = Span(start, min(24.0, start + job.planned_minutes / 60))
    return own if own.start < own.end and own != window else None


def _hour(moment: datetime, day: date, timezone: str) -> float:
    local = i18n.local(moment, timezone)
    days = (local.date() - day) // timedelta(days=1)
    return min(24.0, max(0.0, 24 * days + local.hour + local.minute / 60))


def _now_at(choice: Choice, axis: Axis, now: datetime) -> float | None:
    local = i18n.local(now, choice.timezone)
    hour = local.hour + local.minute / 60
    if local.date() not in axis.days or not axis.first_hour <= hour <= axis.first_hour + axis.hours:
        return None
    return hour + axis.days.index(local.date()) * axis.hours


def _hours(spans: Iterable[Span]) -> tuple[int, int]:
    """First hour and number of hours that hold all work."""
    known = list(spans)
    first = min([FIRST_HOUR, *(floor(span.start) for span in known)])
    last = max([LAST_HOUR, *(ceil(span.end) for span in known)])
    return first, last - first


def _meant(choice: Choice) -> set[str] | None:
    """What the search means; None: nothing was searched for."""
    if not choice.words:
        return None
    days = choice.days
    found = queries.jobs_between(choice.branch_ids, days[0], days[-1], choice.words, viewer=choice.viewer)
    return {job.id for job in [*found, *queries.undated_jobs(choice.branch_ids, choice.words, viewer=choice.viewer)]
            if job.state != CANCELLED}


def _is_chosen(only: str, job: Job, late: Late | None) -> bool:
    return not only or job.state == only or (only == TROUBLE and late is not None)


def _counts(jobs: list[Job], tray: Lane, lanes: list[Lane]) -> dict[str, int]:
    counts = dict(rules.flow(job.state for job in jobs))
    counts[TROUBLE] = sum(lane.is_troubled for lane in lanes) + sum(block.late is not None for block in tray.blocks)
    return counts
