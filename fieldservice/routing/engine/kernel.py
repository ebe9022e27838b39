"""The search: parts of routes are torn out and put back better, thousands of times a second.

Ruin and recreate: strings of neighbouring stops are taken out of routes near each other, and put back where each costs
least, now and then looking away from the best place; what comes out is taken when it is better or, early on, not much
worse. The functions here are plain Python over tables of whole numbers, and say the same over lists as they are and
over arrays when compiled (`compiled.py`): no floating point, no random numbers but their own. They work in the tables
they are given and make none: compiled, nobody counts who holds what.

A route is tried in one step, however long it is: behind each stop is kept when one is free at the earliest (`free0`
before lunch, `free1` after it), and for each stop when one must be there at the latest (`last0`, `last1`) for all the
rest to hold. Being earlier never hurts, so these say everything.
"""

from __future__ import annotations

from typing import Any, NamedTuple

#: later than any day; also: cannot be
NEVER = 1 << 40
#: more than any plan costs
DEAR = 1 << 50
#: more than a route has positions
POSITIONS = 1 << 12
#: how many of those left out are tried again in a round
POOL = 64
#: more left out than so many are tried again only around what is torn: where nearer than this neighbour of it stands
FEW_LEFT = 12
AROUND = 50
#: one round in so many tries any of them, wherever they are
ANYWHERE = 8
#: one round in so many tears around one that is left out
AT_LEFT = 8
#: strings are at most so long, and so many visits are taken out in the mean
LONGEST = 10
MEAN = 10
#: one way to put back in so many is not looked at
BLINK = 127
#: one that more can have is offered to those alone who have one of its next neighbours; one round in so many to all
MANY = 24
NEXT = 20
WIDE = 16
#: one that is torn out and was planned may begin much earlier (at a price) once in so often
EARLY = 24

# places in `State.numbers`
(
    RANDOM, COST, BEST, BEFORE, VERSION, LEFT, CHANGED, ROUND, ACCEPTED, LOST, LOST_BEFORE, MOVED, UNSEEN, OFFERED,
) = range(14)  # fmt: skip

# Rows of the tables. A visit: windows are `spans[span_from:span_to]`, who can go there `able[able_from:able_to]`;
# later than `due` costs `late_price` a second, being left out `worth`. Not `is_free`: stays where it is in this plan;
# `is_fast`: nobody may ever move it. `least`: its work with the shortest ways to it and from it. Its windows are one of
# two choices (`span_of`): not much earlier than planned, `kept_from:kept_to`, or as they are, `any_from:any_to`.
VISIT = (
    "seconds", "load", "span_from", "span_to", "able_from", "able_to", "is_free", "worth",
    "due", "late_price", "lead", "lead_price", "planned", "planned_price", "is_fast",
    "least", "kept_from", "kept_to", "any_from", "any_to",
)  # fmt: skip
SPAN = ("opens", "closes")
PERSON = (
    "begins", "ends", "shift_end", "lunch_from", "lunch_until", "lunch_seconds", "capacity", "share",
)  # fmt: skip
# A stop holds what is known before it; behind the last stop stands one more, for the way home.
# `way` leads to it. What is read to try a place stands together.
STOP = ("visit", "way", "free0", "free1", "last0", "last1", "first0", "price0", "first1", "price1")
# `other`: what of `cost` is neither travel nor another technician; `room`: longer than this nothing can be put in;
# `moved`: how many of its visits are somebody else's who is there; `offered`: the last visit it was offered.
ROUTE = (
    "length", "load", "travel", "work", "cost", "other", "changed_in", "old_length", "old_version",
    "best_length", "room", "moved", "offered",
)  # fmt: skip
# `is_early`: its windows hold as they are, however much earlier than planned it begins; `was_early` before this round.
PLACE = ("route", "is_out", "is_early", "was_early", "best_early")
# The best way to put a visit into the route of somebody who can go there, as of a version of that route.
PAIR = ("version", "best")


class Tables(NamedTuple):
    """A day. Nodes of `ways`: the visits, where people begin, where they end. Costs: thousandths of a second of travel.

    Rows and numbers stand in lists or arrays, two dimensions laid flat.
    """

    number: int
    people_number: int
    #: places of a route, more than it can have stops
    width: int
    nodes: int
    near_number: int
    travel_weight: int
    overtime_weight: int
    waiting_weight: int
    fairness_weight: int
    planned_slack: int
    #: so many visits may go to another technician at `lead_price`, each one more costs `more_price` beside it
    few_moved: int
    more_price: int
    #: 1: nothing but travel and who goes has a price
    is_plain: int
    ways: Any
    #: the same by where they lead: all ways to a node stand together
    ways_to: Any
    visits: Any
    spans: Any
    people: Any
    able: Any
    #: place of a visit and a person in `able`, plus one; 0: cannot go there
    can: Any
    near: Any
    #: 1024 times minus the logarithm of (k + ½) / 1024
    logarithm: Any


