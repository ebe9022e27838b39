"""One technician's day: the order of the stops that costs least.

A label dynamic programme over (stops done, last one, lunch taken) that keeps what is not dominated in clock and cost; two
beams of the same code answer first, the second below the price of the first; the rest proves it up to 15 stops.
`static/js/rules/day-order.js` is the same, label by label, with the same ties; `tests/vectors/day_order.json` holds both.
All numbers are whole: seconds of the day, prices a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

#: prices of a second: overtime counts twice as much as driving, waiting a fifth
TRAVEL = 10
WAITING = 2
OVERTIME = 20
LATE_LUNCH = 20
#: a normal visit a minute late: for less the office's order is not left
SLIGHT = 1800

#: labels kept for each number of stops: for a price, then for the answer
BEAMS = (100, 1000)
MOST_PROVEN = 15
#: more stops are not put in order: a phone counts sets of them in 30 bits
MOST = 30
MOST_LABELS = 1_500_000
_FAR = 1_000_000_000


@dataclass(frozen=True, slots=True)
class DayStop:
    """One stop. `windows`: work may begin within, sorted, () at any time; later than the last is late.

    `late_weight`: price of a second late. `pinned`: its place in the order, from 0; of two that want the same the first
    one gets it. `next`: goes first, before all other pins. `planned`: when the office has it begin; what is planned
    follows as planned, but for pins.
    """

    id: str
    place: int
    seconds: int
    windows: tuple[tuple[int, int], ...]
    late_weight: int
    pinned: int | None = None
    next: bool = False
    planned: int | None = None


@dataclass(frozen=True, slots=True)
class DayLunch:
    """Begins within [earliest, latest] wherever one is; not due when the day is over by `earliest`."""

    earliest: int
    latest: int
    seconds: int


@dataclass(frozen=True, slots=True)
class TechnicianDay:
    """What is put in order. `start`, `end`: rows of `travel`; start None: unknown, the first way is free; end None: the
    day ends at the last stop. `lunch` None: none, or taken.
    """

    now: int
    start: int | None
    end: int | None
    shift: tuple[int, int]
    lunch: DayLunch | None
    stops: tuple[DayStop, ...]
    travel: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class OrderedStop:
    """When it happens: seconds of the day; `travel` and `late` in seconds."""

    id: str
    travel: int
    arrive: int
    start: int
    end: int
    late: int


@dataclass(frozen=True, slots=True)
class DayOrder:
    """The order. `leave_at`: for the first stop, so that nobody waits at its door; `travel`: of the whole day;
    `proven`: there is none better; `unplaced`: more than the 30 that can be put in order, the last ones; `off_plan`: not
    as the office planned, which would serve somebody later.
    """

    order: tuple[str, ...]
    stops: tuple[OrderedStop, ...]
    leave_at: int
    lunch_at: int | None
    home_at: int
    travel: int
    overtime: int
    cost: int
    proven: bool
    unplaced: tuple[str, ...]
    off_plan: bool = False


def first_order(day: TechnicianDay) -> DayOrder:
    """The beams' answer."""
    return _answer(day, is_best=False)


def best_order(day: TechnicianDay) -> DayOrder:
    """The best there is up to 15 stops, the beams' beyond."""
    return _answer(day, is_best=True)


def _answer(day: TechnicianDay, *, is_best: bool) -> DayOrder:
    """As the office planned, unless somebody would be served later by it than need be."""
    problem = _Problem(day)
    plan = [
        (stop.planned, index) for index, stop in enumerate(problem.stops)
        if stop.planned is not None and not problem.is_pinned[index]
    ]  # fmt: skip
    if len(plan) < 2:
        return _solved(problem, is_best=is_best)
    done = 0
    for _planned, index in sorted(plan):
        problem.after[index] = done
        done |= 1 << index
    kept = _solved(problem, is_best=is_best)
    late = _late_cost(problem, kept) - SLIGHT
    if late < 0:
        return kept
    problem.after = [0] * problem.n
    best = _solved(problem, is_best=is_best)
    is_off = _late_cost(problem, best) <= late
    return replace(best if is_off else kept, off_plan=is_off, proven=best.proven and kept.proven)


