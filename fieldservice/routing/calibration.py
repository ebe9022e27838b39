"""What a branch's own trips say of its ways: how long they took beside how long they were to take, by distance and hour.

Pure. Nothing is changed here: what comes out is shown to the manager with the numbers behind it (`Basis`).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import log
from statistics import median
from typing import Any

from fieldservice.routing.travel import TravelModel, estimate

#: kilometres in a straight line, hours of departure
DISTANCES = ((0.3, 2.0), (2.0, 5.0), (5.0, 10.0), (10.0, 20.0), (20.0, 200.0))
HOURS = ((0, 7), (7, 9), (9, 11), (11, 13), (13, 16), (16, 19), (19, 24))
#: fewer trips in a band say nothing
LEAST_TRIPS = 20
#: shorter ones are parked, not driven
LEAST_METRES = 300
LEAST_SECONDS, MOST_SECONDS = 60, 3 * 3600
#: so many times longer or shorter than estimated is something else: lunch, a detour to the depot, a step taken late
MOST_TIMES = 4
#: how far the phone's clock may have been off
MOST_UNSURE_MS = 120_000

#: why a trip is not counted
NEAR, TIME, ODD, CLOCK, ELSEWHERE = "near", "time", "odd", "clock", "elsewhere"

_SLOW = tuple(step / 2 for step in range(16, 91))  # 8 to 45 km/h
_GAIN = tuple(float(step) for step in range(0, 61))
_HOLD = 0.02  # how strongly the numbers stay where they are when trips say little


@dataclass(frozen=True)
class Trip:
    """From the end of one visit to the arrival at the next."""

    #: in a straight line
    metres: int
    seconds: int
    #: of departure, on the branch's clock
    hour: int
    unsure_ms: int = 0
    #: departed from somewhere else than the visit before
    is_elsewhere: bool = False


@dataclass(frozen=True)
class Band:
    """Trips of one distance, or of one time of day."""

    begin: float
    end: float
    trips: int
    #: thousandths: what they took beside what was estimated, the median; None: too few trips
    per_mille: int | None
    #: the same with the proposed numbers
    then_per_mille: int | None = None


@dataclass(frozen=True)
class Calibration:
    """What the trips say."""

    trips: int
    #: why others were not counted → how many
    left_out: dict[str, int]
    distances: list[Band]
    hours: list[Band]
    #: numbers that fit the trips; None: too few of them, or they fit already
    proposal: TravelModel | None
    #: hundredths by which half of the estimates are off at least, now and with the proposal
    off_percent: int | None
    then_off_percent: int | None

    def basis(self) -> dict[str, Any]:
        """As it is kept with numbers that were taken over."""
        return {
            "trips": self.trips, "left_out": self.left_out, "off_percent": self.off_percent,
            "then_off_percent": self.then_off_percent,
            "distances": [[band.begin, band.end, band.trips, band.per_mille] for band in self.distances],
            "hours": [[band.begin, band.end, band.trips, band.per_mille] for band in self.hours],
        }  # fmt: skip


def calibrate(trips: Iterable[Trip], model: TravelModel) -> Calibration:
    """Holds the trips against the model, and proposes numbers that fit them better."""
    left_out: Counter[str] = Counter()
    good: list[Trip] = []
    for trip in trips:
        why = _why_not(trip, model)
        left_out.update([why] if why else [])
        good.extend([] if why else [trip])
    proposal = _proposal(good, model)
    then = proposal or model
    return Calibration(
        len(good), dict(sorted(left_out.items())),
        [_band(begin, end, [one for one in good if begin * 1000 <= one.metres < end * 1000], model, then)
         for begin, end in DISTANCES],
        [_band(begin, end, [one for one in good if begin <= one.hour < end], model, then) for begin, end in HOURS],
        proposal, _off(good, model), _off(good, then) if proposal else None,
    )  # fmt: skip


def _why_not(trip: Trip, model: TravelModel) -> str:
    """Why a trip says nothing of the road; '' it does."""
    if trip.unsure_ms > MOST_UNSURE_MS:
        return CLOCK
    if trip.is_elsewhere:
        return ELSEWHERE
    if trip.metres < LEAST_METRES:
        return NEAR
    if not LEAST_SECONDS <= trip.seconds <= MOST_SECONDS:
        return TIME
    times = trip.seconds / estimate(trip.metres, model, hour=trip.hour)
    return ODD if not 1 / MOST_TIMES <= times <= MOST_TIMES else ""


def _band(begin: float, end: float, trips: Sequence[Trip], model: TravelModel, then: TravelModel) -> Band:
    if len(trips) < LEAST_TRIPS:
        return Band(begin, end, len(trips), None)
    return Band(begin, end, len(trips), _per_mille(trips, model), _per_mille(trips, then))


def _per_mille(trips: Sequence[Trip], model: TravelModel) -> int:
    return round(1000 * median(trip.seconds / estimate(trip.metres, model, hour=trip.hour) for trip in trips))


def _off(trips: Sequence[Trip], model: TravelModel) -> int | None:
    if len(trips) < LEAST_TRIPS:
        return None
    return round(100 * median(abs(estimate(one.metres, model, hour=one.hour) / one.seconds - 1) for one in trips))


def _proposal(trips: Sequence[Trip], model: TravelModel) -> TravelModel | None:
    points = [point for begin, end in DISTANCES
              if (point := _point([one for one in trips if begin * 1000 <= one.metres < end * 1000], model))]
    if not points:
        return None
    fitted = _with_hours(trips, _with_speeds(points, model))
    before, after = _off(trips, model), _off(trips, fitted)
    is_better = before is not None and after is not None and after < before
    return fitted if is_better and fitted != model else None


def _point(trips: Sequence[Trip], model: TravelModel) -> tuple[int, float, int] | None:
    """(metres, seconds a trip of them takes at an average hour, trips) of a band; None: too few."""
    if len(trips) < LEAST_TRIPS:
        return None
    metres = round(median(trip.metres for trip in trips))
    return metres, estimate(metres, model) * _per_mille(trips, model) / 1000, len(trips)


def _with_speeds(points: Sequence[tuple[int, float, int]], model: TravelModel) -> TravelModel:
    """The two speeds that fit the bands best; where these say little, what they are now."""
    total = sum(count for _metres, _seconds, count in points)

    def miss(slow: float, gain: float) -> float:
        tried = replace(model, speed_slow=slow, speed_gain=gain)
        fit = sum(count / total * log(estimate(metres, tried) / seconds) ** 2 for metres, seconds, count in points)
        held = (slow / model.speed_slow - 1) ** 2 + ((gain - model.speed_gain) / (model.speed_gain + 10)) ** 2
        return fit + _HOLD * held

    _least, slow, gain = min((miss(slow, gain), slow, gain) for slow in _SLOW for gain in _GAIN)
    return replace(model, speed_slow=slow, speed_gain=gain)


def _with_hours(trips: Sequence[Trip], model: TravelModel) -> TravelModel:
    """The factor of each hour of the bands with enough trips; the others stay."""
    factors = list(model.factor_per_mille)
    plain = replace(model, factor_per_mille=(1000,) * 24)
    for begin, end in HOURS:
        some = [trip for trip in trips if begin <= trip.hour < end]
        if len(some) >= LEAST_TRIPS:
            driven = median(_driven(trip, plain) for trip in some)
            factors[begin:end] = [min(2500, max(500, round(driven * 100) * 10))] * (end - begin)
    return replace(model, factor_per_mille=tuple(factors))


def _driven(trip: Trip, plain: TravelModel) -> float:
    """Driving beside the estimate of it: without the parking on both sides."""
    usual = estimate(trip.metres, plain) - plain.parking_seconds
    return max(1, trip.seconds - plain.parking_seconds) / max(1, usual)