class State(NamedTuple):
    """A plan being worked on, and the best one met."""

    numbers: Any
    stops: Any
    routes: Any
    #: each change of a route gives it another
    versions: Any
    places: Any
    pairs: Any
    #: those left out
    left: Any
    old_left: Any
    #: routes changed in this round, and how they were
    changed: Any
    old_route: Any
    #: those to be put back, in the order of their keys
    chosen: Any
    key: Any
    best_route: Any


def draw(numbers: Any, below: int) -> int:
    """A number from 0 to before `below`."""
    x = numbers[RANDOM]
    x ^= (x << 13) & 0xFFFFFFFF
    x ^= x >> 17
    x ^= (x << 5) & 0xFFFFFFFF
    numbers[RANDOM] = x
    return ((x >> 3) * below) >> 29


def span_of(t: Tables, s: State, v: int, is_early: int) -> None:
    """Lets the windows of visit v hold as they are, or not much earlier than it was planned."""
    visit = t.visits[v]
    s.places[v].is_early = is_early
    if is_early == 1:
        visit.span_from, visit.span_to = visit.any_from, visit.any_to
    else:
        visit.span_from, visit.span_to = visit.kept_from, visit.kept_to


def begin_at(spans: Any, visit: Any, at: int) -> int:
    """When work begins for somebody who is there at `at`."""
    for k in range(visit.span_from, visit.span_to):
        if at <= spans[k].closes:
            return max(at, spans[k].opens)
    return NEVER


def last_at(spans: Any, visit: Any, by: int) -> int:
    """When one must be there at the latest to be done by `by`; -1: cannot be."""
    k = visit.span_to - 1
    while k >= visit.span_from:
        last = min(spans[k].closes, by - visit.seconds)
        if last >= spans[k].opens:
            return last
        k -= 1
    return -1


def soft_price(visit: Any, start: int, slack: int) -> int:
    """What it costs to begin then: late, or not when it was planned."""
    price = 0
    if start > visit.due:
        price += (start - visit.due) * visit.late_price
    if visit.planned >= 0 and abs(start - visit.planned) > slack:
        price += visit.planned_price
    return price


def fits_between(
    spans: Any, person: Any, visit: Any, free0: int, free1: int, last0: int, last1: int, way: int, onward: int
) -> bool:
    """Whether a visit can be made from here with all that follows; a fixed number of steps."""
    if free1 < NEVER:
        start = begin_at(spans, visit, free1 + way)
        if start + visit.seconds + onward <= last1:
            return True
    if free0 >= NEVER:
        return False
    start = begin_at(spans, visit, free0 + way)
    if start < NEVER:
        free = start + visit.seconds
        if free + onward <= last0:
            return True
        if max(free, person.lunch_from) <= person.lunch_until:
            there = max(free + onward, person.lunch_from) + person.lunch_seconds
            if there <= last1:
                return True
    if max(free0, person.lunch_from) <= person.lunch_until:
        start = begin_at(spans, visit, max(free0 + way, person.lunch_from) + person.lunch_seconds)
        return start + visit.seconds + onward <= last1
    return False


def step(
    spans: Any, person: Any, visit: Any, slack: int, way: int, is_first: bool,
    free0: int, first0: int, price0: int, free1: int, first1: int, price1: int,
) -> tuple[int, int, int, int, int, int]:  # fmt: skip
    """From being free (before lunch, after it) to being free behind a visit."""
    out0, out1 = NEVER, NEVER
    begun0, begun1, cost0, cost1 = 0, 0, 0, 0
    if free0 < NEVER:
        start = begin_at(spans, visit, free0 + way)
        if start < NEVER:
            out0 = start + visit.seconds
            begun0 = start if is_first else first0
            cost0 = price0 + soft_price(visit, start, slack)
        if max(free0, person.lunch_from) <= person.lunch_until:
            start = begin_at(spans, visit, max(free0 + way, person.lunch_from) + person.lunch_seconds)
            if start < NEVER:
                out1 = start + visit.seconds
                begun1 = start if is_first else first0 + person.lunch_seconds
                cost1 = price0 + soft_price(visit, start, slack)
    if free1 < NEVER:
        start = begin_at(spans, visit, free1 + way)
        if start < NEVER and start + visit.seconds <= out1:
            cost = price1 + soft_price(visit, start, slack)
            if start + visit.seconds < out1 or cost <= cost1:
                out1 = start + visit.seconds
                begun1 = start if is_first else first1
                cost1 = cost
    return out0, begun0, cost0, out1, begun1, cost1


