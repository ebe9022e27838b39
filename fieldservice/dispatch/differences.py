"""What a plan would change: line by line, and the day in numbers before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fieldservice.dispatch.planning import Planned
from fieldservice.dispatch.rules import CHANGE, GIVE, RETIMED_MINUTES, TIME
from fieldservice.jobs.models import Job
from fieldservice.routing import schedule
from fieldservice.routing.model import Plan, Reason, Route, Stop, Technician, Visit

#: so much later, or longer over the shift, and a line does not fit without another
SPOILED_SECONDS = 300

#: who makes the day says it, not the engines
EXPIRED = "certificate_expired"


@dataclass
class Line:
    """One visit that would change, as `ProposalLine` keeps it."""

    job_id: str
    job_version: int
    kind: str
    from_lead_id: str | None
    to_lead_id: str
    from_start_at: datetime | None
    to_start_at: datetime
    sets_day: bool
    why: dict[str, Any]
    number: int = 0
    needs: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Figures:
    """A day in numbers; times in seconds."""

    #: visits somebody goes to, of all that are open
    served: int
    of: int
    #: windows agreed with customers that are kept, of all of them
    promised_kept: int
    promised_of: int
    travel: int
    late: int
    overtime: int
    #: work and travel of whoever has most and least of it
    busiest: int
    idlest: int

    def kept(self) -> dict[str, int]:
        """As plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Difference:
    """All of it."""

    lines: list[Line]
    before: Figures
    after: Figures
    routes: list[dict[str, Any]]
    unplaced: list[dict[str, Any]]


def difference(planned: Planned, plan: Plan) -> Difference:
    """What this plan would make of this day."""
    now = {one.id: schedule.project(planned.day, one, planned.order[one.id]) for one in planned.day.technicians}
    then = {one.id: _empty(planned, one) for one in planned.day.technicians} | {
        route.technician_id: route for route in plan.routes
    }
    lines = _lines(planned, now, then)
    _order(planned, lines, now, then)
    accepted = _as_accepted(planned, now, then)
    return Difference(
        lines, figures_of(planned, now), figures_of(planned, accepted), _routes(planned, now, accepted),
        _unplaced(planned, plan))


def _as_accepted(planned: Planned, now: Mapping[str, Route], then: Mapping[str, Route]) -> dict[str, Route]:
    """The day once every line was accepted: what the plan has no place for stays with whoever has it, late or not."""
    placed = {stop.visit_id for route in then.values() for stop in route.stops}
    found = dict(then)
    for technician in planned.day.technicians:
        staying = [stop for stop in now[technician.id].stops if stop.visit_id not in placed]
        if staying:
            planned_stops = then[technician.id].stops
            starts = {stop.visit_id: stop.start for stop in [*planned_stops, *staying]}
            order = _in_order(planned, technician, list(starts), starts)
            found[technician.id] = schedule.project(planned.day, technician, order)
    return found


def figures_of(planned: Planned, routes: Mapping[str, Route]) -> Figures:
    """A day with these routes in numbers."""
    stops = {stop.visit_id: stop for route in routes.values() for stop in route.stops}
    own = {visit_id: stop for visit_id, stop in stops.items() if visit_id not in planned.helping}
    promised = [job for job_id, job in _open_jobs(planned) if job.is_promised and job.window_end_at]
    kept = [job for job in promised if job.id in own and late_by(planned, own[job.id]) == 0]
    busy = [sum(stop.end - stop.start for stop in route.stops) + route.travel_seconds for route in routes.values()]
    return Figures(
        served=len(own), of=len(_open_jobs(planned)), promised_kept=len(kept), promised_of=len(promised),
        travel=sum(route.travel_seconds for route in routes.values()),
        late=sum(late_by(planned, stop) for stop in own.values()),
        overtime=sum(route.overtime_seconds for route in routes.values()),
        busiest=max(busy, default=0), idlest=min(busy, default=0))


def late_by(planned: Planned, stop: Stop) -> int:
    """Seconds beyond the window as it was agreed, whatever a plan takes for granted."""
    windows = planned.visits[stop.visit_id].windows
    return max(0, stop.start - windows[-1][1]) if windows else 0


def _open_jobs(planned: Planned) -> list[tuple[str, Job]]:
    return [(job_id, planned.jobs[job_id]) for job_id in {*planned.visits, *planned.left_out} - set(planned.helping)]


def _empty(planned: Planned, technician: Technician) -> Route:
    return schedule.project(planned.day, technician, [])


def _lines(planned: Planned, now: Mapping[str, Route], then: Mapping[str, Route]) -> list[Line]:
    """A line for each visit that gets somebody, gets somebody else, or is to begin at another time."""
    before = {stop.visit_id: stop for route in now.values() for stop in route.stops}
    lines = []
    for technician_id, route in then.items():
        earlier: Stop | None = None
        for stop in route.stops:
            visit = planned.visits[stop.visit_id]
            line = None if visit.is_fixed else _line(planned, visit, technician_id, stop, before.get(visit.id), earlier)
            lines += [line] if line else []
            earlier = stop
    return lines


