"""Whether a plan holds: asked of its times alone, by no code of the engines.

`complaints` knows nothing of how a plan was made. It takes the moments the plan names and asks of each whether it can be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from fieldservice.routing.model import Day, Plan, Route, Technician, Visit, Weights
from fieldservice.routing.schedule import project


def complaints(
    day: Day, plan: Plan, weights: Weights | None = None, *, holds_placed: bool = False
) -> list[str]:
    """What cannot be about this plan; empty: nothing. `holds_placed`: nothing that is placed may have been moved.

    What is held where it is may clash with other such visits, as it did before; nothing else may clash with it.
    """
    weights = weights or Weights()
    held = {one.id for one in day.visits if one.is_placed and (one.is_fixed or holds_placed)}
    found = told_once(day, plan)
    technicians = {one.id: one for one in day.technicians}
    visits = {one.id: one for one in day.visits}
    for route in plan.routes:
        technician = technicians[route.technician_id]
        known = [stop.visit_id for stop in route.stops]
        found += fits(technician, [visits[one] for one in known], held)
        found += [
            f"{technician.id}: {word}" for word in moments(day, technician, route, visits, weights, held)
        ]
    if not found:
        found = wrong_figures(day, plan)
    return found


def told_once(day: Day, plan: Plan) -> list[str]:
    """Each visit stands in one route or among those left, each technician has one route."""
    told = Counter(stop.visit_id for route in plan.routes for stop in route.stops)
    told.update(one.visit_id for one in plan.unassigned)
    found = [f"visit {one.id} is told {told[one.id]} times" for one in day.visits if told[one.id] != 1]
    found += [f"visit {one} is none of the day" for one in told if one not in {v.id for v in day.visits}]
    routes = Counter(route.technician_id for route in plan.routes)
    return found + [f"technician {one} has {count} routes" for one, count in routes.items() if count > 1]


def fits(technician: Technician, visits: list[Visit], held: set[str]) -> list[str]:
    """Skills, whom customers asked for, what the van takes, what is held fast."""
    found = []
    for visit in visits:
        if visit.id in held:
            if visit.lead != technician.id:
                found.append(f"{visit.id} is held with {visit.lead}, not {technician.id}")
            continue
        if not visit.skills <= technician.skills:
            found.append(f"{technician.id} lacks a skill for {visit.id}")
        if visit.pinned is not None and visit.pinned != technician.id:
            found.append(f"{visit.id} is pinned to {visit.pinned}, not {technician.id}")
        if not technician.has_shift:
            found.append(f"{technician.id} does not work, but is given {visit.id}")
    load = sum(visit.load for visit in visits)
    is_more = any(visit.load for visit in visits if visit.id not in held)
    if technician.capacity is not None and load > technician.capacity and is_more:
        found.append(f"{technician.id} takes {load} of {technician.capacity} m²")
    return found


def moments(
    day: Day,
    technician: Technician,
    route: Route,
    visits: dict[str, Visit],
    weights: Weights,
    held: Collection[str] = (),
) -> list[str]:
    """Windows, ways, lunch and shift, from the moments the route names."""
    found: list[str] = []
    clock = free = max(technician.shift_start, technician.busy_until or 0, day.now)
    here = technician.start if technician.at is None else technician.at
    lunch, lunch_from = technician.lunch, route.lunch_at
    if lunch and lunch_from is not None and not lunch.earliest <= lunch_from <= lunch.latest:
        found.append("lunch is outside its span")
    ways = 0
    planned: list[Visit] = []
    stays = [visits[stop.visit_id] for stop in route.stops if stop.visit_id in held]
    alone = without_others(day, technician, stays)
    anyway = {stop.visit_id: stop.start for stop in alone.stops}
    for stop in route.stops:
        visit = visits[stop.visit_id]
        if visit.id in held and stop.start != visit.start:
            found.append(f"{visit.id} is held at {visit.start}, not {stop.start}")
        if visit.is_fixed and visit.id in held and stop.start < free:
            clock = max(clock, stop.end) if technician.busy_until is None else clock
            here = visit.place if technician.at is None else here
            continue
        planned.append(visit)
        way = int(day.travel[here, visit.place]) if here is not None else 0
        ways += way
        needs = way
        if lunch and lunch_from is not None and clock <= lunch_from < stop.start:
            needs += lunch.seconds
            if lunch_from + lunch.seconds > stop.start and visit.id not in held:
                found.append(f"lunch goes on into {visit.id}")
        elif lunch_from is not None and stop.start <= lunch_from < stop.end and visit.id not in held:
            found.append(f"lunch begins during {visit.id}")
        if stop.travel_seconds != way:
            found.append(f"the way to {visit.id} is {way} s, not {stop.travel_seconds}")
        if visit.id not in held:
            if stop.start - clock < needs:
                found.append(f"{visit.id} begins {stop.start - clock} s after the last, it takes {needs}")
            if stop.end != stop.start + visit.seconds:
                found.append(f"{visit.id} is not as long as it is")
            found += window(visit, stop.start, stop.late_seconds)
        elif clock + needs > max(stop.start, anyway[visit.id]):
            found.append(
                f"{visit.id} can be begun at {clock + needs}, {anyway[visit.id]} with what is held alone"
            )
        # what is held and cannot be reached in time is done when it can be
        clock, here = max(stop.start, clock + needs) + visit.seconds, visit.place
    is_new = not {one.id for one in planned} <= set(held)
    way = int(day.travel[here, technician.end]) if here is not None and technician.end is not None else 0
    ways += way
    needs = way + (lunch.seconds if lunch and lunch_from is not None and clock <= lunch_from else 0)
    if route.stops and route.home_at - clock < needs:
        found.append("is home before the way is done")
    limit = technician.shift_end + weights.overtime_limit_minutes * 60
    if is_new and route.home_at > (max(limit, alone.home_at) if stays else limit):
        found.append("is home after the shift")
    is_due = lunch is not None and free <= lunch.latest and route.home_at >= lunch.earliest
    if is_due and is_new and lunch_from is None and not any(one.id in held for one in planned):
        found.append("has no lunch")
    if route.travel_seconds != ways and route.stops:
        found.append(f"travels {ways} s, not {route.travel_seconds}")
    return found


def without_others(day: Day, technician: Technician, held: list[Visit]) -> Route:
    """The day of somebody who has only what is held, done when it can be."""
    exact = [replace(one, windows=((one.start or 0, one.start or 0),), soft_until=None) for one in held]
    return project(replace(day, visits=tuple(exact)), technician, [one.id for one in held])


def window(visit: Visit, start: int, late: int) -> list[str]:
    """Work begins within a window, or late where that has a price."""
    if not visit.windows or any(first <= start <= last for first, last in visit.windows):
        return [f"{visit.id} is not late"] if late else []
    last = visit.windows[-1][1]
    if not visit.promised and visit.soft_until is not None and last < start <= visit.soft_until:
        return [] if late == start - last else [f"{visit.id} is {start - last} s late, not {late}"]
    return [f"{visit.id} begins outside its windows"]


def wrong_figures(day: Day, plan: Plan) -> list[str]:
    """The figures are those of the routes."""
    visits = {one.id: one for one in day.visits}
    stops = [(route, stop) for route in plan.routes for stop in route.stops]
    left = [visits[one.visit_id] for one in plan.unassigned]
    moved = [
        (
            route.technician_id != visits[stop.visit_id].lead,
            abs(stop.start - (visits[stop.visit_id].start or 0)),
        )
        for route, stop in stops
        if visits[stop.visit_id].is_placed
    ]
    told = {
        "served": len(stops),
        "lost_value": sum(visit.value for visit in left),
        "travel_seconds": sum(route.travel_seconds for route in plan.routes),
        "late_seconds": sum(stop.late_seconds for _, stop in stops),
        "overtime_seconds": sum(route.overtime_seconds for route in plan.routes),
        "waiting_seconds": sum(stop.wait_seconds for _, stop in stops),
        "promised_of": sum(visit.promised for visit in day.visits),
        "promised_kept": sum(visits[stop.visit_id].promised for _, stop in stops),
        "changed_technician": sum(other for other, _ in moved),
        "changed_start": sum(by > Weights().change_from_minutes * 60 for _, by in moved),
    }
    return [
        f"{name} is {value}, not {getattr(plan.figures, name)}"
        for name, value in told.items()
        if getattr(plan.figures, name) != value
    ]
