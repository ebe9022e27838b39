"""Asks the road service what is not known yet: in blocks as large as it allows, the near ones first, within its quota.

What it answers is looked at number by number: a way that cannot be is not taken, an answer of which much cannot be is not
taken at all, and then the estimate stands, with a word at the desk (`services.standing`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any

from flask import current_app

from fieldservice.core import json, outbound
from fieldservice.core.coords import Point
from fieldservice.core.db import db
from fieldservice.routing import road_cells, services, travel
from fieldservice.routing.models import RoadRow
from fieldservice.routing.providers import PROVIDERS
from fieldservice.routing.providers.base import Declined, NotUnderstood, Question, RoadProvider, Told
from fieldservice.routing.roads import known
from fieldservice.routing.travel import Place

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: a round of asking may take this long; what is left waits for the next one
ROUND_SECONDS = 20.0
#: of one request
ANSWER_SECONDS = 8.0
MOST_BYTES = 8 << 20
#: a day on the road; what takes longer is no way to a customer
MOST_SECONDS = 24 * 3600
MOST_METRES = 5_000_000
#: faster than this in a straight line cannot be, metres a second
FASTEST = 60
#: of an answer, so many hundredths may be impossible before none of it is believed
MOST_ODD_PERCENT = 10
#: when so many answers at the beginning are not understood, no further one is asked for
FIRST_BAD = 3


class Failed(Exception):
    """No answer that can be used: a code with words (`services.Standing`), and what was said."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass
class _Round:
    """How asking went so far."""

    asked: int = 0
    #: blocks that were answered
    good: int = 0
    #: blocks whose answer was not understood
    bad: list[_Block] = field(default_factory=list)
    last: Failed | None = None


@dataclass(frozen=True)
class _Block:
    sources: tuple[int, ...]
    targets: tuple[int, ...]


def learn(places: Sequence[Place], at: datetime) -> int:
    """Asks for the ways between these places that are not known; how many requests were made. Commits as it goes."""
    code = str(current_app.config["ROADS"])
    distinct = list({road_cells.key_of(place): place for place in places}.values())
    if not code or len(distinct) < 2:
        return 0
    wanted = _wanted(code, distinct, at)
    db.session.rollback()
    if not wanted.any():
        return 0
    left = services.take(code, at, current_app.config["ROADS_PER_HOUR"])
    if not left:
        return 0
    round_ = _Round()
    trouble, detail = "", ""
    try:
        _ask_all(_provider(code), distinct, wanted, at, left, round_)
    except Failed as error:
        trouble, detail = error.code, str(error)
    finally:
        db.session.rollback()
        services.give_back(code, at, asked=round_.asked, trouble=trouble, detail=detail)
    return round_.asked


def _wanted(code: str, places: Sequence[Place], at: datetime) -> NDArray[np.bool_]:
    seconds, _metres = known(code, road_cells.keys_of(places), at)
    return (seconds == -2) & (travel.metres_matrix(places) >= travel.SAME_PLACE_METRES)


def _provider(code: str) -> RoadProvider:
    config = current_app.config
    kind = PROVIDERS[code]
    if kind.needs_key and not config["ROADS_KEY"]:
        raise Failed("unset", "ROADS_KEY")
    if not (config["ROADS_URL"] or kind.usual_url):
        raise Failed("unset", "ROADS_URL")
    return kind(config["ROADS_URL"], config["ROADS_KEY"])


def _ask_all(
    provider: RoadProvider, places: Sequence[Place], wanted: NDArray[np.bool_], at: datetime, most: int, round_: _Round
) -> None:
    """Block by block. A block that alone is not understood (a place no road leads to) is left for a day; when the first
    ones all are not, the service is. Raises Failed.
    """
    end = time.monotonic() + ROUND_SECONDS
    for block in _blocks(provider, places, wanted):
        if round_.asked >= most or time.monotonic() > end:
            break
        sources, targets = ([Point(*places[index]) for index in indices] for indices in (block.sources, block.targets))
        round_.asked += 1
        try:
            told = _asked(provider, provider.ask_for(sources, targets), len(sources), len(targets))
            _keep(provider.code, places, block, told, at)
            round_.good += 1
        except Failed as error:
            round_.bad.append(block)
            if error.code != "answer" or (not round_.good and len(round_.bad) >= FIRST_BAD):
                raise
            round_.last = error
    if round_.last is not None and not round_.good:
        raise round_.last
    a_day_left = at - timedelta(days=current_app.config["ROADS_KEEP_DAYS"] - 1)
    for block in round_.bad:
        nothing = [[None] * len(block.targets) for _ in block.sources]
        _keep(provider.code, places, block, Told(nothing, nothing), a_day_left)