def home(
    person: Any, way: int, free0: int, first0: int, price0: int, free1: int, first1: int, price1: int
) -> tuple[int, int, int]:
    """When the day is over, the first start as `step` counts it, and the price so far."""
    over, first, price = NEVER, 0, 0
    if free0 < NEVER:
        there = free0 + way
        if there < person.lunch_from:
            over, first, price = there, first0, price0
        elif max(free0, person.lunch_from) <= person.lunch_until:
            over, first, price = there + person.lunch_seconds, first0 + person.lunch_seconds, price0
    if free1 < NEVER and (free1 + way < over or (free1 + way == over and price1 < price)):
        over, first, price = free1 + way, first1, price1
    return over, first, price


def unfair(person: Any, load: int, weight: int) -> int:
    """The price of so much more or less than one's share; half an hour costs half an hour."""
    off = (load - person.share) // 60
    return off * off * 2 * weight


def other_cost(
    t: Tables, person: Any, over: int, first: int, price: int, travel: int, first_way: int, work: int
) -> int:
    """What a route costs beside travel and who goes."""
    cost = price
    if over > person.shift_end:
        cost += (over - person.shift_end) * t.overtime_weight
    waits = over - first - (travel - first_way) - work
    if waits > 0:
        cost += waits * t.waiting_weight
    if t.fairness_weight > 0:
        cost += unfair(person, travel + work, t.fairness_weight)
    return cost


def refresh(t: Tables, s: State, r: int) -> bool:
    """Reckons a route anew after a change; False: it cannot be kept like this."""
    route, person, base = s.routes[r], t.people[r], r * t.width
    forward(t, s, r)
    s.numbers[VERSION] += 1
    s.versions[r] = s.numbers[VERSION]
    s.numbers[COST] -= route.cost
    route.cost = 0
    route.other = unfair(person, 0, t.fairness_weight) if t.fairness_weight > 0 else 0
    moved = 0
    fits = route.load <= person.capacity
    if route.length > 0:
        last = s.stops[base + route.length]
        over, first, price = home(
            person, last.way, last.free0, last.first0, last.price0, last.free1, last.first1, last.price1
        )
        fits = fits and over <= person.ends
        first_way = s.stops[base].way
        for k in range(base, base + route.length):
            visit = t.visits[s.stops[k].visit]
            if visit.lead != r:
                route.cost += visit.lead_price
                moved += is_moved(visit, r)
        route.other = other_cost(t, person, over, first, price, route.travel, first_way, route.work)
        route.cost += route.travel * t.travel_weight
    route.cost += route.other
    s.numbers[COST] += route.cost
    if moved != route.moved:
        s.numbers[COST] -= too_many(t, s)
        s.numbers[MOVED] += moved - route.moved
        s.numbers[COST] += too_many(t, s)
        route.moved = moved
    backward(t, s, r)
    return fits


def is_moved(visit: Any, r: int) -> int:
    """1: it goes to another technician though its own is there, and that has a price."""
    return 1 if visit.lead != r and visit.lead >= 0 and visit.lead_price > 0 else 0


def too_many(t: Tables, s: State) -> int:
    """What it costs beside the price of each that more than a few visits go to another technician."""
    return max(0, s.numbers[MOVED] - t.few_moved) * t.more_price


