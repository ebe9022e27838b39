"""The ways of a day as the board draws them: how long from visit to visit, who comes too late, from when one is free."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import current_app

from fieldservice.branches.models import Branch
from fieldservice.dispatch import planning
from fieldservice.jobs.models import Job
from fieldservice.routing import roads, schedule, travel
from fieldservice.routing.model import Stop
from fieldservice.routing.queries import model_of
from fieldservice.routing.travel import Place, TravelModel


@dataclass(frozen=True)
class Way:
    """Somebody's day from now on, seconds from midnight."""

    #: visits still to come, in their order, by id (that of a job, or job+person for who helps)
    stops: Sequence[Stop]
    #: what is under way
    begun: Sequence[Stop]
    now: int
    free: int
    start: Place | None
    end: Place | None
    #: still to be had: earliest and latest begin, length
    lunch: tuple[int, int, int] | None


@dataclass(frozen=True)
class Legs:
    """What a `roads.Matrix` is for, each leg worked out only when it is asked for: a board needs few of very many."""

    seconds: Any


class _Lazy:
    """Seconds from one place to another, by their numbers."""

    def __init__(self, places: Sequence[Place], model: TravelModel) -> None:
        self._places, self._model = places, model

    def __getitem__(self, pair: tuple[int, int]) -> int:
        here, there = (self._places[one] for one in pair)
        return travel.estimate(travel.metres_between(here, there), self._model, hour=0)


def legs_for(branch: Branch | str, places: Sequence[Place], at: datetime) -> Legs | roads.Matrix:
    """As `roads.matrix_for`; where a road service is set, that."""
    if current_app.config["ROADS"]:
        return roads.matrix_for(branch, places, at)
    return Legs(_Lazy(places, model_for(branch if isinstance(branch, str) else branch.id)))


def model_for(branch_id: str) -> TravelModel:
    """The formula of a branch as a whole day is planned by it: the same at every hour."""
    return roads.of_the_day(model_of(branch_id))


def ways_of(branch_ids: Sequence[str], day: date, jobs: Sequence[Job], at: datetime) -> dict[str, Way]:
    """By technician who is there. `jobs`: the visits of the day."""
    planned = planning.day_of(branch_ids, day, at=at, jobs=jobs, with_undated=False, ways=legs_for)
    found = {}
    for technician in planned.day.technicians:
        order = planned.order.get(technician.id, ())
        visits = [planned.visits[one] for one in order]
        begun = [visit for visit in visits if schedule.is_begun(planned.day, technician, visit)]
        begin = schedule.beginning(planned.day, technician, begun)
        rest = visits[len(begun):]
        route = schedule.walk(planned.day, technician, begin, rest, lenient=True)
        stops = () if isinstance(route, schedule.Broken) else route.stops[len(begin.stops):]
        found[technician.id] = Way(
            stops=stops, begun=begin.stops, now=planned.day.now, free=begin.at,
            start=None if begin.place is None else planned.places[begin.place],
            end=None if technician.end is None else planned.places[technician.end],
            lunch=(begin.lunch.earliest, begin.lunch.latest, begin.lunch.seconds) if begin.lunch else None)
    return found
