"""Why a visit is left: each reason is proven on the plan before it is said.

| code | what was found | facts |
|---|---|---|
| `no_technicians` | nobody works on this day | |
| `window_past` | the last moment at which it may begin is over | `minutes` ago |
| `pinned_cannot` | the technician this customer asked for cannot do it | `technician`, `why`: one of the codes below |
| `no_skill` | nobody has these skills, or nobody has them together | `skills` |
| `no_shift` | who has the skills does not work; or who has it now does not | `technician` |
| `load` | no van takes it, or has room left for it | `load`, `free` m² of the `technician` with most room |
| `too_long` | longer than the working day of everybody who can | `minutes` of work |
| `too_far` | work and the way there and back are longer than that | `technician`, `minutes` too long |
| `lunch` | the day is long enough for it alone, but not with a lunch break | `technician` who could otherwise |
| `window` | nobody reaches it in time, though nothing else were to be done | `technician`, `minutes` late |
| `after_shift` | reached in time, but not done and home within the shift | `technician`, `minutes` late home |
| `would_displace` | fits if another visit is given up | `visit_id`, `technician`, its `value`, `minutes` late with both |
| `full` | more than one visit would have to be given up | `technicians` who could do it alone |

`no_position`, `position_in_sea` and `certificate_expired` are said by who makes the day: the engines never see such a
visit, and know only of skills that hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fieldservice.routing.engine.compiled import PLAIN, Engine
from fieldservice.routing.engine.tables import Person, Prepared, can_go, state_of, tables_of, write_route
from fieldservice.routing.model import Day, Reason, Route, Unassigned, Visit
from fieldservice.routing.schedule import FOREVER, latest, walk, walk_late

CODES = (
    "no_position", "position_in_sea", "certificate_expired",
    "no_technicians", "window_past", "pinned_cannot", "no_skill", "no_shift", "load", "too_long", "too_far",
    "lunch", "window", "after_shift", "would_displace", "full",
)  # fmt: skip


def reasons_of(
    ready: Prepared, orders: Sequence[Sequence[int]], engine: Engine = PLAIN, *, is_thorough: bool = True
) -> tuple[Unassigned, ...]:
    """Everything that is in none of these orders, with its reason.

    Not `is_thorough`: `would_displace` is found only where the visit can take the other's very place, else it is `full`.
    """
    placed = {number for order in orders for number in order}
    left = [number for number in range(len(ready.visits)) if number not in placed]
    found = [
        Unassigned(visit.id, Reason("no_shift", {"technician": visit.lead or ""})) for visit in ready.lost
    ]
    crowded = []
    for number in left:
        reason = alone(ready, ready.given[number])
        if reason is None:
            crowded.append(number)
        else:
            found.append(Unassigned(ready.given[number].id, reason))
    if crowded:
        plan = _Full(ready, orders, engine, is_thorough)
        found += [Unassigned(ready.given[number].id, plan.reason(number)) for number in crowded]
    return tuple(sorted(found, key=lambda one: one.visit_id))


def alone(ready: Prepared, visit: Visit) -> Reason | None:
    """Why nobody could do this visit, had they nothing else to do on this day; None: somebody could."""
    day, people = ready.day, ready.people
    if not any(one.technician.has_shift for one in people):
        return Reason("no_technicians")
    if latest(visit) < day.now:
        return Reason("window_past", {"minutes": _minutes(day.now - latest(visit))})
    if visit.pinned is None:
        return _nobody(day, visit, people)
    asked = [one for one in people if one.technician.id == visit.pinned]
    why = _nobody(day, visit, asked) if asked else Reason("no_shift")
    return why and Reason("pinned_cannot", {**why.facts, "technician": visit.pinned, "why": why.code})


def _nobody(day: Day, visit: Visit, people: Sequence[Person]) -> Reason | None:
    skilled = [one for one in people if visit.skills <= one.technician.skills]
    if not skilled:
        known: set[str] = set().union(*(one.technician.skills for one in people))
        return Reason("no_skill", {"skills": ", ".join(sorted(visit.skills - known or visit.skills))})
    working = [one for one in skilled if one.technician.has_shift]
    if not working:
        return Reason("no_shift", {"technician": skilled[0].technician.id})
    loading = [one for one in working if visit.load <= one.capacity]
    if not loading:
        most = max(working, key=lambda one: (one.capacity, one.technician.id))
        return Reason("load", {"technician": most.technician.id, "load": visit.load, "free": most.capacity})
    return _no_time(day, visit, loading)


def _no_time(day: Day, visit: Visit, people: Sequence[Person]) -> Reason | None:
    """Of those who may: why the day is too short for each, by the one who comes nearest."""
    anytime = replace(visit, windows=(), soft_until=None)
    if any(_beyond(day, one, visit) == 0 for one in people):
        return None
    for one in people:
        if one.begin.lunch and _beyond(day, one, visit, lunch=False) == 0:
            return Reason("lunch", {"technician": one.technician.id})
    if all(visit.seconds + _lunch(one) > one.ends - one.begin.at for one in people):
        return Reason("too_long", {"minutes": _minutes(visit.seconds)})
    able = [one for one in people if _beyond(day, one, anytime) == 0]
    if not able:
        for one in people:
            if one.begin.lunch and _beyond(day, one, anytime, lunch=False) == 0:
                return Reason("lunch", {"technician": one.technician.id})
        seconds, nearest = min((_beyond(day, one, anytime, lunch=False), one.technician.id) for one in people)
        return Reason("too_far", {"technician": nearest, "minutes": _minutes(seconds)})
    seconds, nearest = min((_late(day, one, visit), one.technician.id) for one in able)
    if seconds > 0:
        return Reason("window", {"technician": nearest, "minutes": _minutes(seconds)})
    seconds, nearest = min((_beyond(day, one, visit), one.technician.id) for one in able)
    return Reason("after_shift", {"technician": nearest, "minutes": _minutes(seconds)})


def _beyond(day: Day, person: Person, visit: Visit, *, lunch: bool = True) -> int:
    """Seconds after the shift at which somebody is home from this visit alone; FOREVER: window or lunch missed."""
    begin = person.begin if lunch else replace(person.begin, lunch=None)
    route = walk(day, person.technician, begin, [visit])
    return max(0, route.home_at - person.ends) if isinstance(route, Route) else FOREVER


def _late(day: Day, person: Person, visit: Visit) -> int:
    """Seconds after its last moment at which work begins, with nothing else to do."""
    route = walk_late(day, person.technician, person.begin, [visit])
    return max(0, route.stops[-1].start - latest(visit))


def _lunch(person: Person) -> int:
    """Seconds of lunch that are due on a day that is full."""
    return person.begin.lunch.seconds if person.begin.lunch else 0


def _minutes(seconds: int) -> int:
    """Begun minutes."""
    return -(-seconds // 60)


class _Full:
    """A plan in which somebody could do the visit, but has other things to do."""

    def __init__(
        self, ready: Prepared, orders: Sequence[Sequence[int]], engine: Engine, is_thorough: bool
    ) -> None:
        self.ready, self.orders = ready, orders
        self.engine, self.is_thorough = engine, is_thorough
        self.t = tables_of(ready, as_arrays=engine.as_arrays, changes_cost=False, neighbours=False)
        self.s = state_of(self.t, 1, as_arrays=engine.as_arrays)
        for r, order in enumerate(orders):
            write_route(self.t, self.s, r, order)
        engine.load_plan(self.t, self.s)

    def reason(self, number: int) -> Reason:
        """Which visit stands in its way."""
        if (room := self._room(number)) is not None:
            return room
        r, out = self.engine.displaced(self.t, self.s, number, int(self.is_thorough))
        if r < 0:
            return Reason("full", {"technicians": self._able(number)})
        given = self.ready.given[out]
        return Reason(
            "would_displace",
            {
                "visit_id": given.id,
                "technician": self.ready.people[r].technician.id,
                "value": given.value,
                "minutes": _minutes(self._late_with(r, number)),
            },
        )

    def _room(self, number: int) -> Reason | None:
        """`load`, if that alone is in the way: there is time in somebody's day, but no room in the van."""
        visit = self.ready.given[number]
        if visit.load == 0:
            return None
        for r, person in enumerate(self.ready.people):
            free = person.capacity - sum(self.ready.given[one].load for one in self.orders[r])
            if free < visit.load and can_go(person, visit) and self._has_time(r, number):
                return Reason("load", {"technician": person.technician.id, "load": visit.load, "free": free})
        return None

    def _has_time(self, r: int, number: int) -> bool:
        person, order = self.ready.people[r], self.orders[r]
        for at in range(len(order) + 1):
            visits = [self.ready.visits[one] for one in (*order[:at], number, *order[at:])]
            route = walk(self.ready.day, person.technician, person.begin, visits)
            if isinstance(route, Route) and route.home_at <= person.ends:
                return True
        return False

    def _able(self, number: int) -> int:
        """How many could do it alone."""
        visit = self.ready.given[number]
        people = [one for one in self.ready.people if can_go(one, visit)]
        return sum(_no_time(self.ready.day, visit, [one]) is None for one in people)

    def _late_with(self, r: int, number: int) -> int:
        """Seconds that are late or over the shift if this technician takes both, at the best position."""
        person, order = self.ready.people[r], self.orders[r]

        def late(at: int) -> int:
            visits = [self.ready.visits[one] for one in (*order[:at], number, *order[at:])]
            route = walk_late(self.ready.day, person.technician, person.begin, visits)
            beyond = max(0, route.home_at - person.ends)
            return beyond + sum(
                max(0, stop.start - latest(visit))
                for stop, visit in zip(route.stops[len(person.begin.stops) :], visits, strict=True)
            )

        return min(late(at) for at in range(len(order) + 1))