def _blocks(provider: RoadProvider, places: Sequence[Place], wanted: NDArray[np.bool_]) -> list[_Block]:
    """Blocks with something to ask for, the near ones first; neighbours stand together in them."""
    import numpy as np

    order = _along(places)
    spots = np.array(places)
    found: list[tuple[float, _Block]] = []
    for sources in _cut(order, provider.most_sources):
        for targets in _cut(order, provider.most_targets):
            part = wanted[np.ix_(sources, targets)]
            if part.any():
                apart = spots[list(sources)].mean(axis=0) - spots[list(targets)].mean(axis=0)
                block = _Block(tuple(source for source, row in zip(sources, part, strict=True) if row.any()),
                               tuple(target for target, row in zip(targets, part.T, strict=True) if row.any()))
                found.append((float(np.hypot(*apart)), block))
    return [block for _apart, block in sorted(found, key=lambda pair: (pair[0], pair[1].sources, pair[1].targets))]


def _along(places: Sequence[Place]) -> list[int]:
    """The places in strips of about 3 km, to and fro, so that neighbours stay together."""
    def spot(index: int) -> tuple[int, float]:
        lat, lng = places[index]
        strip = int(lat * 33)
        return strip, lng if strip % 2 else -lng

    return sorted(range(len(places)), key=spot)


def _cut(order: list[int], most: int) -> list[tuple[int, ...]]:
    return [tuple(order[begin : begin + most]) for begin in range(0, len(order), most)]


def _asked(provider: RoadProvider, question: Question, sources: int, targets: int) -> Told:
    """Sends one request and reads the answer. Raises Failed."""
    try:
        status, said = outbound.ask(
            question.address, question.body, {"User-Agent": "fieldservice", **question.headers},
            allow_private=current_app.config["OUTBOUND_PRIVATE"], most_bytes=MOST_BYTES,
            method="GET" if question.body is None else "POST", seconds=ANSWER_SECONDS)  # fmt: skip
    except outbound.Refused as error:
        raise Failed("address", str(error)) from error
    except outbound.Failed as error:
        raise Failed("away", str(error)) from error
    if status in (401, 403):
        raise Failed("key", f"status {status}")
    if status == 429:
        raise Failed("quota", "status 429")
    if status != 200:
        raise Failed("answer", f"status {status}")
    try:
        return provider.read(json.loads(said), sources, targets)
    except Declined as error:
        raise Failed(error.code, str(error)) from error
    except NotUnderstood as error:
        raise Failed("answer", str(error)) from error
    except json.BadJson as error:
        raise Failed("answer", "no JSON") from error


def _keep(code: str, places: Sequence[Place], block: _Block, told: Told, at: datetime) -> None:
    """Writes an answer down; commits. Raises Failed when too much of it cannot be."""
    import numpy as np

    keys = road_cells.keys_of(places)
    targets = keys[list(block.targets)]
    odd = 0
    rows: list[tuple[int, list[int], list[int]]] = []
    for source, told_seconds, told_metres in zip(block.sources, told.seconds, told.metres, strict=True):
        seconds, metres = [], []
        for target, second, metre in zip(block.targets, told_seconds, told_metres, strict=True):
            straight = travel.metres_between(places[source], places[target])
            checked = checked_way(second, metre, straight)
            odd += checked is None
            seconds.append(road_cells.NO_WAY if checked is None else checked[0])
            metres.append(road_cells.NO_WAY if checked is None else checked[1])
        rows.append((int(keys[source]), seconds, metres))
    count = len(block.sources) * len(block.targets)
    if odd * 100 > MOST_ODD_PERCENT * count:
        raise Failed("answer", f"{odd} of {count} values cannot be")
    minute = int(at.timestamp()) // 60
    for origin, seconds, metres in rows:
        row = db.session.get(RoadRow, (code, origin), with_for_update=True)
        if row is None:
            row = RoadRow(provider=code, origin=origin, cells=b"", at=at)
            db.session.add(row)
        row.cells = road_cells.pack(row.cells, targets, np.array(seconds, np.int32), np.array(metres, np.int32), minute)
        row.at = at
    db.session.commit()


def checked_way(seconds: Any, metres: Any, straight: int) -> tuple[int, int] | None:
    """Whole seconds and metres when they can be; (−1, −1) where the service knows no way; None: they cannot be."""
    if seconds is None:
        return road_cells.NO_WAY, road_cells.NO_WAY
    if not _is_number(seconds) or not 0 <= seconds <= MOST_SECONDS:
        return None
    if straight > 1000 and straight > FASTEST * seconds:
        return None
    if metres is None:
        return round(seconds), round(straight * 1.3)
    if not _is_number(metres) or not 0 <= metres <= MOST_METRES or metres * 2 + 1000 < straight:
        return None
    return round(seconds), round(metres)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
