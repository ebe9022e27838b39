"""Days to plan: a flooring company's day around a city, from a seed; small ones of any shape for properties.

A day of the bench has customers in some quarters and some far out, more work than people at will, technicians with two
to four of six skills and lunch at noon, windows of half a day or two hours, and a tenth of the visits with somebody the
customer asked for.
"""

from __future__ import annotations

import math
import random
from dataclasses import replace

from fieldservice.routing import travel
from fieldservice.routing.model import Day, Lunch, Technician, Visit

HOUR = 3600
CENTRE = (30.26, 120.17)
SKILLS = ("hardwood", "laminate", "vinyl", "carpet", "tile", "repair")
VALUES = {1: 100, 2: 30, 3: 10}
#: minutes a kind of visit takes, and how often it is
KINDS = (((30, 30, 40), 55), ((45, 60, 75), 22), ((75, 90, 105), 16), ((120, 150, 180), 7))
SHIFTS = (((8.0, 17.0), 60), ((9.0, 18.0), 32), ((8.0, 12.5), 8))


def seconds(hours: float) -> int:
    """13.5 → 48600."""
    return int(hours * HOUR)


def field_day(technicians: int, visits: int, seed: int) -> Day:
    """A day of the bench; the same for the same three numbers."""
    chance = random.Random(seed)
    town = Town(chance, technicians)
    places = [town.place(6, 0.5) for _ in range(technicians)] + [town.place(3.5, 0.7) for _ in range(visits)]
    people = tuple(_technician(chance, number) for number in range(technicians))
    work = [_visit(chance, number, technicians + number, people) for number in range(visits)]
    ways = travel.matrix(places)
    return Day(people, tuple(_asked_for(chance, people, work, ways)), ways)


