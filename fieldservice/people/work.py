"""What is planned for people on days: told by a feature below, which knows the work, to pages of this one."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Work:
    """Something somebody is to do on a day."""

    id: str
    person_id: str
    on_day: date
    #: when and for whom, e.g. '09:00–10:30 张女士 Repair'
    words: str
    #: of its page
    address: str


#: (ids of people, first day, last day) → their open work on these days, in its order; a fixed number of queries
Reader = Callable[[Sequence[str], date, date], Iterable[Work]]
_readers: list[Reader] = []

#: ids of branches → how many open visits need each skill, by its code; a fixed number of queries
NeedsReader = Callable[[Sequence[str]], Mapping[str, int]]
_needs_readers: list[NeedsReader] = []


def tells_needs(reader: NeedsReader) -> NeedsReader:
    """Registers a function; registering it twice changes nothing."""
    if reader not in _needs_readers:
        _needs_readers.append(reader)
    return reader


def needed_by_work(branch_ids: Sequence[str]) -> Counter[str]:
    """Skill → open visits of these branches that need it."""
    found: Counter[str] = Counter()
    for reader in _needs_readers:
        found.update(reader(branch_ids))
    return found


def tells_work(reader: Reader) -> Reader:
    """Registers a function; registering it twice changes nothing."""
    if reader not in _readers:
        _readers.append(reader)
    return reader


def work_of(person_ids: Sequence[str], first: date, last: date) -> dict[tuple[str, date], list[Work]]:
    """(person, day) → what is planned, for the days on which something is."""
    found: dict[tuple[str, date], list[Work]] = defaultdict(list)
    for reader in _readers if person_ids else ():
        for one in reader(person_ids, first, last):
            found[one.person_id, one.on_day].append(one)
    return dict(found)
