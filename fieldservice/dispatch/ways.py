"""The ways of a day as the board draws them: how long from visit to visit, who comes too late, from when one is free."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app

from fieldservice.branches.models import Branch
from fieldservice.dispatch.planning import Planned
from fieldservice.routing import roads, schedule, travel
from fieldservice.routing.model import Stop
from fieldservice.routing.queries import models_of
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
        self._known: dict[tuple[int, int], int] = {}

    def __getitem__(self, pair: tuple[int, int]) -> int:
        found = self._known.get(pair)
        if found is None:
            here, there = (self._places[one] for one in pair)
            found = self._known[pair] = travel.estimate(travel.metres_between(here, there), self._model, hour=0)
        return found


def legs_of(branch_ids: Sequence[str]) -> Callable[[Branch | str, Sequence[Place], datetime], Legs | roads.Matrix]:
    """Does what `roads.matrix_for` does, by the formula of each of these branches; where a road service is set, that."""
    if current_app.config["ROADS"]:
        return roads.matrix_for
    models = models_for(branch_ids)

    def legs(branch: Branch | str, places: Sequence[Place], _at: datetime) -> Legs:
        return Legs(_Lazy(places, models[branch if isinstance(branch, str) else branch.id]))

    return legs


def models_for(branch_ids: Sequence[str]) -> dict[str, TravelModel]:
    """The formula of each branch as a whole day is planned by it: the same at every hour."""
    return {branch_id: roads.of_the_day(model) for branch_id, model in models_of(branch_ids).items()} or {
        "": roads.of_the_day(travel.DEFAULT)}  # fmt: skip


def ways_in(planned: Planned) -> dict[str, Way]:
    """By technician who is there."""
    found = {}
    for technician in planned.day.technicians:
        order = planned.order.get(technician.id, ())
        visits = [planned.visits[one] for one in order]
        begun = [visit for visit in visits if schedule.is_begun(planned.day, technician, visit)]
        begin = schedule.beginning(planned.day, technician, begun)
        route = schedule.walk_late(planned.day, technician, begin, visits[len(begun):])
        found[technician.id] = Way(
            stops=route.stops[len(begin.stops):], begun=begin.stops, now=planned.day.now, free=begin.at,
            start=None if begin.place is None else planned.places[begin.place],
            end=None if technician.end is None else planned.places[technician.end],
            lunch=(begin.lunch.earliest, begin.lunch.latest, begin.lunch.seconds) if begin.lunch else None)
    return found