def _line(
    planned: Planned, visit: Visit, technician_id: str, stop: Stop, before: Stop | None, earlier: Stop | None
) -> Line | None:
    job = planned.jobs[visit.id]
    start_at = planned.moment(-(-stop.start // 60) * 60)
    kind = GIVE if job.lead_id is None else CHANGE if job.lead_id != technician_id else TIME
    if kind == TIME and not _is_retimed(job, start_at):
        return None
    why: dict[str, Any] = {"because": "order"} if kind == TIME else _why(planned, visit, stop, before, earlier)
    late = late_by(planned, stop)
    if late >= 60:
        why["late"] = -(-late // 60)
    return Line(
        job.id, job.version, kind, job.lead_id, technician_id, job.planned_start_at or job.window_start_at, start_at,
        sets_day=job.visit_on is None, why=why)


def _is_retimed(job: Job, start_at: datetime) -> bool:
    """A visit with a window of its own is told no other time unless it had been planned for one."""
    if job.planned_start_at is None:
        return job.visit_on is None or job.window_start_at is None
    return abs(start_at - job.planned_start_at) >= timedelta(minutes=RETIMED_MINUTES)


def _why(planned: Planned, visit: Visit, stop: Stop, before: Stop | None, earlier: Stop | None) -> dict[str, Any]:
    """The best reason there is for somebody to go there."""
    lead = visit.lead
    if lead and lead not in planned.technicians:
        person = planned.people.get(lead)
        return {"because": "away", "technician": lead, "why": person.why_not if person else "inactive"}
    late = late_by(planned, before) if before else 0
    if late >= 60 > late_by(planned, stop):
        return {"because": "in_time", "minutes": -(-late // 60)}
    after = earlier.visit_id if earlier and earlier.visit_id not in planned.helping else ""
    if after and stop.travel_seconds == 0:
        return {"because": "same_place", "after": after}
    return {"because": "near", "minutes": -(-stop.travel_seconds // 60), "after": after}


def _order(planned: Planned, lines: list[Line], now: Mapping[str, Route], then: Mapping[str, Route]) -> None:
    """By technician and time, numbered, each with the lines that must come with it."""
    places = {one.id: place for place, one in enumerate(planned.day.technicians)}
    lines.sort(key=lambda line: (places[line.to_lead_id], line.to_start_at, line.job_id))
    by_job = {}
    for number, line in enumerate(lines, 1):
        line.number = number
        by_job[line.job_id] = line
    for line in lines:
        if line.kind != TIME:
            line.needs = _needed(planned, line, by_job, now[line.to_lead_id], then[line.to_lead_id])


def _needed(planned: Planned, line: Line, by_job: Mapping[str, Line], now: Route, then: Route) -> list[int]:
    """Numbers of the lines that take something from the technician without which this one does not fit."""
    starts = {stop.visit_id: stop.start for stop in now.stops} | {stop.visit_id: stop.start for stop in then.stops}
    stays = {stop.visit_id for stop in then.stops}
    leaving = [stop.visit_id for stop in now.stops if stop.visit_id not in stays and stop.visit_id in by_job]
    if not leaving:
        return []
    kept = [stop.visit_id for stop in now.stops]
    technician = planned.technicians[line.to_lead_id]

    def spoils(visit_ids: Sequence[str]) -> bool:
        order = _in_order(planned, technician, visit_ids, starts)
        with_it = schedule.project(planned.day, technician, order)
        without = schedule.project(planned.day, technician, [one for one in order if one != line.job_id])
        return _trouble(with_it) > _trouble(without) + SPOILED_SECONDS

    if not spoils([*kept, line.job_id]):
        return []
    for one in leaving:
        if not spoils([*(visit_id for visit_id in kept if visit_id != one), line.job_id]):
            return [by_job[one].number]
    return sorted(by_job[one].number for one in leaving)


def _in_order(
    planned: Planned, technician: Technician, visit_ids: Sequence[str], starts: Mapping[str, int]
) -> list[str]:
    begun = [one for one in visit_ids if schedule.is_begun(planned.day, technician, planned.visits[one])]
    rest = sorted((one for one in visit_ids if one not in begun), key=lambda one: (starts[one], one))
    return [*begun, *rest]


def _trouble(route: Route) -> int:
    return sum(stop.late_seconds for stop in route.stops) + route.overtime_seconds


def _routes(planned: Planned, now: Mapping[str, Route], then: Mapping[str, Route]) -> list[dict[str, Any]]:
    """Technicians whose visits would change, in the order of the day."""
    found = []
    for one in planned.day.technicians:
        before, after = now[one.id], then[one.id]
        if [stop.visit_id for stop in before.stops] != [stop.visit_id for stop in after.stops]:
            found.append({"id": one.id, "before": _route_kept(before), "after": _route_kept(after)})
    return found


def _route_kept(route: Route) -> dict[str, int]:
    return {
        "visits": len(route.stops), "travel": route.travel_seconds, "overtime": route.overtime_seconds,
        "leave_at": route.leave_at, "home_at": route.home_at,
    }  # fmt: skip


def _unplaced(planned: Planned, plan: Plan) -> list[dict[str, Any]]:
    """Visits that find no place, with why: those nobody could plan, then those that did not fit."""
    reasons = {**planned.left_out, **{one.visit_id: one.reason for one in plan.unassigned}}
    return [
        {"job_id": job_id, "lead_id": planned.jobs[job_id].lead_id, **_told(planned, planned.jobs[job_id], reason)}
        for job_id, reason in reasons.items() if job_id not in planned.helping
    ]


def _told(planned: Planned, job: Job, reason: Reason) -> dict[str, Any]:
    """Nobody has the skill: perhaps somebody had it until the certificate ran out."""
    if reason.code == "no_skill":
        for person_id, one in planned.people.items():
            expired = sorted(set(job.skills) & set(one.expired))
            if expired and not one.why_not:
                return {"code": EXPIRED, "facts": {"technician": person_id, "skills": expired}}
    return {"code": reason.code, "facts": _plain(reason.facts)}


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as JSON can keep them."""
    return {name: value if isinstance(value, str | int) else sorted(value) for name, value in facts.items()}
