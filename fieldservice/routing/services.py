"""Who may be asked now, and how it went: the standing of each service outside (road times, geocoding)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from fieldservice.core.db import db
from fieldservice.routing.models import RoadService

#: pauses after the first, second … failure; the last for all further ones
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
#: a used up quota and a wrong key do not come right by asking again soon
LONG_PAUSE = timedelta(hours=1)
#: whoever asks has this long before another worker takes it for lost
LEASE = timedelta(seconds=90)


@dataclass(frozen=True)
class Standing:
    """A service that fails."""

    code: str
    #: 'away', 'answer', 'quota', 'key', 'address' or 'unset'
    trouble: str
    detail: str
    since: datetime


def take(code: str, at: datetime, per_hour: int) -> int:
    """How many requests may be made now; 0: none, or somebody else is at it. Commits: the service is taken."""
    row = db.session.scalar(sa.select(RoadService).filter_by(code=code).with_for_update(skip_locked=True))
    if row is None:
        try:
            with db.session.begin_nested():
                row = RoadService(code=code, trouble="", detail="", failures=0, next_at=at, hour=0, asked=0)
                db.session.add(row)
                db.session.flush()
        except sa.exc.IntegrityError:
            db.session.rollback()  # another worker has it
            return 0
    if row.next_at > at:
        db.session.rollback()
        return 0
    if row.hour != _hour(at):
        row.hour, row.asked = _hour(at), 0
    left = per_hour - row.asked
    if left <= 0:
        db.session.rollback()
        return 0
    row.next_at = at + LEASE
    db.session.commit()
    return left


def give_back(code: str, at: datetime, *, asked: int, trouble: str = "", detail: str = "") -> None:
    """Writes down how it went; `trouble` '': it answered, or was not asked. Commits."""
    row = db.session.get_one(RoadService, code, with_for_update=True, populate_existing=True)
    row.asked += asked
    if trouble:
        row.failures += 1
        row.trouble, row.detail = trouble, detail[:200]
        row.since = row.since or at
        pause = LONG_PAUSE if trouble in ("quota", "key") else PAUSES[min(row.failures, len(PAUSES)) - 1]
        row.next_at = at + pause
    else:
        row.next_at = at
        if asked:
            row.trouble, row.detail, row.since, row.failures = "", "", None, 0
    db.session.commit()


def standing(code: str) -> Standing | None:
    """How a service fails; None: it does not, or was never asked."""
    row = db.session.get(RoadService, code) if code else None
    if row is None or not row.trouble or row.since is None:
        return None
    return Standing(code, row.trouble, row.detail, row.since)


def _hour(at: datetime) -> int:
    return int(at.timestamp()) // 3600