def _solved(problem: _Problem, *, is_best: bool) -> DayOrder:
    found = _Search(problem, BEAMS[0], None).run()
    assert found is not None  # without a bound there is always an order
    is_whole = False
    for width in (BEAMS[1], None) if is_best and problem.n <= MOST_PROVEN else BEAMS[1:]:
        search = _Search(problem, width, found.cost)
        found = search.run() or found
        is_whole = search.is_whole
        if is_whole:
            break
    return _told(problem, found, proven=is_whole)


def _late_cost(problem: _Problem, order: DayOrder) -> int:
    weights = {stop.id: stop.late_weight for stop in problem.stops}
    return sum(stop.late * weights[stop.id] for stop in order.stops)


class _End(NamedTuple):
    """A finished order: (stop, how); how 1: lunch before leaving for it, 2: lunch at its door."""

    cost: int
    path: list[tuple[int, int]]


class _Problem:
    """A day as the search wants it: rows n are the start."""

    def __init__(self, day: TechnicianDay) -> None:
        stops = list(day.stops)
        if len(stops) > MOST:
            stops.sort(key=_due)
        self.stops, rest = stops[:MOST], stops[MOST:]
        self.unplaced = tuple(stop.id for stop in rest)
        self.n = n = len(self.stops)

        def way(here: int | None, there: int | None) -> int:
            return 0 if here is None or there is None else int(day.travel[here][there])

        places: list[int | None] = [*(stop.place for stop in self.stops), day.start]
        self.ways = [[way(here, stop.place) for stop in self.stops] for here in places]
        self.homeward = [way(here, day.end) for here in places]
        self.nearest = [
            min(row[there] for here, row in enumerate(self.ways) if here != there) for there in range(n)
        ]
        self.nearest_home = min(self.homeward[: n or 1])
        self.at = _pins(self.stops)
        self.is_pinned = [stop in self.at for stop in range(n)]
        #: those that have to be done before each stop
        self.after = [0] * n
        self.clock = max(day.now, day.shift[0])
        self.shift_end = day.shift[1]
        self.has_lunch = day.lunch is not None
        self.lunch = day.lunch or DayLunch(0, 0, 0)
        self.work = sum(stop.seconds for stop in self.stops)
        self.by_due = sorted(range(n), key=lambda stop: _due(self.stops[stop]))

    def over(self, until: int, taken: int, ride: int) -> int:
        """What the rest of a day costs at least beside its value: `until` without a lunch still to come."""
        lunch = self.lunch.seconds
        waited = until - self.clock - self.work - (lunch if taken and self.has_lunch else 0)
        late = until + (lunch if not taken and until > self.lunch.earliest else 0) - self.shift_end
        return (TRAVEL - WAITING) * ride + WAITING * waited + OVERTIME * max(0, late)

    def ending(self, last: int, clock: int, taken: int) -> tuple[int | None, int, int]:
        """The way home, after a lunch that is still due: (lunch at, home at, its cost beside the value)."""
        ride = self.homeward[last]
        is_due = not taken and clock + ride > self.lunch.earliest
        eat = max(clock, self.lunch.earliest) if is_due else None
        home = (clock if eat is None else eat + self.lunch.seconds) + ride
        late = 0 if eat is None else LATE_LUNCH * max(0, eat - self.lunch.latest)
        eaten = self.lunch.seconds if self.has_lunch and (taken or is_due) else 0
        waited = home - self.clock - self.work - eaten
        more = (TRAVEL - WAITING) * ride + WAITING * waited + OVERTIME * max(0, home - self.shift_end) + late
        return eat, home, more


def _due(stop: DayStop) -> int:
    return stop.windows[-1][1] if stop.windows else _FAR


