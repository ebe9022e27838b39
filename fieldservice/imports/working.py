"""What applying and undoing share: a worker is at an import for a while, batch by batch, as long as it may."""

import time
from collections.abc import Callable

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.imports import queries
from fieldservice.imports.models import JobImport
from fieldservice.imports.rules import STOPPED

#: lines of one transaction
BATCH = 100
#: a task works this long, then puts itself into the queue again: others wait for the worker too
SLICE_SECONDS = 20


def for_a_while(batch: Callable[[str], bool], import_id: str) -> bool:
    """Does batches for some seconds; whether there is more to do. `batch`: does one, says whether there is more."""
    until = time.monotonic() + SLICE_SECONDS
    while time.monotonic() < until:
        if not batch(import_id):
            return False
    return True


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