class Town:
    """Where people live: some quarters, and anywhere."""

    def __init__(self, chance: random.Random, technicians: int) -> None:
        self.chance = chance
        self.half_km = 22 * math.sqrt(technicians / 40)
        near = self.half_km * 0.7
        self.quarters = [
            (chance.uniform(-near, near), chance.uniform(-near, near))
            for _ in range(max(6, technicians // 5))
        ]

    def place(self, spread_km: float, share_in_quarters: float) -> travel.Place:
        """A place, so probably in a quarter."""
        chance = self.chance
        if chance.random() < share_in_quarters:
            east, north = chance.choice(self.quarters)
            east, north = chance.gauss(east, spread_km), chance.gauss(north, spread_km)
        else:
            east, north = (chance.uniform(-self.half_km, self.half_km) for _ in range(2))
        per_degree = 111.2
        lat = CENTRE[0] + north / per_degree
        return round(lat, 6), round(CENTRE[1] + east / (per_degree * math.cos(math.radians(CENTRE[0]))), 6)


def _one_of(chance: random.Random, shares: tuple) -> tuple:
    return chance.choices([one for one, _ in shares], [share for _, share in shares])[0]


def _technician(chance: random.Random, number: int) -> Technician:
    begins, ends = _one_of(chance, SHIFTS)
    known = chance.sample(SKILLS, chance.choices([2, 3, 4], [40, 40, 20])[0])
    lunch = Lunch(seconds(11.5), seconds(13.5), 45 * 60) if ends > 15 else None
    return Technician(f"t{number}", frozenset(known), seconds(begins), seconds(ends), number, number, lunch)


def _visit(chance: random.Random, number: int, place: int, people: tuple[Technician, ...]) -> Visit:
    minutes = chance.choice(_one_of(chance, KINDS))
    skills = frozenset(chance.sample(SKILLS, 1 if chance.random() < 0.85 else 2))
    if not any(skills <= one.skills for one in people):
        skills = frozenset(sorted(skills)[:1])
    priority = chance.choices([1, 2, 3], [10, 30, 60])[0]
    return Visit(f"v{number}", place, minutes * 60, _windows(chance), skills, VALUES[priority], priority)


def _windows(chance: random.Random) -> tuple[tuple[int, int], ...]:
    kind = chance.random()
    if kind < 0.25:
        return ((seconds(8), seconds(17)),)
    if kind < 0.65:
        return (chance.choice([(seconds(8), seconds(12)), (seconds(13), seconds(16.5))]),)
    if kind < 0.93:
        begins = chance.choice([8, 9, 10, 11, 13, 14, 15])
        return ((seconds(begins), seconds(begins + 2)),)
    return (seconds(8), seconds(10)), (seconds(15), seconds(17))


def _asked_for(
    chance: random.Random, people: tuple[Technician, ...], work: list[Visit], ways: travel.NDArray
) -> list[Visit]:
    """A tenth of the customers ask for somebody: the nearest who can, at most one a morning and one an afternoon."""
    taken = set()
    for number in chance.sample(range(len(work)), len(work) // 10):
        visit = work[number]
        first, last = visit.windows[0]
        half = first < 12 * HOUR
        able = [
            one
            for one in people
            if visit.skills <= one.skills
            and one.lunch
            and last - first >= 2 * HOUR
            and (one.id, half) not in taken
        ]
        if able:
            nearest = min(able, key=lambda one: ways[one.start, visit.place])
            work[number] = replace(visit, pinned=nearest.id)
            taken.add((nearest.id, half))
    return work


def any_day(seed: int) -> Day:
    """A small day of any shape: soft windows, loads, open ends, people who are busy, leads, things held fast."""
    chance = random.Random(seed)
    people_number, visits_number = chance.randint(1, 5), chance.randint(1, 14)
    spots = [
        (30 + chance.uniform(0, 0.25), 120 + chance.uniform(0, 0.25))
        for _ in range(people_number + visits_number)
    ]
    now = chance.choice([0, 0, 0, 9 * HOUR, 13 * HOUR])
    people = tuple(_anybody(chance, number, now, len(spots)) for number in range(people_number))
    work = tuple(_anything(chance, number, people_number + number, people) for number in range(visits_number))
    return Day(people, work, travel.matrix(spots), now)


def _anybody(chance: random.Random, number: int, now: int, spots: int) -> Technician:
    begins = chance.choice([7, 8, 9, 13])
    ends = begins + chance.choice([0, 3, 5, 9, 9, 9, 10])
    lunch = Lunch(
        seconds(11.5), chance.choice([seconds(12), seconds(13.5)]), chance.choice([30, 45, 60]) * 60
    )
    is_busy = chance.random() < 0.2
    return Technician(
        f"t{number}",
        frozenset(chance.sample(SKILLS, chance.choice([1, 2, 4, 6]))),
        begins * HOUR,
        ends * HOUR,
        None if chance.random() < 0.1 else number,
        None if chance.random() < 0.3 else number,
        lunch if chance.random() < 0.7 else None,
        chance.choice([None, None, 40, 90]),
        max(now, begins * HOUR) + chance.randint(0, 7200) if is_busy else None,
        chance.randrange(spots) if is_busy and chance.random() < 0.5 else None,
    )


def _anything(chance: random.Random, number: int, place: int, people: tuple[Technician, ...]) -> Visit:
    windows: tuple[tuple[int, int], ...] = ()
    for begins in sorted(chance.sample(range(7, 20, 3), chance.choice([0, 0, 1, 1, 1, 2, 3]))):
        windows += ((begins * HOUR, begins * HOUR + chance.choice([0, 1800, 3600, 7200, 9000])),)
    lead = chance.choice([*(one.id for one in people), "gone"]) if chance.random() < 0.4 else None
    start = chance.randrange(8 * HOUR, 18 * HOUR, 900) if lead and chance.random() < 0.9 else None
    return Visit(
        f"v{number}",
        place,
        chance.choice([0, 600, 1800, 3600, 3600, 7200, 14400]),
        windows,
        frozenset(chance.sample(SKILLS, chance.choice([0, 1, 1, 2]))),
        chance.choice([10, 10, 30, 100]),
        chance.choice([1, 2, 3]),
        chance.choice([*(one.id for one in people), "nobody"]) if chance.random() < 0.15 else None,
        chance.random() < 0.2,
        chance.choice([0, 0, 10, 40]),
        lead,
        start,
        bool(start) and chance.random() < 0.15,
        windows[-1][1] + 3600 if windows and chance.random() < 0.3 else None,
    )
