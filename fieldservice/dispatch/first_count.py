"""How much there is to handle first, as the rail counts it on every page of the desk.

Kept in the process for a version of the database and a minute: what is late depends on the clock, and what moves no
version (how much lies on a phone, what the worker found) shows with the next minute. The version comes from the database,
so each process finds out by itself that another one's count is old.
"""

import threading
from collections import OrderedDict
from datetime import datetime

from flask import current_app

from fieldservice.accounts.models import Person
from fieldservice.core import versions
from fieldservice.dispatch import queries
from fieldservice.web import exceptions

#: the rail counts up to here
MOST = 99
#: groups of branches kept in a process: each branch alone, and head office's all
_KEPT = 256
_MINUTE = 60  # seconds
_LOCK = threading.Lock()

#: the branches, whose clock, version, minute
_Mark = tuple[frozenset[str], str, int, int]


def count(person: Person, at: datetime, *, keep: bool) -> int:
    """Of all branches the person sees. `keep`: others may be told the same, as this transaction has changed nothing."""
    # before the rest is read: what is committed meanwhile has a higher one, and is counted anew
    version = versions.current()[1]
    ids = [branch.id for branch in queries.branches_of(person)]
    mark = (frozenset(ids), person.branch.timezone, version, int(at.timestamp() // _MINUTE))
    known = _known(mark)
    if known is not None:
        return known
    asked = exceptions.Asked(ids, person, at, person.branch.timezone, most=MOST)
    found = len(exceptions.find(asked).matters)
    if keep:
        _keep(mark, found)
    return found


def _kept() -> "OrderedDict[tuple[frozenset[str], str], tuple[_Mark, int]]":
    found: OrderedDict[tuple[frozenset[str], str], tuple[_Mark, int]]
    found = current_app.extensions.setdefault("first_count", OrderedDict())
    return found


def _known(mark: _Mark) -> int | None:
    with _LOCK:
        known = _kept().get(mark[:2])
    return known[1] if known is not None and known[0] == mark else None


def _keep(mark: _Mark, found: int) -> None:
    with _LOCK:
        kept = _kept()
        kept[mark[:2]] = (mark, found)
        kept.move_to_end(mark[:2])
        while len(kept) > _KEPT:
            kept.popitem(last=False)
