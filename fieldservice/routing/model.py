"""A day as the engines see it, and what they answer: plain values without a database.

Every moment is a whole number of seconds from the day's midnight on the branch's clock, every place is an index into
the matrix of travel times, every length of travel is whole seconds. Who has to go to a place nobody knows is not told
here: a visit without a position stays with its caller (`no_position`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EMERGENCY, URGENT, NORMAL = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Lunch:
    """A break that begins between `earliest` and `latest`, wherever the technician is then, on the road or at a stop.

    Who is home before `earliest` has it there: nothing is due. Who is free only after `latest` has had it.
    """

    earliest: int
    latest: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Technician:
    """Who goes out on this day, from when to when, from where."""

    id: str
    skills: frozenset[str]
    shift_start: int
    #: not after `shift_start`: no shift on this day
    shift_end: int
    #: where the day begins and ends; None: wherever the first stop is, at the last stop
    start: int | None = None
    end: int | None = None
    lunch: Lunch | None = None
    #: boards the van takes in a day, m²; None: no limit
    capacity: int | None = None
    #: work in progress: free again at this moment, at this place (None: where the day begins)
    busy_until: int | None = None
    at: int | None = None

    @property
    def has_shift(self) -> bool:
        """Whether there is any time to plan for."""
        return self.shift_end > self.shift_start


@dataclass(frozen=True, slots=True)
class Visit:
    """A piece of work at a place."""

    id: str
    place: int
    #: how long the work takes
    seconds: int
    #: when work may begin: sorted spans, both ends included; empty: any time of the shift
    windows: tuple[tuple[int, int], ...] = ()
    skills: frozenset[str] = frozenset()
    #: what it is worth to be done on this day
    value: int = 10
    #: 1 emergency, 2 urgent, 3 normal
    priority: int = NORMAL
    #: the technician this customer asked for: never anybody else
    pinned: str | None = None
    #: the customer was given the window: it holds, and is the last to be given up
    promised: bool = False
    #: boards to bring, m²
    load: int = 0
    #: who has it now, and when it begins there; both None: nobody
    lead: str | None = None
    start: int | None = None
    #: in progress or held fast: stays with `lead` at `start`
    is_fixed: bool = False
    #: later than the last window by price until this moment; None: windows hold. A promised window always holds
    soft_until: int | None = None

    def __post_init__(self) -> None:
        """Windows that overlap or stand out of order are made one after the other."""
        if len(self.windows) > 1:
            object.__setattr__(self, "windows", _in_order(self.windows))

    @property
    def is_placed(self) -> bool:
        """Whether somebody has it at a certain time."""
        return self.lead is not None and self.start is not None


def _in_order(windows: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for first, last in sorted(windows):
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(last, found[-1][1])
        else:
            found.append((first, last))
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """All that is to be planned. `travel[a, b]`: seconds from place a to place b."""

    technicians: tuple[Technician, ...]
    visits: tuple[Visit, ...]
    travel: NDArray[np.int32]
    #: nothing is planned to begin before it
    now: int = 0


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much beside the value of what is left undone; travel is 1 a second.

    A dispatcher may try others; none of them breaks what must hold.
    """

    #: seconds of travel that a point of value is worth
    value: int = 2_000
    #: points more for what was promised to a customer
    promised_points: int = 20
    #: a second late, for a normal visit; twice for an urgent one, four times in an emergency
    late: float = 2.0
    travel: float = 1.0
    overtime: float = 2.0
    waiting: float = 0.2
    #: price of another technician, and of another start when it moves by more than `change_from_minutes`
    change_technician_minutes: int = 60
    change_start_minutes: int = 15
    change_from_minutes: int = 30
    #: price of each visit more than so many that goes to another technician though its own is there
    few_changes: int = 4
    more_changes_minutes: int = 360
    #: how long after the shift somebody may be home
    overtime_limit_minutes: int = 0
    #: 1: half an hour more or less than one's share costs half an hour, an hour costs two; 0: shares may differ
    fairness: float = 0.0


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit on somebody's way. `travel_seconds` lead to it; from `arrive` to `start` is lunch or waiting."""

    visit_id: str
    arrive: int
    start: int
    end: int
    travel_seconds: int
    wait_seconds: int
    #: beyond the last moment of its windows
    late_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Route:
    """One technician's day. `home_at`: when the last stop or the way home is over."""

    technician_id: str
    stops: tuple[Stop, ...]
    leave_at: int
    lunch_at: int | None
    home_at: int
    travel_seconds: int
    overtime_seconds: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a visit is left: a code of `routing/reasons.py`, and the facts that its words name."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unassigned:
    """A visit that nobody has in this plan."""

    visit_id: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Figures:
    """A plan in numbers, to be laid beside another's."""

    served: int
    lost_value: int
    travel_seconds: int
    late_seconds: int
    overtime_seconds: int
    waiting_seconds: int
    promised_kept: int
    promised_of: int
    changed_technician: int
    changed_start: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Who goes where: a route for each technician with stops, and every other visit with its reason."""

    routes: tuple[Route, ...]
    unassigned: tuple[Unassigned, ...]
    figures: Figures
    #: rounds of the search behind it; the same day, seed and number give the same plan
    iterations: int = 0