def _pins(stops: Sequence[DayStop]) -> list[int]:
    """Which stop has to be at each place; -1: any."""
    at = [-1] * len(stops)
    following = next((index for index, stop in enumerate(stops) if stop.next), None)
    if following is not None:
        at[0] = following
    for index, stop in enumerate(stops):
        wanted = stop.pinned
        if index != following and wanted is not None and 0 <= wanted < len(at) and at[wanted] == -1:
            at[wanted] = index
    return at


def _begin(stop: DayStop, arrive: int) -> int:
    """When work begins for who arrives then; windows that are over are passed."""
    for opens, closes in stop.windows:
        if arrive <= closes:
            return max(arrive, opens)
    return arrive


def _late(stop: DayStop, start: int) -> int:
    return max(0, start - stop.windows[-1][1]) if stop.windows else 0


@dataclass(slots=True)
class _Label:
    """`value`: cost without what waiting costs, which follows from the clock."""

    mask: int
    last: int
    lunch: int
    how: int
    clock: int
    value: int
    before: _Label | None
    is_dead: bool = False


@dataclass(slots=True)
class _Search:
    """`width`: labels kept for each number of stops, None all; `bound`: only what costs less is looked for, None any.
    `is_whole`: nothing was left out, there is none better.
    """

    p: _Problem
    width: int | None
    bound: int | None
    size: int = 1
    is_whole: bool = True
    made: list[_Label] = field(default_factory=list)
    table: dict[tuple[int, int, int], list[_Label]] = field(default_factory=dict)

    def run(self) -> _End | None:
        """None: nothing found below the bound."""
        p, bound = self.p, self.bound
        layer = [_Label(0, p.n, 0 if p.has_lunch else 1, 0, p.clock, 0, None)]
        self.size += 1
        for place in range(p.n):
            self.made, self.table = [], {}
            for label in layer:
                if bound is None or self._least(label, is_known=True) < bound:
                    self._expand(label, place)
            if self.size > MOST_LABELS:
                self.is_whole = False
                return None
            layer = [one for one in self.made if not one.is_dead]
            if bound is not None:
                layer = [one for one in layer if self._least(one, is_known=False) < bound]
            if self.width is not None and len(layer) > self.width:
                self.is_whole = False
                layer = sorted(layer, key=self._price)[: self.width]
        return self._end(layer)

    def _end(self, layer: list[_Label]) -> _End | None:
        best, cost = None, self.bound
        for label in layer:
            price = label.value + self.p.ending(label.last, label.clock, label.lunch)[2]
            if cost is None or price < cost:
                best, cost = label, price
        if best is None or cost is None:
            return None
        path = []
        one = best
        while one.before is not None:
            path.append((one.last, one.how))
            one = one.before
        return _End(cost, path[::-1])

    def _least(self, label: _Label, *, is_known: bool) -> int:
        """What a label costs at least, however it ends; `is_known`: count who is late already."""
        p, ride, work, late = self.p, self._homeward(label), 0, 0
        for index, stop in enumerate(p.stops):
            if not label.mask >> index & 1:
                ride += p.nearest[index]
                work += stop.seconds
                if is_known:
                    late += stop.late_weight * _late(stop, label.clock + p.nearest[index])
        return label.value + late + p.over(label.clock + ride + work, label.lunch, ride)

    def _price(self, label: _Label) -> int:
        """What the beams choose by."""
        return self._likely(label) + self._least(label, is_known=True)

    def _likely(self, label: _Label) -> int:
        """What a label looks like costing, for the beam to choose by: the rest in the order in which it is due."""
        p, clock, ride, taken, late = self.p, label.clock, self._homeward(label), label.lunch, 0
        for index in p.by_due:
            if label.mask >> index & 1:
                continue
            if not taken and clock >= p.lunch.earliest:
                late += LATE_LUNCH * max(0, clock - p.lunch.latest)
                clock += p.lunch.seconds
                taken = 1
            stop = p.stops[index]
            start = _begin(stop, clock + p.nearest[index])
            late += stop.late_weight * _late(stop, start)
            clock = start + stop.seconds
            ride += p.nearest[index]
        return label.value + late + p.over(clock + p.nearest_home, taken, ride)

    def _homeward(self, label: _Label) -> int:
        return self.p.homeward[label.last] if label.mask == (1 << self.p.n) - 1 else self.p.nearest_home

    def _expand(self, label: _Label, place: int) -> None:
        p, lunch, wanted = self.p, self.p.lunch, self.p.at[place]
        eat = max(label.clock, lunch.earliest)
        for index, stop in enumerate(p.stops):
            if label.mask >> index & 1 or p.after[index] & ~label.mask:
                continue
            if wanted != index if wanted >= 0 else p.is_pinned[index]:
                continue
            ride = p.ways[label.last][index]
            arrive = label.clock + ride
            self._go(label, index, stop, ride, arrive, label.lunch, 0, 0)
            if not label.lunch:
                more = LATE_LUNCH * max(0, eat - lunch.latest)
                self._go(label, index, stop, ride, eat + lunch.seconds + ride, 1, 1, more)
                there = max(arrive, lunch.earliest)
                more = LATE_LUNCH * max(0, there - lunch.latest)
                self._go(label, index, stop, ride, there + lunch.seconds, 1, 2, more)

    def _go(
        self,
        label: _Label,
        index: int,
        stop: DayStop,
        ride: int,
        arrive: int,
        taken: int,
        how: int,
        more: int,
    ) -> None:
        start = _begin(stop, arrive)
        value = label.value + (TRAVEL - WAITING) * ride + more + stop.late_weight * _late(stop, start)
        self._put(_Label(label.mask | 1 << index, index, taken, how, start + stop.seconds, value, label))

    def _put(self, new: _Label) -> None:
        """Puts one in its list, by clock, unless another is as early and as cheap."""
        known = self.table.setdefault((new.mask, new.last, new.lunch), [])
        at = 0
        while at < len(known) and known[at].clock < new.clock:
            if known[at].value <= new.value:
                return
            at += 1
        if at < len(known) and known[at].clock == new.clock and known[at].value <= new.value:
            return
        after = at
        while after < len(known) and known[after].value >= new.value:
            known[after].is_dead = True
            after += 1
        known[at:after] = [new]
        self.made.append(new)
        self.size += 1