def forward(t: Tables, s: State, r: int) -> None:
    """When one is free before each stop."""
    route, person, base = s.routes[r], t.people[r], r * t.width
    has_lunch = person.lunch_seconds >= 0
    free0 = person.begins if has_lunch else NEVER
    free1 = NEVER if has_lunch else person.begins
    first0, first1, price0, price1 = 0, 0, 0, 0
    load, travel, work = 0, 0, 0
    here = t.number + r
    for k in range(route.length + 1):
        stop = s.stops[base + k]
        stop.free0, stop.first0, stop.price0 = free0, first0, price0
        stop.free1, stop.first1, stop.price1 = free1, first1, price1
        if k < route.length:
            visit = t.visits[stop.visit]
            way = t.ways[here * t.nodes + stop.visit]
            free0, first0, price0, free1, first1, price1 = step(
                t.spans,
                person,
                visit,
                t.planned_slack,
                way,
                k == 0,
                free0,
                first0,
                price0,
                free1,
                first1,
                price1,
            )
            stop.way = way
            load += visit.load
            travel += way
            work += visit.seconds
            here = stop.visit
        else:
            stop.way = t.ways[here * t.nodes + t.number + t.people_number + r] if k > 0 else 0
            travel += stop.way
    route.load, route.travel, route.work = load, travel, work


def backward(t: Tables, s: State, r: int) -> None:
    """When one must be at each stop at the latest, before lunch and after it."""
    person, base, size = t.people[r], r * t.width, s.routes[r].length
    has_lunch = person.lunch_seconds >= 0
    begin, until, lasts = person.lunch_from, person.lunch_until, person.lunch_seconds
    last1 = person.ends
    last0 = -1
    if has_lunch:
        last0 = min(begin - 1, person.ends)
        if person.ends - lasts >= begin:
            last0 = max(last0, min(until, person.ends - lasts))
    s.stops[base + size].last0, s.stops[base + size].last1 = last0, last1
    room = room_at(s.stops[base + size], lasts)
    there = t.number + t.people_number + r
    for k in range(size - 1, -1, -1):
        stop = s.stops[base + k]
        visit = t.visits[stop.visit]
        way = t.ways[stop.visit * t.nodes + there]
        by0 = -1
        if has_lunch:
            by0 = last0 - way if last0 >= 0 else -1
            if last1 - lasts >= begin and begin <= until:
                by0 = max(by0, min(until, last1 - lasts - way))
        by1 = last1 - way
        last0 = last_at(t.spans, visit, by0) if by0 >= 0 else -1
        last1 = last_at(t.spans, visit, by1) if by1 >= 0 else -1
        stop.last0, stop.last1 = last0, last1
        room = max(room, room_at(stop, lasts))
        there = stop.visit
    s.routes[r].room = room


def room_at(stop: Any, lunch: int) -> int:
    """How much time there is before a stop, from being free to having to be there."""
    room = max(stop.last0 - stop.free0, stop.last1 - stop.free1)
    return max(room, stop.last1 - stop.free0 - lunch)


def cost_with(t: Tables, s: State, r: int, at: int, v: int, travel: int) -> int:
    """What the route costs beside travel and who goes, with visit v at this position."""
    base, person, size = r * t.width, t.people[r], s.routes[r].length
    before = s.stops[base + at]
    free0, first0, price0 = before.free0, before.first0, before.price0
    free1, first1, price1 = before.free1, before.first1, before.price1
    here = s.stops[base + at - 1].visit if at > 0 else t.number + r
    for n in range(at, size + 1):
        w = v if n == at else s.stops[base + n - 1].visit
        free0, first0, price0, free1, first1, price1 = step(
            t.spans, person, t.visits[w], t.planned_slack, t.ways[here * t.nodes + w], n == 0,
            free0, first0, price0, free1, first1, price1,
        )  # fmt: skip
        here = w
    back = t.ways[here * t.nodes + t.number + t.people_number + r]
    over, first, price = home(person, back, free0, first0, price0, free1, first1, price1)
    if over > person.ends:
        return DEAR
    leads = v if at == 0 else s.stops[base].visit
    first_way = t.ways[(t.number + r) * t.nodes + leads]
    work = s.routes[r].work + t.visits[v].seconds
    return other_cost(t, person, over, first, price, travel, first_way, work)


