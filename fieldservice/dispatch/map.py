"""The map beside the board: where visits lie, in which order whom they belong to, where somebody was last.

A technician's last known position is a step he took himself, shown only to planners of the branch, only today, only
while the shift runs, and only since and as long as he agrees (`Person.shares_position_since`). Nothing more is recorded.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.core import i18n
from fieldservice.core.db import db
from fieldservice.dispatch import planning, queries, rules
from fieldservice.jobs.models import Job, JobStep
from fieldservice.jobs.rules import CANCELLED, ENDED
from fieldservice.people.availability import Available, available
from fieldservice.routing import roads
from fieldservice.routing.lookups import lookups_of
from fieldservice.routing.models import DOUBTFUL

#: in the place of a staff number: visits of nobody. It cannot be one, those have no underscore.
NOBODY = "_nobody"

#: colours and patterns of routes; together they tell so many technicians apart, the names tell all
COLOURS, PATTERNS = 6, 3


@dataclass(frozen=True)
class Pin:
    """A visit that has a position."""

    job: Job
    #: WGS-84
    lat: float
    lng: float
    #: place in its technician's day, from 1; 0: nobody's, or without a time
    number: int
    is_late: bool
    #: the geocoder was not sure
    is_doubtful: bool
    #: in the sea, abroad, or farther off than anybody goes: no plan takes it
    is_astray: bool = False


@dataclass(frozen=True)
class Seen:
    """Where a technician was when he last took a step."""

    lat: float
    lng: float
    #: metres; None: not told
    accuracy_m: int | None
    at: datetime
    minutes_ago: int


@dataclass(frozen=True)
class Way:
    """A technician's day on the map."""

    person: Person
    #: 1 to COLOURS and 1 to PATTERNS
    colour: int
    pattern: int
    pins: list[Pin]
    #: where the day begins; None: not known, or not for this viewer
    start: tuple[float, float] | None
    seen: Seen | None
    #: along the road from the first to the last, with the way there and back where they are known
    metres: int
    #: visits without a position
    lost: int


@dataclass(frozen=True)
class DayMap:
    """Everything the map shows."""

    ways: list[Way]
    #: visits of nobody
    free: list[Pin]
    #: visits of the day without a position
    lost: list[Job] = field(default_factory=list)
    #: the roads are as this says: 'estimate' or the code of a service
    source: str = roads.ESTIMATE

    @property
    def pins(self) -> list[Pin]:
        """All of them, by technician, nobody's last."""
        return [*(pin for way in self.ways for pin in way.pins), *self.free]

    def narrowed(self, who: Collection[str]) -> "DayMap":
        """What these staff numbers have, nobody's visits if NOBODY is among them; all of it if none is here."""
        people = {way.person.id for way in self.ways if way.person.staff_no in who}
        if not people and NOBODY not in who:
            return self
        return DayMap(
            [way for way in self.ways if way.person.id in people],
            self.free if NOBODY in who else [],
            [job for job in self.lost if (job.lead_id in people if job.lead_id else NOBODY in who)],
            self.source,
        )

    @property
    def astray(self) -> list[Pin]:
        """Those whose position cannot be right."""
        return [pin for pin in self.pins if pin.is_astray]


def read_map(branch_ids: list[str], day: date, viewer: Person, now: datetime) -> DayMap:
    """The map at this moment; a fixed number of queries and one for each technician's travel model."""
    jobs = [job for job in queries.jobs_on(branch_ids, day) if job.state != CANCELLED]
    jobs += [job for job in queries.undated_jobs(branch_ids) if job.state not in ENDED]
    doubtful = {site_id for site_id, row in lookups_of({job.site_id for job in jobs}).items() if row.outcome == DOUBTFUL}
    crew = available(branch_ids, day)
    begins = {one.start for one in crew if one.start}
    is_planner = viewer.can("jobs.assign")
    seen = last_seen(crew, day, now) if is_planner else {}
    of_whom: dict[str, list[Job]] = {}
    for job in jobs:
        of_whom.setdefault(job.lead_id or "", []).append(job)
    known = {one.person.id for one in crew}
    others = {job.lead.id: job.lead for job in jobs if job.lead and job.lead.id not in known}
    people: list[tuple[Person, Available | None]] = [(one.person, one) for one in crew]
    people += [(person, None) for person in others.values()]
    drafts = {
        person.id: (person, there.start if there and is_planner else None,
                    *_pins(of_whom.get(person.id, []), now, doubtful, begins))
        for person, there in people
    }  # fmt: skip
    lengths, source = _lengths({
        who: (person.branch_id, [*([start] if start else []), *((pin.lat, pin.lng) for pin in pins if pin.number)])
        for who, (person, start, pins, _lost) in drafts.items()
    }, now)  # fmt: skip
    ways = [
        Way(person, index % COLOURS + 1, index // COLOURS % PATTERNS + 1, pins, start, seen.get(who),
            lengths.get(who, 0), len(lost))
        for index, (who, (person, start, pins, lost)) in enumerate(drafts.items())
    ]  # fmt: skip
    free, _lost = _pins(of_whom.get("", []), now, doubtful, begins, is_counted=False)
    return DayMap(ways, free, [job for job in jobs if job.site.lat is None], source)