def _told(p: _Problem, found: _End, *, proven: bool) -> DayOrder:
    """The order as people read it."""
    stops: list[OrderedStop] = []
    clock, last, travel, lunch_at, leave_at = p.clock, p.n, 0, None, p.clock
    for index, how in found.path:
        stop, ride = p.stops[index], p.ways[last][index]
        if how == 1:
            lunch_at = max(clock, p.lunch.earliest)
            clock = lunch_at + p.lunch.seconds
        free = clock + ride
        if how == 2:
            lunch_at = max(free, p.lunch.earliest)
            free = lunch_at + p.lunch.seconds
        start = _begin(stop, free)
        if last == p.n:
            leave_at = (lunch_at if how == 2 and lunch_at is not None else start) - ride
        arrive = (leave_at if last == p.n else clock) + ride
        clock = start + stop.seconds
        stops.append(OrderedStop(stop.id, ride, arrive, start, clock, _late(stop, start)))
        travel += ride
        last = index
    eat, home, _more = p.ending(last, clock, 0 if p.has_lunch and lunch_at is None else 1)
    return DayOrder(
        order=tuple(stop.id for stop in stops),
        stops=tuple(stops),
        leave_at=leave_at,
        lunch_at=eat if lunch_at is None else lunch_at,
        home_at=home,
        travel=travel + p.homeward[last],
        overtime=max(0, home - p.shift_end),
        cost=found.cost,
        proven=proven,
        unplaced=p.unplaced,
    )