def place_in(t: Tables, s: State, r: int, v: int) -> tuple[int, int]:
    """The cheapest position for visit v in this route and what it adds; (−1, …): none."""
    best_at, best = -1, DEAR
    route, person, visit = s.routes[r], t.people[r], t.visits[v]
    base, size = r * t.width, route.length
    is_long = size + 2 >= t.width or size + 2 >= POSITIONS
    if visit.least > route.room or route.load + visit.load > person.capacity or is_long:
        return best_at, best
    latest = t.spans[visit.span_to - 1].closes
    earliest = t.spans[visit.span_from].opens + visit.seconds
    moved = visit.lead_price if visit.lead != r else 0
    saved = 0 if t.is_plain else route.other
    here = t.number + r
    for at in range(size + 1):
        stop = s.stops[base + at]
        free = min(stop.free0, stop.free1)
        if free > latest:
            break
        there = stop.visit if at < size else t.number + t.people_number + r
        last = max(stop.last0, stop.last1)
        if earliest <= last:
            way, onward = t.ways_to[v * t.nodes + here], t.ways[v * t.nodes + there]
            longer = way + onward - stop.way
            cost = longer * t.travel_weight + moved
            may = free + way <= latest and max(free + way + visit.seconds, earliest) + onward <= last
            if may and (cost - saved < best or t.fairness_weight > 0) and fits_between(
                t.spans, person, visit, stop.free0, stop.free1, stop.last0, stop.last1, way, onward
            ):
                if not t.is_plain:
                    cost += cost_with(t, s, r, at, v, route.travel + longer) - route.other
                if cost < best:
                    best_at, best = at, cost
        here = there
    return best_at, best


def touch(t: Tables, s: State, r: int) -> None:
    """Before the first change of a route in a round: how it was is kept."""
    route = s.routes[r]
    if route.changed_in == s.numbers[ROUND]:
        return
    route.changed_in = s.numbers[ROUND]
    s.changed[s.numbers[CHANGED]] = r
    s.numbers[CHANGED] += 1
    route.old_length, route.old_version = route.length, s.versions[r]
    for k in range(r * t.width, r * t.width + route.length):
        v = s.stops[k].visit
        s.old_route[k] = v
        s.places[v].was_early = s.places[v].is_early


def put(t: Tables, s: State, r: int, at: int, v: int) -> None:
    """Visit v comes before the stop at this position."""
    touch(t, s, r)
    base = r * t.width
    for k in range(base + s.routes[r].length, base + at, -1):
        s.stops[k].visit = s.stops[k - 1].visit
    s.stops[base + at].visit = v
    s.routes[r].length += 1
    s.places[v].route = r
    s.numbers[COST] -= t.visits[v].worth
    s.numbers[LOST] -= t.visits[v].worth
    refresh(t, s, r)


def begin_round(s: State) -> None:
    """Nothing is changed yet."""
    s.numbers[ROUND] += 1
    s.numbers[CHANGED] = 0
    for k in range(s.numbers[LEFT]):
        s.old_left[k] = s.left[k]


def take_back(t: Tables, s: State, left: int) -> None:
    """All changes of this round."""
    for n in range(s.numbers[CHANGED]):
        r = s.changed[n]
        for k in range(r * t.width, r * t.width + s.routes[r].length):
            s.places[s.stops[k].visit].route = -1
    for n in range(s.numbers[CHANGED]):
        r = s.changed[n]
        route = s.routes[r]
        route.length = route.old_length
        for k in range(r * t.width, r * t.width + route.length):
            v = s.old_route[k]
            s.stops[k].visit = v
            s.places[v].route = r
            if s.places[v].is_early != s.places[v].was_early:
                span_of(t, s, v, s.places[v].was_early)
        refresh(t, s, r)
        s.versions[r] = route.old_version
    s.numbers[COST] = s.numbers[BEFORE]
    s.numbers[LOST] = s.numbers[LOST_BEFORE]
    for k in range(left):
        s.left[k] = s.old_left[k]
    s.numbers[LEFT] = left


