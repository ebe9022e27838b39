"""Trips a branch's technicians made between two visits, out of the steps they took: what calibration is made from."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from fieldservice.branches.models import Branch
from fieldservice.core import i18n
from fieldservice.core.db import db
from fieldservice.customers.models import Site
from fieldservice.jobs.models import Job, JobStep
from fieldservice.routing.calibration import Trip
from fieldservice.routing.travel import metres_between

#: trips of this long, and steps of them that are read at most, the newest
WITHIN = timedelta(days=90)
MOST_STEPS = 60_000
#: who departs farther than this from the visit before was somewhere between
SAME_PLACE_METRES = 500

_ENDS = ("finish", "cannot_finish", "customer_absent")
_STEPS = ("depart", "arrive", *_ENDS)


def trips_of(branch: Branch, now: datetime) -> list[Trip]:
    """From each visit to the next of the same person on the same day. One query."""
    query = (
        sa.select(JobStep.by_id, JobStep.step, JobStep.happened_at, JobStep.uncertainty_ms, JobStep.lat, JobStep.lng,
                  JobStep.job_id, Site.lat.label("site_lat"), Site.lng.label("site_lng"))
        .join(Job, Job.id == JobStep.job_id).join(Site, Site.id == Job.site_id)
        .where(Job.branch_id == branch.id, JobStep.step.in_(_STEPS), JobStep.voided_at.is_(None),
               JobStep.happened_at >= now - WITHIN, JobStep.happened_at <= now)
        .order_by(JobStep.happened_at.desc(), JobStep.id.desc()).limit(MOST_STEPS)
    )  # fmt: skip
    of_whom: dict[str, list[Any]] = {}
    for row in reversed(db.session.execute(query).all()):
        of_whom.setdefault(row.by_id, []).append(row)
    return [trip for rows in of_whom.values() for trip in _trips(rows, branch.timezone)]


def _trips(rows: list[Any], zone: str) -> Iterator[Trip]:
    """Of one person's steps in their order."""
    last: Any = None  # the end of the visit before
    left: Any = None  # the departure to the present one
    for row in rows:
        if row.step == "depart":
            left = row
        elif row.step == "arrive":
            if last is not None and left is not None and left.job_id == row.job_id and last.job_id != row.job_id:
                trip = _trip(last, left, row, zone)
                if trip is not None:
                    yield trip
            left = None
        else:
            last = row


def _trip(last: Any, left: Any, arrived: Any, zone: str) -> Trip | None:
    """None: not on one day, or a place is not known."""
    if None in (last.site_lat, last.site_lng, arrived.site_lat, arrived.site_lng):
        return None
    gone = i18n.local(left.happened_at, zone)
    if i18n.local(last.happened_at, zone).date() != gone.date() or left.happened_at < last.happened_at:
        return None
    origin, target = (last.site_lat, last.site_lng), (arrived.site_lat, arrived.site_lng)
    is_elsewhere = left.lat is not None and metres_between((left.lat, left.lng), origin) > SAME_PLACE_METRES
    seconds = round((arrived.happened_at - left.happened_at).total_seconds())
    return Trip(metres_between(origin, target), seconds, gone.hour, max(left.uncertainty_ms, arrived.uncertainty_ms),
                is_elsewhere)  # fmt: skip
