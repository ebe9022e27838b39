"""What applying and undoing share: a worker is at an import for a while, batch by batch, as long as it may."""

import time
from collections.abc import Callable

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.imports import queries
from fieldservice.imports.models import JobImport
from fieldservice.imports.rules import STOPPED

#: most lines of one transaction
BATCH = 100
_FEWEST = 25
#: how long one transaction should take: SQLite lets nobody else write meanwhile
_HOLD_SECONDS = 0.5
#: between two of them, for those who wait (`core/db.py` looks more often than that)
_PAUSE_SECONDS = 0.03
#: a task works this long, then puts itself into the queue again: others wait for the worker too
SLICE_SECONDS = 20


def for_a_while(batch: Callable[[str, int], bool], import_id: str) -> bool:
    """Does batches for some seconds; whether there is more to do.

    `batch`: does one of at most so many lines, says whether there is more. A slow machine gets fewer at once.
    """
    began = time.monotonic()
    until, size = began + SLICE_SECONDS, BATCH // 2
    while began < until:
        if not batch(import_id, size):
            return False
        size = next_size(size, time.monotonic() - began)
        let_others_write()
        began = time.monotonic()
    return True


def next_size(size: int, took_seconds: float) -> int:
    """How many lines the next transaction takes when one of `size` lines took so long."""
    wanted = round(size * _HOLD_SECONDS / max(took_seconds, 0.001))
    return max(_FEWEST, min(BATCH, wanted, size * 2))


def let_others_write() -> None:
    """Between two transactions of a worker: on SQLite one that follows at once would keep everybody else waiting."""
    time.sleep(_PAUSE_SECONDS)


def held(import_id: str, state: str) -> JobImport | None:
    """The import, held till the commit. None: it is not in that state any more, or whoever started it may not go on,
    which stops it.
    """
    found = queries.held(import_id)
    if found is None or found.state != state:
        db.session.rollback()
        return None
    if found.acting is None or not found.acting.can("jobs.edit"):
        found.state, found.trouble = STOPPED, "not_allowed"
        db.session.commit()
        return None
    found.touched_at = clock.now()
    return found