def ruin(t: Tables, s: State, seed: int) -> int:
    """Takes strings of stops out of routes around a visit; how many visits wait in `chosen`.

    Around one that was left out: only of those who can go there, so that there may be room for it.
    """
    is_left = s.places[seed].route < 0
    served, used = 0, 0
    for r in range(t.people_number):
        served += s.routes[r].length
        used += 1 if s.routes[r].length > 0 else 0
    if used == 0:
        return 0
    longest = min(LONGEST, max(1, served // used))
    strings = 1 + draw(s.numbers, max(1, 4 * MEAN // (1 + longest) - 1))
    out = 0
    for n in range(-1, t.near_number):
        v = seed if n < 0 else t.near[seed * t.near_number + n]
        r = s.places[v].route
        if r < 0 or t.visits[v].is_free == 0 or s.routes[r].changed_in == s.numbers[ROUND]:
            continue
        if is_left and t.can[seed * t.people_number + r] == 0:
            continue
        out = tear(t, s, r, v, longest, out)
        strings -= 1
        if strings <= 0:
            break
    return out


def tear(t: Tables, s: State, r: int, v: int, longest: int, out: int) -> int:
    """Takes a string of stops with visit v in it out of its route, or all but some in its middle."""
    base, size = r * t.width, s.routes[r].length
    length = 1 + draw(s.numbers, min(longest, size))
    kept = 0
    if length > 1 and length < size and draw(s.numbers, 2) == 0:
        kept = 1
        while length + kept < size and draw(s.numbers, 100) > 0:
            kept += 1
    at = 0
    while s.stops[base + at].visit != v:
        at += 1
    span = length + kept
    low, high = max(0, at - span + 1), min(at, size - span)
    first = low + draw(s.numbers, high - low + 1)
    keep_from = first + 1 + draw(s.numbers, length - 1) if kept > 0 else size
    touch(t, s, r)
    rest = base
    for k in range(size):
        w = s.stops[base + k].visit
        goes = first <= k and k < first + span and t.visits[w].is_free == 1
        if goes and not (keep_from <= k and k < keep_from + kept):
            s.places[w].route = -1
            s.places[w].is_out = s.numbers[ROUND]
            if t.visits[w].kept_from != t.visits[w].any_from:
                span_of(t, s, w, 1 if draw(s.numbers, EARLY) == 0 else 0)
            s.numbers[COST] += t.visits[w].worth
            s.numbers[LOST] += t.visits[w].worth
            s.chosen[out] = w
            out += 1
        else:
            s.stops[rest].visit = w
            rest += 1
    s.routes[r].length = rest - base
    refresh(t, s, r)
    return out


def add_left(t: Tables, s: State, seed: int, out: int) -> int:
    """Those left out before are tried again, at most POOL of them: around the seed, or where there are few, all."""
    left = s.numbers[LEFT]
    if left == 0:
        return out
    most = out + POOL
    far = NEVER
    if left > FEW_LEFT and draw(s.numbers, ANYWHERE) > 0:
        far = t.ways[seed * t.nodes + t.near[seed * t.near_number + min(AROUND, t.near_number) - 1]]
    first = draw(s.numbers, left)
    for k in range(left):
        v = s.left[(first + k) % left]
        if t.ways[seed * t.nodes + v] <= far:
            s.chosen[out] = v
            out += 1
            if out >= most:
                break
    return out


def order(t: Tables, s: State, out: int) -> None:
    """The order in which they are put back: by chance, worth, length, narrow windows, far or near."""
    way = draw(s.numbers, 16)
    for k in range(out):
        v = s.chosen[k]
        visit = t.visits[v]
        key = 0
        if way < 4:
            key = draw(s.numbers, 1 << 20)
        elif way < 9:
            key = -visit.worth * 1024 // (visit.seconds + 900) if way < 6 else -visit.worth
            key = key * 16 + draw(s.numbers, 16)
        elif way < 11:
            key = -visit.seconds
        elif way < 13:
            for w in range(visit.span_from, visit.span_to):
                key += t.spans[w].closes - t.spans[w].opens
        elif visit.able_from < visit.able_to:
            key = t.ways[(t.number + t.able[visit.able_from]) * t.nodes + v]
            if way < 15:
                key = -key
        s.key[k] = key
    sort_chosen(s, out)


def sort_chosen(s: State, out: int) -> None:
    """By key, the smallest first; equal ones stay as they stand."""
    for k in range(1, out):
        v, key = s.chosen[k], s.key[k]
        n = k - 1
        while n >= 0 and s.key[n] > key:
            s.chosen[n + 1], s.key[n + 1] = s.chosen[n], s.key[n]
            n -= 1
        s.chosen[n + 1], s.key[n + 1] = v, key


def look(t: Tables, s: State, n: int, v: int) -> int:
    """What visit v adds to the route of `able[n]` at its best position there, with that position in the last bits.

    Known until the route changes, or the visit's windows do.
    """
    pair, version = s.pairs[n], s.versions[t.able[n]] * 2 + s.places[v].is_early
    if pair.version != version:
        at, cost = place_in(t, s, t.able[n], v)
        pair.version, pair.best = version, cost * POSITIONS + at + 1
    return pair.best


def until_blink(s: State, blink: int) -> int:
    """How many ways to put something back are looked at until one is passed over; `blink` in the mean, 0: none is."""
    return 1 + draw(s.numbers, 2 * blink - 1) if blink > 0 else NEVER


def cost_of(t: Tables, s: State, n: int, v: int, more: int, blink: int) -> int:
    """What `look` says, and `more` where somebody else would go; too dear where it is not looked at this time."""
    s.numbers[UNSEEN] -= 1
    if s.numbers[UNSEEN] == 0:
        s.numbers[UNSEEN] = until_blink(s, blink)
        return DEAR * POSITIONS
    cost = look(t, s, n, v)
    if more > 0 and t.able[n] != t.visits[v].lead:
        cost += more
    return cost


def recreate(t: Tables, s: State, out: int, blink: int, is_wide: bool, more_price: int) -> None:
    """Puts each back where it costs least, if it costs less than being left out.

    What fits nowhere unless it begins much earlier than planned may do so.
    """
    s.numbers[UNSEEN] = until_blink(s, blink)
    for k in range(out):
        v = s.chosen[k]
        best, n = offer(t, s, v, blink, is_wide, more_price)
        if n < 0 and t.visits[v].kept_from != t.visits[v].any_from and s.places[v].is_early == 0:
            span_of(t, s, v, 1)
            best, n = offer(t, s, v, blink, is_wide, more_price)
        if n >= 0:
            put(t, s, t.able[n], best % POSITIONS - 1, v)


def offer(t: Tables, s: State, v: int, blink: int, is_wide: bool, more_price: int) -> tuple[int, int]:
    """The cheapest way to put visit v in, as `look` says it, and its place in `able`; −1: none is worth it.

    Unless `is_wide`, one that many can have is offered to those who are near it and those whose routes have changed.
    """
    visit = t.visits[v]
    best, best_n = visit.worth * POSITIONS, -1
    more = 0
    if s.numbers[MOVED] >= t.few_moved and more_price > 0 and visit.lead >= 0 and visit.lead_price > 0:
        more = more_price * POSITIONS
    # what fitted nowhere before can be taken by what has changed alone
    is_new = s.places[v].is_out == s.numbers[ROUND]
    if is_new and (is_wide or visit.able_to - visit.able_from <= MANY):
        for n in range(visit.able_from, visit.able_to):
            cost = cost_of(t, s, n, v, more, blink)
            if cost < best:
                best, best_n = cost, n
        return best, best_n
    for c in range(s.numbers[CHANGED]):
        n = t.can[v * t.people_number + s.changed[c]] - 1
        if n >= 0:
            cost = cost_of(t, s, n, v, more, blink)
            if cost < best:
                best, best_n = cost, n
    if is_new:
        s.numbers[OFFERED] += 1
        for m in range(min(NEXT, t.near_number)):
            r = s.places[t.near[v * t.near_number + m]].route
            if r < 0 or s.routes[r].offered == s.numbers[OFFERED]:
                continue
            s.routes[r].offered = s.numbers[OFFERED]
            n = t.can[v * t.people_number + r] - 1
            if n >= 0 and s.routes[r].changed_in != s.numbers[ROUND]:
                cost = cost_of(t, s, n, v, more, blink)
                if cost < best:
                    best, best_n = cost, n
    return best, best_n


def gather_left(s: State, left: int, out: int) -> None:
    """Who is left out now: of those before, and of those taken out in this round."""
    kept = 0
    for k in range(left):
        v = s.left[k]
        if s.places[v].route < 0:
            s.left[kept] = v
            kept += 1
    for k in range(out):
        v = s.chosen[k]
        if s.places[v].route < 0 and s.places[v].is_out == s.numbers[ROUND]:
            s.left[kept] = v
            kept += 1
    s.numbers[LEFT] = kept


def keep_best(t: Tables, s: State) -> None:
    """This plan is the best yet."""
    s.numbers[BEST] = s.numbers[COST]
    for v in range(t.number):
        s.places[v].best_early = s.places[v].is_early
    for r in range(t.people_number):
        s.routes[r].best_length = s.routes[r].length
        for k in range(r * t.width, r * t.width + s.routes[r].length):
            s.best_route[k] = s.stops[k].visit


def search(t: Tables, s: State, rounds: int, heat: int, ease: int, more_price: int) -> None:
    """So many rounds at a temperature: a plan worse by some multiple of `heat` is still taken now and then.

    `ease`: so many 1024ths of what is left out do not count in that, nor does each change beyond a few count more than
    `more_price`; which plan is the best is judged by all of it.
    """
    if s.numbers[COST] < s.numbers[BEST]:
        keep_best(t, s)
    for _ in range(rounds):
        begin_round(s)
        s.numbers[BEFORE] = s.numbers[COST]
        s.numbers[LOST_BEFORE] = s.numbers[LOST]
        many = max(0, s.numbers[MOVED] - t.few_moved)
        left = s.numbers[LEFT]
        seed = draw(s.numbers, t.number)
        if left > 0 and draw(s.numbers, AT_LEFT) == 0:
            seed = s.left[draw(s.numbers, left)]
        removed = ruin(t, s, seed)
        out = add_left(t, s, seed, removed)
        order(t, s, out)
        recreate(t, s, out, BLINK, draw(s.numbers, WIDE) == 0, more_price)
        gather_left(s, left, out)
        worse = s.numbers[COST] - s.numbers[BEFORE]
        worse -= ((s.numbers[LOST] - s.numbers[LOST_BEFORE]) * ease) >> 10
        worse -= (max(0, s.numbers[MOVED] - t.few_moved) - many) * (t.more_price - more_price)
        if worse < (heat * t.logarithm[draw(s.numbers, 1024)]) >> 10:
            s.numbers[ACCEPTED] += 1
            if s.numbers[COST] < s.numbers[BEST]:
                keep_best(t, s)
        else:
            take_back(t, s, left)


def insert_all(t: Tables, s: State) -> None:
    """Puts those left out where they cost least, the most worth first."""
    begin_round(s)
    left = s.numbers[LEFT]
    for k in range(left):
        s.chosen[k] = s.left[k]
        s.places[s.left[k]].is_out = s.numbers[ROUND]
        s.key[k] = -t.visits[s.left[k]].worth
    sort_chosen(s, left)
    recreate(t, s, left, 0, True, t.more_price)
    gather_left(s, 0, left)


def load_plan(t: Tables, s: State) -> bool:
    """Reckons routes that were written into `stops` and `routes`; False: one of them cannot be kept."""
    fits = True
    for v in range(t.number):
        s.places[v].route = -1
    s.numbers[COST], s.numbers[LOST], s.numbers[LEFT], s.numbers[MOVED] = 0, 0, 0, 0
    for r in range(t.people_number):
        s.routes[r].cost, s.routes[r].moved = 0, 0
        for k in range(r * t.width, r * t.width + s.routes[r].length):
            s.places[s.stops[k].visit].route = r
        fits = refresh(t, s, r) and fits
    for v in range(t.number):
        if s.places[v].route < 0:
            s.left[s.numbers[LEFT]] = v
            s.numbers[LEFT] += 1
            s.numbers[COST] += t.visits[v].worth
            s.numbers[LOST] += t.visits[v].worth
    return fits


def displaced(t: Tables, s: State, v: int, thorough: int) -> tuple[int, int]:
    """Whose leaving would let visit v in: the route and the visit, the least worth that does; (−1, −1): no single one.

    `thorough`: v may also come elsewhere in that route than in the other's place.
    """
    visit = t.visits[v]
    best, best_r, best_out = DEAR, -1, -1
    for n in range(visit.able_from, visit.able_to):
        r = t.able[n]
        route, person, base = s.routes[r], t.people[r], r * t.width
        for k in range(route.length):
            stop = s.stops[base + k]
            out = t.visits[stop.visit]
            if out.worth >= best or out.is_fast == 1 or route.load - out.load + visit.load > person.capacity:
                continue
            here = s.stops[base + k - 1].visit if k > 0 else t.number + r
            there = s.stops[base + k + 1].visit if k + 1 < route.length else t.number + t.people_number + r
            behind = s.stops[base + k + 1]
            way, onward = t.ways[here * t.nodes + v], t.ways[v * t.nodes + there]
            if fits_between(
                t.spans, person, visit, stop.free0, stop.free1, behind.last0, behind.last1, way, onward
            ) or (thorough == 1 and fits_without(t, s, r, k, v)):
                best, best_r, best_out = out.worth, r, s.stops[base + k].visit
    return best_r, best_out


def fits_without(t: Tables, s: State, r: int, at: int, v: int) -> bool:
    """Whether visit v fits anywhere into the route without the stop at this position."""
    base, route = r * t.width, s.routes[r]
    out = s.stops[base + at].visit
    for k in range(base + at, base + route.length - 1):
        s.stops[k].visit = s.stops[k + 1].visit
    route.length -= 1
    refresh(t, s, r)
    found, _ = place_in(t, s, r, v)
    for k in range(base + route.length, base + at, -1):
        s.stops[k].visit = s.stops[k - 1].visit
    s.stops[base + at].visit = out
    route.length += 1
    refresh(t, s, r)
    return found >= 0
