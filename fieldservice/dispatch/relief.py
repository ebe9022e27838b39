"""What helps when a day slips: the smallest change that brings late visits back into their windows, who takes over from
somebody who is away, and who is at an urgent job first. Pure: a day as the engines see it and the order of each
technician in, answers out. Seconds from the day's midnight throughout.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise

from fieldservice.routing.model import EMERGENCY, Day, Reason, Route, Technician, Visit
from fieldservice.routing.schedule import Broken, beginning, is_begun, walk

#: a minute is nobody's fault
TOLERANCE = 60
#: technicians looked at closely for one visit: those who pass nearest by
NEAREST = 8
#: single changes that are tried two together
TOGETHER = 6
#: nobody does more visits in a day: where somebody has more, no small change helps, and looking for one takes for ever
MOST_IN_A_DAY = 40
#: visits of somebody away for whom takers are looked for at once
MOST_TAKEN_OVER = 60
#: a change within this keeps the customer waiting as long as another one
SAME_LATENESS = 300

Orders = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Move:
    """One visit goes to somebody else, or begins at another time."""

    visit_id: str
    from_id: str | None
    to_id: str
    #: when it begins then
    start: int


@dataclass(frozen=True, slots=True)
class Change:
    """A few moves, and what they come to."""

    moves: tuple[Move, ...]
    late_before: int
    late_after: int
    #: promised windows that are missed
    missed_before: int
    missed_after: int
    #: seconds; negative: less is driven
    extra_travel: int
    #: seconds by which the day of whoever is helped ends further beyond the shift
    extra_overtime: int = 0
    #: ids of visits still late, with seconds
    still_late: Mapping[str, int] = field(default_factory=dict)
    #: of visits beside, who keep their technician: when they are to begin so that the order is the one meant
    settled: tuple[Move, ...] = ()

    @property
    def all_moves(self) -> tuple[Move, ...]:
        """Everything that is to be written down."""
        return self.moves + self.settled


@dataclass(frozen=True, slots=True)
class First:
    """Somebody who can go to an urgent job next: when there, and who would wait for it (seconds late)."""

    technician_id: str
    arrive: int
    travel_seconds: int
    displaced: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Board:
    """A day by its parts."""

    day: Day
    visits: Mapping[str, Visit]
    technicians: Mapping[str, Technician]

    @classmethod
    def of(cls, day: Day) -> "_Board":
        return cls(day, {one.id: one for one in day.visits}, {one.id: one for one in day.technicians})

    def route(self, technician_id: str, order: Sequence[str]) -> Route:
        """As it will be, late where it is late."""
        route = self.times(technician_id, order, lenient=True)
        assert isinstance(route, Route)
        return route

    def times(self, technician_id: str, order: Sequence[str], *, lenient: bool = False) -> Route | Broken:
        """As `schedule.times`, without looking through the whole day each time."""
        who = self.technicians[technician_id]
        visits = [self.visits[one] for one in order]
        begun = [one for one in visits if is_begun(self.day, who, one)]
        return walk(self.day, who, beginning(self.day, who, begun), visits[len(begun) :], lenient=lenient)

    def begun(self, technician_id: str, order: Sequence[str]) -> int:
        """How many of the order are begun and stay in front."""
        who = self.technicians[technician_id]
        return sum(is_begun(self.day, who, self.visits[one]) for one in order)

    def late(self, route: Route) -> dict[str, int]:
        return {stop.visit_id: stop.late_seconds for stop in route.stops if stop.late_seconds >= TOLERANCE}


def relieve(day: Day, orders: Orders, technician_id: str) -> Change | None:
    """The fewest moves, at most two, after which this technician's visits are on time, or as nearly as two can do.

    None: nothing is late, or nothing of the kind helps.
    """
    board = _Board.of(day)
    order = list(orders[technician_id])
    if len(order) > MOST_IN_A_DAY:
        return None
    route = board.route(technician_id, order)
    if not board.late(route):
        return None
    singles = sorted(_singles(board, orders, technician_id, route), key=_price)
    tried = singles[:1] + sorted(_pairs(board, orders, technician_id, singles), key=_price)[:1]
    for best in sorted(tried, key=_price):
        if best.late_after > best.late_before - TOLERANCE:
            return None
        others = tuple(settled(day, orders, best.moves))
        if all(move.start < board.technicians[move.to_id].shift_end for move in others):
            return replace(best, settled=others)
    return None


def after(day: Day, orders: Orders, moves: Sequence[Move]) -> dict[str, list[str]]:
    """The orders with these moves: each visit where it begins at its time."""
    moved = {move.visit_id: move for move in moves}
    ways = {who: [one for one in order if one not in moved] for who, order in orders.items()}
    board = _Board.of(day)
    for move in sorted(moves, key=lambda one: one.start):
        way = ways.setdefault(move.to_id, [])
        begun = board.begun(move.to_id, way)
        stops = board.route(move.to_id, way).stops
        # what begins at the same moment as seen without it begins behind it
        at = sum(board.visits[stop.visit_id].is_fixed or stop.start < move.start for stop in stops)
        way.insert(max(begun, at), move.visit_id)
    return ways


def settled(day: Day, orders: Orders, moves: Sequence[Move]) -> list[Move]:
    """When others must be planned to begin so that the orders stay those meant once the moves are written down.

    A day is read in the order of planned starts, else of windows; what comes behind may not begin before.
    """
    board, ways = _Board.of(day), after(day, orders, moves)
    given = {move.visit_id: move.start for move in moves}
    found = []
    for who in {move.to_id for move in moves}:
        last = -1
        for stop in board.route(who, ways[who]).stops:
            visit = board.visits[stop.visit_id]
            key = given.get(visit.id, _start_of(visit))
            if key < last and visit.id not in given and not visit.is_fixed:
                key = stop.start
                found.append(Move(visit.id, who, who, key))
            last = max(last, key)
    return found


def still_helps(day: Day, orders: Orders, moves: Sequence[Move]) -> bool:
    """Whether these moves can be made as the day stands now: who takes something may and is there, and nobody waits
    longer for it, unless it is an emergency.
    """
    board = _Board.of(day)
    if any(move.visit_id not in board.visits or move.to_id not in board.technicians for move in moves):
        return False
    for move in moves:
        if move.to_id != move.from_id and not _may(board.technicians[move.to_id], board.visits[move.visit_id]):
            return False
    ways = after(day, orders, moves)
    takers = {move.to_id for move in moves if board.visits[move.visit_id].priority != EMERGENCY}

    def late(who: str, found: Orders) -> int:
        return sum(board.late(board.route(who, found.get(who, ()))).values())

    return all(late(who, ways) <= late(who, orders) + TOLERANCE for who in takers)


def take_over(day: Day, orders: Orders, visit_ids: Sequence[str]) -> tuple[list[Move], list[str]]:
    """Who takes each of these, the most urgent first, nobody else made late; and those nobody can take."""
    board = _Board.of(day)
    ways = {who: list(order) for who, order in orders.items()}
    moves, left = [], []
    in_turn = sorted(visit_ids, key=lambda one: _urgency(board.visits[one]))
    for visit_id in in_turn[:MOST_TAKEN_OVER]:
        visit = board.visits[visit_id]
        best = min(_insertions(board, ways, visit, [*ways], visit.lead), default=None)
        if best is None:
            left.append(visit_id)
            continue
        _extra, who, position, start = best
        ways[who].insert(position, visit_id)
        moves.append(Move(visit_id, visit.lead, who, start))
    return moves, left + in_turn[MOST_TAKEN_OVER:]


def why_nobody(day: Day, orders: Orders, visit_id: str) -> Reason:
    """Why nobody of the others can take it on time: as the engines say it (`routing/reasons.py`)."""
    board = _Board.of(day)
    visit = board.visits[visit_id]
    there = [one for one in day.technicians if one.has_shift and one.id != visit.lead]
    if not there:
        return Reason("no_technicians")
    if visit.pinned is not None and visit.pinned not in board.technicians:
        return Reason("pinned_cannot", {"technician": visit.pinned})
    able = [one for one in there if _may(one, visit)]
    if not able:
        return Reason("no_skill", {"skills": sorted(visit.skills)})
    late, is_within = [], False
    has_room = [one for one in able if _has_room(orders.get(one.id, ()))]
    if not has_room:
        return Reason("full")
    for one in has_room:
        order = list(orders.get(one.id, ()))
        before = board.route(one.id, order).overtime_seconds
        for position in _positions(board, one.id, order, visit):
            route = board.route(one.id, [*order[:position], visit_id, *order[position:]])
            late.append((next(stop.late_seconds for stop in route.stops if stop.visit_id == visit_id), one.id))
            is_within = is_within or route.overtime_seconds <= before
    soonest = min(late, default=(0, ""))
    if not is_within:
        return Reason("after_shift")
    if soonest[0] >= TOLERANCE:
        return Reason("window", {"technician": soonest[1], "minutes": -(-soonest[0] // 60)})
    return Reason("full")


def first_there(day: Day, orders: Orders, visit_id: str, *, count: int = 3) -> list[First]:
    """Who can be there first, going next behind the work in progress, and what that would displace."""
    board = _Board.of(day)
    visit = board.visits[visit_id]
    found = []
    for technician in day.technicians:
        if not _may(technician, visit):
            continue
        order = list(orders.get(technician.id, ()))
        at = board.begun(technician.id, order)
        before = board.late(board.route(technician.id, order))
        route = board.route(technician.id, [*order[:at], visit_id, *order[at:]])
        stop = next(one for one in route.stops if one.visit_id == visit_id)
        if stop.end > technician.shift_end:
            continue
        late = board.late(route)
        displaced = {one: seconds for one, seconds in late.items() if one != visit_id and seconds > before.get(one, 0)}
        found.append(First(technician.id, stop.start, stop.travel_seconds, displaced))
    return sorted(found, key=lambda one: (one.arrive, len(one.displaced), one.technician_id))[:count]


def _singles(board: _Board, orders: Orders, technician_id: str, route: Route) -> Iterator[Change]:
    """Every way to help by moving one visit: within the own day, or to somebody who passes near by."""
    order = list(orders[technician_id])
    begun = board.begun(technician_id, order)
    late = board.late(route)
    for visit_id in order[begun:]:
        visit = board.visits[visit_id]
        rest = [one for one in order if one != visit_id]
        for position in range(begun, len(rest) + 1):
            way = [*rest[:position], visit_id, *rest[position:]]
            if way != order and (found := _within(board, technician_id, route, way, visit_id)):
                yield found
        others = [who for who in orders if who != technician_id]
        is_before_a_late_one = order.index(visit_id) <= max((order.index(one) for one in late), default=-1)
        if visit.pinned is None and is_before_a_late_one:
            for extra, who, _position, start in _insertions(board, orders, visit, others, technician_id):
                yield _given(board, technician_id, route, rest, Move(visit_id, technician_id, who, start), extra)


def _pairs(board: _Board, orders: Orders, technician_id: str, singles: Sequence[Change]) -> Iterator[Change]:
    """Two visits given away, to whom each alone would go."""
    order, before = orders[technician_id], board.route(technician_id, orders[technician_id])
    gives = [one for one in singles if one.moves[0].to_id != technician_id]
    best = {one.moves[0].visit_id: one for one in reversed(gives)}
    for first, second in combinations(sorted(best.values(), key=_price)[:TOGETHER], 2):
        one, other = first.moves[0], second.moves[0]
        rest = [visit for visit in order if visit not in (one.visit_id, other.visit_id)]
        if one.to_id == other.to_id:
            ways = dict(orders) | {one.to_id: _with(board, orders[one.to_id], one)}
            found = min(_insertions(board, ways, board.visits[other.visit_id], [other.to_id], technician_id),
                        default=None)  # fmt: skip
            if found is None:
                continue
            other = Move(other.visit_id, technician_id, other.to_id, found[3])
        route = board.route(technician_id, rest)
        extra = (first.extra_travel + second.extra_travel
                 - _saved(board, technician_id, order, one.visit_id) - _saved(board, technician_id, order, other.visit_id)
                 + route.travel_seconds - before.travel_seconds)  # fmt: skip
        yield _change(board, (one, other), before, route, extra)


def _saved(board: _Board, technician_id: str, order: Sequence[str], visit_id: str) -> int:
    """What leaving one out changes in travel, negative: less."""
    rest = [one for one in order if one != visit_id]
    return board.route(technician_id, rest).travel_seconds - board.route(technician_id, order).travel_seconds


def _within(board: _Board, technician_id: str, before: Route, order: Sequence[str], visit_id: str) -> Change | None:
    """None: it would begin after working hours there, or end further beyond them than it would have."""
    route = board.route(technician_id, order)
    stop = next(one for one in route.stops if one.visit_id == visit_id)
    shift_end = board.technicians[technician_id].shift_end
    ended = next(one.end for one in before.stops if one.visit_id == visit_id)
    if stop.start >= shift_end or stop.end > max(shift_end, ended):
        return None
    move = Move(visit_id, technician_id, technician_id, stop.start)
    return _change(board, (move,), before, route, route.travel_seconds - before.travel_seconds)


def _given(board: _Board, technician_id: str, before: Route, rest: Sequence[str], move: Move, extra: int) -> Change:
    route = board.route(technician_id, rest)
    return _change(board, (move,), before, route, extra + route.travel_seconds - before.travel_seconds)


def _change(board: _Board, moves: tuple[Move, ...], before: Route, after: Route, extra_travel: int) -> Change:
    was, now = board.late(before), board.late(after)

    def missed(late: Iterable[str]) -> int:
        return sum(board.visits[one].promised for one in late)

    overtime = after.overtime_seconds - before.overtime_seconds
    return Change(moves, sum(was.values()), sum(now.values()), missed(was), missed(now), extra_travel,
                  max(0, overtime), now)  # fmt: skip


def _price(change: Change) -> tuple[int, int, int, int, tuple[str, ...]]:
    """First that nobody waits, then few changes, then little travel."""
    return (change.missed_after, -(-change.late_after // SAME_LATENESS), len(change.moves),
            change.extra_travel + change.extra_overtime,
            tuple(move.visit_id + move.to_id for move in change.moves))  # fmt: skip


def _insertions(
    board: _Board, orders: Orders, visit: Visit, among: Iterable[str], not_to: str | None
) -> Iterator[tuple[int, str, int, int]]:
    """(extra travel, who, position, start): where somebody who passes near by takes it on time and makes nobody late."""
    near = sorted((_detour(board, who, orders[who], visit), who) for who in among
                  if who != not_to and _has_room(orders[who]) and _may(board.technicians[who], visit))  # fmt: skip
    found = 0
    for _detour_seconds, who in near:
        if found >= NEAREST:
            return
        order = list(orders[who])
        before = board.route(who, order)
        for position in _positions(board, who, order, visit):
            placed = _fits(board, who, order, position, visit, before)
            if placed is not None:
                found += 1
                yield placed[0], who, position, placed[1]


def _has_room(order: Sequence[str]) -> bool:
    return len(order) < MOST_IN_A_DAY


def _fits(
    board: _Board, who: str, order: Sequence[str], position: int, visit: Visit, before: Route
) -> tuple[int, int] | None:
    """Extra travel and start; None: it comes too late there, makes others late, or makes the day too long."""
    with_it = [*order[:position], visit.id, *order[position:]]
    is_late_already = any(stop.late_seconds for stop in before.stops)
    route = board.times(who, with_it, lenient=is_late_already)
    if isinstance(route, Broken) or route.overtime_seconds > before.overtime_seconds:
        return None
    stop = next(one for one in route.stops if one.visit_id == visit.id)
    late = sum(one.late_seconds for one in before.stops)
    if stop.late_seconds or sum(one.late_seconds for one in route.stops) > late or _is_overloaded(board, who, with_it):
        return None
    if before.lunch_at is not None and route.lunch_at is None:
        return None
    return route.travel_seconds - before.travel_seconds, stop.start


def _is_overloaded(board: _Board, who: str, order: Sequence[str]) -> bool:
    capacity = board.technicians[who].capacity
    return capacity is not None and sum(board.visits[one].load for one in order) > capacity


def _positions(board: _Board, who: str, order: Sequence[str], visit: Visit) -> list[int]:
    """Where in an order its time is: before the first that begins later, and one beside."""
    begun = board.begun(who, order)
    if not visit.windows:
        return list(range(begun, len(order) + 1))
    starts = [stop.start for stop in board.route(who, order).stops]
    first, last = visit.windows[0][0], visit.windows[-1][1]
    low = sum(start < first for start in starts)
    high = sum(start <= last for start in starts)
    return list(range(max(begun, low - 1), max(begun, min(high, low + 3)) + 1))


def _detour(board: _Board, who: str, order: Sequence[str], visit: Visit) -> int:
    technician, travel, place = board.technicians[who], board.day.travel, visit.place
    begun = board.begun(who, order)
    here = technician.at if technician.at is not None else technician.start
    stops = [here, *(board.visits[one].place for one in order[begun:]), technician.end]
    best = None
    for one, other in pairwise(stops):
        way = 0 if one is None else int(travel[one, place])
        on = 0 if other is None else int(travel[place, other])
        straight = 0 if one is None or other is None else int(travel[one, other])
        best = way + on - straight if best is None else min(best, way + on - straight)
    return best or 0


def _may(technician: Technician, visit: Visit) -> bool:
    return technician.has_shift and visit.skills <= technician.skills and visit.pinned in (None, technician.id)


def _with(board: _Board, order: Sequence[str], move: Move) -> list[str]:
    """An order with one more visit at its time."""
    at = sum(_start_of(board.visits[one]) <= move.start for one in order)
    return [*order[:at], move.visit_id, *order[at:]]


def _start_of(visit: Visit) -> int:
    return visit.start if visit.start is not None else visit.windows[0][0] if visit.windows else 1 << 30


def _urgency(visit: Visit) -> tuple[int, bool, int, str]:
    return (visit.priority, not visit.promised, visit.windows[0][0] if visit.windows else 1 << 30, visit.id)