def last_seen(crew: Sequence[Available], day: date, now: datetime) -> dict[str, Seen]:
    """By technician, where the last step of this day was taken; only who agreed, only while the shift runs. One query."""
    agreed = {one.person.id: one for one in crew if one.person.shares_position_since and _is_on_duty(one, day, now)}
    if not agreed:
        return {}
    query = (
        sa.select(JobStep.by_id, JobStep.lat, JobStep.lng, JobStep.accuracy_m, JobStep.happened_at)
        .where(JobStep.by_id.in_(agreed), JobStep.lat.is_not(None), JobStep.lng.is_not(None),
               JobStep.happened_at > now - timedelta(hours=24), JobStep.happened_at <= now)
        .order_by(JobStep.happened_at)
    )  # fmt: skip
    found: dict[str, Seen] = {}
    for person_id, lat, lng, accuracy, at in db.session.execute(query):
        one = agreed[person_id]
        since = one.person.shares_position_since
        if lat is not None and lng is not None and since is not None and at >= since and _is_on_duty(one, day, at):
            found[person_id] = Seen(lat, lng, accuracy, at, int((now - at).total_seconds() // 60))
    return found


def _is_on_duty(one: Available, day: date, at: datetime) -> bool:
    """Whether a moment lies within the shift of this day, on the branch's clock."""
    local = i18n.local(at, one.person.branch.timezone)
    second = local.hour * 3600 + local.minute * 60 + local.second
    return local.date() == day and one.is_there and one.shift_start <= second < one.shift_end


def _pins(
    jobs: list[Job], now: datetime, doubtful: set[str], begins: Collection[planning.Place], *, is_counted: bool = True
) -> tuple[list[Pin], list[Job]]:
    """In the order of the day; those without a time or a day last and without a number."""
    def moment(job: Job) -> tuple[bool, float, str]:
        at = job.planned_start_at or job.window_start_at
        return (at is None or job.visit_on is None, at.timestamp() if at else 0.0, job.id)

    ordered = sorted(jobs, key=moment)
    pins, lost, number = [], [], 0
    for job in ordered:
        is_timed = is_counted and not moment(job)[0]
        number += is_timed
        if job.site.lat is None or job.site.lng is None:
            lost.append(job)
            continue
        late = rules.lateness(job.state, job.window_start_at, job.window_end_at, now)
        pins.append(Pin(job, job.site.lat, job.site.lng, number if is_timed else 0, late is not None,
                        job.site_id in doubtful and job.site.position_source == "geocoder",
                        planning.fault_of_position((job.site.lat, job.site.lng), begins) is not None))  # fmt: skip
    return pins, lost


def _lengths(stops: dict[str, tuple[str, list[tuple[float, float]]]], now: datetime) -> tuple[dict[str, int], str]:
    """By technician, metres along the road from each stop to the next, and where the roads are from.

    `stops`: branch and places of each. A branch is asked for once, whatever the number of its technicians.
    """
    found: dict[str, int] = {}
    sources = set()
    for branch_id in {branch_id for branch_id, _places in stops.values()}:
        mine = {who: places for who, (branch, places) in stops.items() if branch == branch_id and len(places) > 1}
        every = list(dict.fromkeys(place for places in mine.values() for place in places))
        matrix = roads.matrix_for(branch_id, every, now)
        sources.add(matrix.source)
        index = {place: number for number, place in enumerate(every)}
        for who, places in mine.items():
            found[who] = sum(int(matrix.metres[index[one], index[other]]) for one, other in pairwise(places))
    return found, next(iter(sorted(sources - {roads.ESTIMATE})), roads.ESTIMATE)


def as_data(shown: DayMap, words: dict[str, str], types: dict[str, str]) -> dict[str, Any]:
    """What the browser draws: plain values. `words`: of the states; `types`: of the jobs."""
    return {
        "ways": [
            {
                "id": way.person.id, "name": way.person.name, "colour": way.colour, "pattern": way.pattern,
                "start": list(way.start) if way.start else None,
                "line": [[pin.lat, pin.lng] for pin in way.pins if pin.number],
                "seen": [way.seen.lat, way.seen.lng, way.seen.accuracy_m or 0] if way.seen else None,
                "age": way.seen.minutes_ago if way.seen else 0,
            }
            for way in shown.ways if way.pins or way.seen
        ],
        "pins": [
            {
                "id": pin.job.id, "lat": pin.lat, "lng": pin.lng, "number": pin.number, "state": pin.job.state,
                "late": pin.is_late, "doubtful": pin.is_doubtful or pin.is_astray,
                "astray": pin.is_astray, "lead": pin.job.lead_id or "",
                "words": f"{pin.job.case.customer.address_form} · {types.get(pin.job.type, '')} · {words[pin.job.state]}",
            }
            for pin in shown.pins
        ],
    }  # fmt: skip
