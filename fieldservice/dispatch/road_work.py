"""Which ways of the next days the road service is asked for: between a branch's visits and where its people begin."""

import time
from datetime import timedelta

import sqlalchemy as sa
from flask import current_app

from fieldservice.branches.models import Branch
from fieldservice.branches.queries import open_branches
from fieldservice.core import clock, i18n
from fieldservice.core.db import db
from fieldservice.customers.models import Site
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ENDED
from fieldservice.people.availability import available
from fieldservice.routing import road_asking

#: days ahead, today counted
DAYS = 3
#: all branches together, so that a minute's work ends within it
MOST_SECONDS = 40.0


def learn_ahead() -> int:
    """How many requests were made; commits as it goes."""
    if not current_app.config["ROADS"]:
        return 0
    end, asked = time.monotonic() + MOST_SECONDS, 0
    for branch in open_branches():
        if time.monotonic() > end:
            break
        places = places_of(branch)
        db.session.rollback()
        asked += road_asking.learn(places, clock.now())
    return asked


def places_of(branch: Branch) -> list[tuple[float, float]]:
    """Today's first."""
    today = i18n.local(clock.now(), branch.timezone).date()
    query = (
        sa.select(Site.lat, Site.lng).join(Job, Job.site_id == Site.id)
        .where(Job.branch_id == branch.id, Job.state.not_in(ENDED), Site.lat.is_not(None), Site.lng.is_not(None),
               Job.visit_on.between(today, today + timedelta(days=DAYS - 1)))
        .order_by(Job.visit_on, Site.id)
    )  # fmt: skip
    found = [(float(lat), float(lng)) for lat, lng in db.session.execute(query) if lat is not None and lng is not None]
    for one in available([branch.id], today):
        found += [place for place in (one.start, one.end) if isinstance(place, tuple)]
    return list(dict.fromkeys(found))
