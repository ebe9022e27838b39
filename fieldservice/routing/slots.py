"""The best times for one more visit over all technicians, while the customer waits on the phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fieldservice.routing.engine import kernel
from fieldservice.routing.engine.tables import (
    Prepared,
    prepare,
    state_of,
    tables_of,
    write_route,
)
from fieldservice.routing.model import Day, Technician, Visit, Weights
from fieldservice.routing.schedule import walk_late


@dataclass(frozen=True, slots=True)
class Slot:
    """A time for a visit: with whom, in which of its windows (by number; None: it has none), when it would begin."""

    technician_id: str
    window: int | None
    start: int
    extra_travel_seconds: int
    #: how much longer, or shorter, somebody waits between visits
    extra_wait_seconds: int
    #: seconds of travel that it is worth in all; the cheapest comes first
    cost: int
    #: the visit it follows; None: the first of the day
    after: str | None


def best(day: Day, visit: Visit, *, count: int = 5, weights: Weights | None = None) -> list[Slot]:
    """The cheapest slots, at most one a technician and window; what is placed stays where it is to the minute.

    `visit` need not be among the day's visits; its place must be in `day.travel`. A technician who cannot do it, or
    has no time, gives none: no slot at all is an empty list.
    """
    weights = weights or Weights()
    able = _able(day, visit)
    names = {one.id for one in able}
    theirs = (one for one in day.visits if one.id != visit.id and one.is_placed and one.lead in names)
    near = replace(day, technicians=able, visits=(*theirs, replace(visit, lead=None, start=None)))
    ready = prepare(near, weights, holds_placed=True)
    number = len(ready.visits) - 1
    windows: Sequence[tuple[int, int] | None] = visit.windows or (None,)
    found: list[Slot] = []
    t = tables_of(ready, as_arrays=False, changes_cost=False, neighbours=False, most_stops=0)
    s = state_of(t, 1, as_arrays=False)
    for r, person in enumerate(ready.people):
        write_route(t, s, r, person.held)
    kernel.load_plan(t, s)
    row = t.visits[number]
    spans = (row.span_from, row.span_to)
    for k, window in enumerate(windows):
        if window is not None:
            row.span_from, row.span_to = spans[0] + k, spans[0] + k + 1
        for r in range(len(ready.people)):
            if t.can[number * t.people_number + r]:
                at, cost = kernel.place_in(t, s, r, number)
                if at >= 0:
                    found.append(_slot(ready, t, r, at, cost, None if window is None else k))
    return sorted(found, key=lambda one: (one.cost, one.start, one.technician_id))[:count]


def _able(day: Day, visit: Visit) -> tuple[Technician, ...]:
    """Whose day is worth looking at."""
    return tuple(
        one
        for one in day.technicians
        if one.has_shift and visit.skills <= one.skills and visit.pinned in (None, one.id)
    )


def _slot(ready: Prepared, t: kernel.Tables, r: int, at: int, cost: int, window: int | None) -> Slot:
    person, number = ready.people[r], len(ready.visits) - 1
    order = [*person.held[:at], number, *person.held[at:]]
    visits = [ready.visits[one] for one in order]
    if window is not None:
        visits[at] = replace(visits[at], windows=visits[at].windows[window : window + 1])
    route = walk_late(ready.day, person.technician, person.begin, visits)
    before = t.number + r if at == 0 else order[at - 1]
    behind = order[at + 1] if at + 1 < len(order) else t.number + t.people_number + r
    instead = t.ways[before * t.nodes + behind] if person.held else 0
    extra = t.ways[before * t.nodes + number] + t.ways[number * t.nodes + behind] - instead
    begun = person.begin.stops
    after = ready.visits[order[at - 1]].id if at else begun[-1].visit_id if begun else None
    return Slot(
        person.technician.id,
        window,
        route.stops[len(begun) + at].start,
        extra,
        # beside the way nothing else has a price here: what is placed stays, there is no overtime, shares may differ
        round((cost - extra * t.travel_weight) / t.waiting_weight) if t.waiting_weight else 0,
        cost // 1000,
        after,
    )
