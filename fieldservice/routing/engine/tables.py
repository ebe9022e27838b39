"""A day laid out as the kernel's tables, as lists (for a page) or as arrays (for the compiled search)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np

from fieldservice.routing.engine.kernel import (
    NEVER,
    PAIR,
    PERSON,
    PLACE,
    RANDOM,
    ROUTE,
    SPAN,
    STOP,
    VISIT,
    State,
    Tables,
)
from fieldservice.routing.model import Day, Stop, Technician, Visit, Weights
from fieldservice.routing.schedule import Beginning, beginning, is_begun, latest, not_before, walk_late

#: how many neighbours of a visit are looked at when a part of a plan is torn out
NEIGHBOURS = 100
#: more stops than this nobody is given in a day
MOST_STOPS = 64
_LATE_FACTOR = {1: 4, 2: 2, 3: 1}
LOGARITHM = tuple(round(-math.log((k + 0.5) / 1024) * 1024) for k in range(1024))


@dataclass(slots=True)
class Person:
    """A technician as the engine plans with one."""

    technician: Technician
    begin: Beginning
    #: home by then
    ends: int
    #: m² still free, beside what is begun
    capacity: int
    #: visits that stay where they are, in their order, by number
    held: list[int]


@dataclass(slots=True)
class Prepared:
    """A day ready to be planned: whom and what the engine moves, and what it leaves alone."""

    day: Day
    weights: Weights
    people: list[Person]
    #: as the engine sees them: held ones with their moment as only window
    visits: list[Visit]
    #: the same as they came
    given: list[Visit]
    #: those that stay where they are
    is_held: list[bool]
    #: held with somebody who is none of this day
    lost: list[Visit]


def prepare(day: Day, weights: Weights, *, holds_placed: bool, keeps_starts: bool = False) -> Prepared:
    """Sets the day out. `holds_placed`: what has a technician and a time stays there to the minute.

    `keeps_starts`: what has a technician of this day is not begun earlier than planned by more than the price allows.
    """
    numbers = {one.id: number for number, one in enumerate(day.technicians)}
    begun: list[list[Visit]] = [[] for _ in day.technicians]
    held: list[list[Visit]] = [[] for _ in day.technicians]
    free: list[Visit] = []
    lost: list[Visit] = []
    for visit in day.visits:
        if not (visit.is_placed and (visit.is_fixed or holds_placed)):
            free.append(visit)
        elif visit.lead not in numbers:
            lost.append(visit)
        elif is_begun(day, day.technicians[numbers[visit.lead]], visit):
            begun[numbers[visit.lead]].append(visit)
        else:
            held[numbers[visit.lead]].append(visit)
    people: list[Person] = []
    visits: list[Visit] = []
    given: list[Visit] = []
    for number, technician in enumerate(day.technicians):
        stays = sorted(held[number], key=lambda one: (one.start or 0, one.id))
        person, fixed = _person(day, weights, technician, begun[number], stays)
        person.held = list(range(len(visits), len(visits) + len(stays)))
        people.append(person)
        visits += fixed
        given += stays
    is_held = [True] * len(visits) + [False] * len(free)
    slack = weights.change_from_minutes * 60
    for visit in free:
        keeps = keeps_starts and visit.lead in numbers
        visits.append(not_before(visit, visit.start - slack) if keeps and visit.start is not None else visit)
    return Prepared(day, weights, people, visits, given + free, is_held, lost)


def _person(
    day: Day, weights: Weights, technician: Technician, begun: Sequence[Visit], held: Sequence[Visit]
) -> tuple[Person, list[Visit]]:
    """With what is held as it can be: nothing is made worse that is too late, too long or without lunch already."""
    begin = beginning(day, technician, begun)
    exact = [
        replace(one, windows=((one.start or 0, one.start or 0),), soft_until=None, promised=False)
        for one in held
    ]
    route = walk_late(day, technician, begin, exact)
    moments = {stop.visit_id: stop.start for stop in route.stops}
    fixed = [replace(one, windows=((moments[one.id], moments[one.id]),)) for one in exact]
    ends = technician.shift_end + weights.overtime_limit_minutes * 60
    if held:
        ends = max(ends, route.home_at)
        if route.lunch_at is None and begin.lunch and route.home_at >= begin.lunch.earliest:
            begin = replace(begin, lunch=None)
    capacity = NEVER if technician.capacity is None else technician.capacity
    capacity = max(capacity - sum(one.load for one in begun), sum(one.load for one in held), 0)
    return Person(technician, begin, ends, capacity, []), fixed


def can_go(person: Person, visit: Visit) -> bool:
    """Whether this technician may be given this visit at all, times aside."""
    technician = person.technician
    return (
        technician.has_shift
        and visit.skills <= technician.skills
        and visit.pinned in (None, technician.id)
        and visit.load <= person.capacity
    )


def tables_of(
    ready: Prepared, *, as_arrays: bool, changes_cost: bool, neighbours: bool = True, most_stops: int = MOST_STOPS,
    may_be_early: bool = False,
) -> Tables:
    """The kernel's tables. `changes_cost`: another technician or time than planned has its price.

    `may_be_early`: what is not to begin much earlier than planned may do so after all, at that price.
    """
    weights, visits, people = ready.weights, ready.visits, ready.people
    ways = _ways(ready)
    windows = [_windows(visit) for visit in visits]
    spans = _ends(windows)
    # the windows as they came follow all the others; where they are no others, they are the same rows
    looser = [
        _windows(given) if may_be_early and not held and given.windows != visit.windows else []
        for visit, given, held in zip(visits, ready.given, ready.is_held, strict=True)
    ]
    looser_at = [spans[-1] + one for one in _ends(looser)]
    any_from = [looser_at[n] if looser[n] else spans[n] for n in range(len(visits))]
    any_to = [looser_at[n + 1] if looser[n] else spans[n + 1] for n in range(len(visits))]
    holders = {number: n for n, person in enumerate(people) for number in person.held}
    able = [_able(ready, number, holders) for number in range(len(visits))]
    able_at = [0]
    for some in able:
        able_at.append(able_at[-1] + len(some))
    can = [0] * (len(visits) * len(people))
    for number, some in enumerate(able):
        for place, person in enumerate(some, able_at[number] + 1):
            can[number * len(people) + person] = place
    numbers = {one.technician.id: number for number, one in enumerate(people)}
    changing = [
        changes_cost and given.is_placed and not held
        for given, held in zip(ready.given, ready.is_held, strict=True)
    ]
    planned = [
        one.start if change and one.start is not None else -1
        for one, change in zip(ready.given, changing, strict=True)
    ]
    due = [_due(visit) for visit in visits]
    lunches = [person.begin.lunch for person in people]
    near, near_number = _near(ways, len(visits)) if neighbours else (np.zeros(0, dtype=np.int64), 0)
    is_soft = (
        any(one >= 0 for one in planned)
        or any(one < NEVER for one in due)
        or weights.waiting > 0
        or weights.fairness > 0
        or any(person.ends > person.technician.shift_end for person in people)
    )
    longest = max((len(person.held) for person in people), default=0)
    for lead in numbers:
        longest = max(longest, sum(one.lead == lead for one in ready.given) if changes_cost else 0)
    table = _Table(as_arrays)
    ways_to: Any = np.ascontiguousarray(ways.T)
    return Tables(
        number=len(visits),
        people_number=len(people),
        width=min(len(visits), max(most_stops, longest + 16)) + 3 if most_stops else longest + 3,
        nodes=len(ways),
        near_number=near_number,
        travel_weight=round(weights.travel * 1000),
        overtime_weight=round(weights.overtime * 1000),
        waiting_weight=round(weights.waiting * 1000),
        fairness_weight=round(weights.fairness * 1000),
        planned_slack=weights.change_from_minutes * 60,
        few_moved=weights.few_changes,
        more_price=weights.more_changes_minutes * 60_000,
        is_plain=int(not is_soft),
        ways=ways.reshape(-1) if as_arrays else memoryview(ways.reshape(-1)),
        ways_to=ways_to.reshape(-1) if as_arrays else memoryview(ways_to.reshape(-1)),
        visits=table.rows(
            VISIT,
            [one.seconds for one in visits],
            [one.load for one in visits],
            spans[:-1],
            spans[1:],
            able_at[:-1],
            able_at[1:],
            [int(not held) for held in ready.is_held],
            [worth(one, weights) for one in ready.given],
            due,
            [round(weights.late * 1000) * _LATE_FACTOR.get(one.priority, 1) for one in visits],
            [numbers.get(one.lead or "", -1) for one in ready.given],
            [weights.change_technician_minutes * 60_000 * change for change in changing],
            planned,
            [weights.change_start_minutes * 60_000 * (one >= 0) for one in planned],
            [int(one.is_fixed and one.is_placed) for one in ready.given],
            _least(visits, ways),
            spans[:-1],
            spans[1:],
            any_from,
            any_to,
        ),
        spans=table.rows(
            SPAN,
            [begin for one in (*windows, *looser) for begin, _ in one],
            [end for one in (*windows, *looser) for _, end in one],
        ),
        people=table.rows(
            PERSON,
            [person.begin.at for person in people],
            [person.ends for person in people],
            [person.technician.shift_end for person in people],
            [lunch.earliest if lunch else 0 for lunch in lunches],
            [lunch.latest if lunch else -1 for lunch in lunches],
            [lunch.seconds if lunch else -1 for lunch in lunches],
            [person.capacity for person in people],
            _shares(ready),
        ),
        able=table.numbers([person for some in able for person in some]),
        can=table.numbers(can),
        near=near if as_arrays else list(near),
        logarithm=table.numbers(LOGARITHM),
    )


def _ends(rows: Sequence[Sequence[object]]) -> list[int]:
    """Where each of these begins when they stand one behind the other, and where the last one ends."""
    return list(accumulate((len(one) for one in rows), initial=0))


class _Table:
    """Makes rows and numbers, as lists of small objects or as arrays with named columns."""

    def __init__(self, as_arrays: bool) -> None:
        self.as_arrays = as_arrays

    def numbers(self, values: Sequence[int]) -> Any:
        return np.array(values, dtype=np.int64) if self.as_arrays else list(values)

    def rows(self, names: tuple[str, ...], *columns: Sequence[int]) -> Any:
        table = self.empty(names, len(columns[0]))
        for name, values in zip(names, columns, strict=True):
            if self.as_arrays:
                table[name] = values
            else:
                for row, value in zip(table, values, strict=True):
                    setattr(row, name, value)
        return table

    def empty(self, names: tuple[str, ...], length: int) -> Any:
        if self.as_arrays:
            return np.zeros(length, dtype=[(name, np.int64) for name in names])
        kind = _kind(names)
        return [kind() for _ in range(length)]

    def zeros(self, length: int) -> Any:
        return np.zeros(length, dtype=np.int64) if self.as_arrays else [0] * length


class _Lazy(dict[int, Any]):
    """Rows that are made when they are first asked for."""

    def __init__(self, kind: type) -> None:
        super().__init__()
        self.kind = kind

    def __missing__(self, place: int) -> Any:
        row = self[place] = self.kind()
        return row


@lru_cache
def _kind(names: tuple[str, ...]) -> type:
    """A small class of whole numbers, all 0."""

    def start(self: Any) -> None:
        for name in names:
            setattr(self, name, 0)

    return type("Row", (), {"__slots__": names, "__init__": start})


def worth(visit: Visit, weights: Weights) -> int:
    """The price of leaving this visit out, in thousandths of a second of travel."""
    points = max(1, visit.value) + (weights.promised_points if visit.promised else 0)
    return points * weights.value * 1000


def _windows(visit: Visit) -> list[tuple[int, int]]:
    """With the time in which it may be late at a price."""
    if not visit.windows:
        return [(0, NEVER - 1)]
    return [*visit.windows[:-1], (visit.windows[-1][0], latest(visit))]


def _due(visit: Visit) -> int:
    is_soft = visit.windows and latest(visit) > visit.windows[-1][1]
    return visit.windows[-1][1] if is_soft else NEVER


def _able(ready: Prepared, number: int, holders: dict[int, int]) -> list[int]:
    """Who can go there; a held one: who has it."""
    if number in holders:
        return [holders[number]]
    visit = ready.visits[number]
    return [n for n, person in enumerate(ready.people) if can_go(person, visit)]


def _ways(ready: Prepared) -> Any:
    """Seconds between all nodes; nothing from and to where nobody knows."""
    nodes: list[int | None] = [visit.place for visit in ready.visits]
    nodes += [person.begin.place for person in ready.people]
    nodes += [person.technician.end for person in ready.people]
    places = np.array([0 if one is None else one for one in nodes], dtype=np.intp)
    if not len(ready.day.travel):
        return np.zeros((len(nodes), len(nodes)), dtype=np.int32)
    ways = np.ascontiguousarray(ready.day.travel[np.ix_(places, places)], dtype=np.int32)
    nowhere = np.array([one is None for one in nodes], dtype=bool)
    ways[nowhere, :] = 0
    ways[:, nowhere] = 0
    return ways


def _least(visits: Sequence[Visit], ways: Any) -> list[int]:
    """The time each visit takes at least, with the shortest way from anywhere and to anywhere else."""
    number = len(visits)
    if number == 0:
        return []
    there, back = ways[:, :number].T.copy(), ways[:number, :].copy()
    for some in (there, back):
        np.fill_diagonal(some, 1 << 30)
    shortest = there.min(axis=1).astype(np.int64) + back.min(axis=1)
    return [visit.seconds + int(way) for visit, way in zip(visits, shortest, strict=True)]


def _near(ways: Any, visits: int) -> tuple[Any, int]:
    """For each visit the others, the nearest first."""
    number = min(NEIGHBOURS, max(0, visits - 1))
    if number == 0:
        return np.zeros(0, dtype=np.int64), 0
    both = ways[:visits, :visits].astype(np.int64)
    both = both + both.T
    np.fill_diagonal(both, -1)
    order = np.argsort(both, axis=1, kind="stable")[:, 1 : number + 1]
    return np.ascontiguousarray(order).reshape(-1).astype(np.int64), number


def _shares(ready: Prepared) -> list[int]:
    """What everybody would have to do if all work were shared by the length of the shifts, seconds."""
    work = sum(visit.seconds for visit in ready.visits)
    spans = [max(0, person.ends - person.begin.at) for person in ready.people]
    return [work * span // max(1, sum(spans)) for span in spans]


def state_of(t: Tables, seed: int, *, as_arrays: bool) -> State:
    """An empty plan; the same seed draws the same chances."""
    table = _Table(as_arrays)
    stops, most = t.people_number * t.width, t.number + 1
    s = State(
        numbers=table.zeros(16),
        stops=table.empty(STOP, stops),
        routes=table.empty(ROUTE, t.people_number),
        versions=table.zeros(t.people_number),
        places=table.empty(PLACE, most),
        pairs=table.empty(PAIR, len(t.able)) if as_arrays else _Lazy(_kind(PAIR)),
        left=table.zeros(most),
        old_left=table.zeros(most),
        changed=table.zeros(t.people_number + 1),
        old_route=table.zeros(stops),
        chosen=table.zeros(2 * most),
        key=table.zeros(2 * most),
        best_route=table.zeros(stops),
    )
    # a seed of nothing would draw nothing else
    s.numbers[RANDOM] = ((seed * 2654435761 + 88172645463325252) & 0xFFFFFFFF) or 1
    return s


def routes_of(t: Tables, s: State, *, best: bool) -> list[list[int]]:
    """The orders of a plan, by number."""
    if isinstance(s.routes, list) and best:
        lengths, stops = [route.best_length for route in s.routes], s.best_route
    elif isinstance(s.routes, list):
        lengths, stops = [route.length for route in s.routes], [stop.visit for stop in s.stops]
    elif best:
        lengths, stops = s.routes["best_length"].tolist(), s.best_route.tolist()
    else:
        lengths, stops = s.routes["length"].tolist(), s.stops["visit"].tolist()
    return [stops[r * t.width : r * t.width + length] for r, length in enumerate(lengths)]


def early_of(t: Tables, s: State) -> list[bool]:
    """Of each visit: whether it may begin much earlier than planned in the best plan."""
    if isinstance(s.places, list):
        return [place.best_early == 1 for place in s.places[: t.number]]
    return [one == 1 for one in s.places["best_early"][: t.number].tolist()]


def write_route(t: Tables, s: State, r: int, order: Sequence[int]) -> None:
    """Puts this order into a plan; `refresh` or `load_plan` reckons it."""
    base = r * t.width
    if isinstance(s.routes, list):
        s.routes[r].length = len(order)
        for k, visit in enumerate(order):
            s.stops[base + k].visit = visit
    else:
        s.routes["length"][r] = len(order)
        s.stops["visit"][base : base + len(order)] = order


def held_stop(ready: Prepared, number: int, stop: Stop) -> Stop:
    """A stop of what stays where it is: at its moment, whatever the ways say."""
    given = ready.given[number]
    if not ready.is_held[number] or given.start is None:
        return stop
    return replace(
        stop,
        start=given.start,
        end=given.start + given.seconds,
        late_seconds=max(0, stop.start - given.start),
    )
