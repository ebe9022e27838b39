"""Guessing slows down: each try is counted before it is checked, so that many at once gain nothing."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from fieldservice.accounts.models import Throttle
from fieldservice.accounts.rules import FORGET_AFTER, wait_until
from fieldservice.core.db import db
from fieldservice.core.errors import TooMany

#: rows this old are cleared away
KEEP = timedelta(days=1)


def count_try(limits: dict[str, int], at: datetime) -> None:
    """Counts one try against every key (key → tries without waiting) and commits. Raises TooMany(wait_seconds)."""
    db.session.execute(sa.delete(Throttle).where(Throttle.last_failure_at < at - KEEP))
    rows = {key: _locked(key, at) for key in sorted(limits)}  # in one order, so that two never wait for each other
    waits = [wait_until(row.failures, row.last_failure_at, limits[key]) for key, row in rows.items()]
    latest = max(waits)
    if latest > at:
        db.session.commit()
        raise TooMany("too_many_tries", wait_seconds=int((latest - at).total_seconds()) + 1)
    for row in rows.values():
        row.failures += 1
        row.last_failure_at = at
    db.session.commit()


def forgive(keys: list[str], *, whole: str | None = None) -> None:
    """Takes back the try that turned out right; `whole`: forgets all tries of this key."""
    for key in keys:
        row = db.session.get(Throttle, key, with_for_update=True)
        if row is not None:
            row.failures = 0 if key == whole else max(0, row.failures - 1)


def _locked(key: str, at: datetime) -> Throttle:
    """The key's row, made when missing, held until the commit; old tries are forgotten."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    fresh = insert(Throttle).values(key=key, failures=0, last_failure_at=at)
    db.session.execute(fresh.on_conflict_do_nothing(index_elements=["key"]))
    query = sa.select(Throttle).filter_by(key=key).with_for_update().execution_options(populate_existing=True)
    row = db.session.scalars(query).one()
    if at - row.last_failure_at > FORGET_AFTER:
        row.failures = 0
    return row
