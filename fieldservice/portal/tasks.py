"""What a worker does for links: cases and visits from before there were links get theirs."""

from datetime import datetime

import sqlalchemy as sa

from fieldservice.cases.models import Case
from fieldservice.core import clock, queue
from fieldservice.core.db import db
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ENDED
from fieldservice.portal import actions, rules
from fieldservice.portal.models import BADGE, CASE, Link

#: made at once; the rest a minute later
_MOST = 200


@queue.every_minute
def make_missing_links() -> None:
    """Links of cases that go on or are young, and of the badges of open visits; found none, nothing is written."""
    at = clock.now()
    for case_id in db.session.scalars(_cases_without(at - rules.GOOD_FOR).limit(_MOST)).all():
        actions.case_link(case_id, at=at)
    for case_id, job_id, lead_id in db.session.execute(_visits_without().limit(_MOST)).all():
        if lead_id:
            actions.badge_link(case_id, job_id, lead_id, at=at)
    db.session.commit()


def _cases_without(since: datetime) -> sa.Select[str]:
    linked = sa.exists().where(Link.case_id == Case.id, Link.scope == CASE)
    goes_on = sa.exists().where(Job.case_id == Case.id, Job.state.not_in(ENDED))
    return sa.select(Case.id).where(~linked, sa.or_(Case.opened_at > since, goes_on)).order_by(Case.id)


def _visits_without() -> sa.Select[str, str, str | None]:
    linked = sa.exists().where(Link.job_id == Job.id, Link.person_id == Job.lead_id, Link.scope == BADGE)
    query = sa.select(Job.case_id, Job.id, Job.lead_id)
    return query.where(~linked, Job.lead_id.is_not(None), Job.state.not_in(ENDED)).order_by(Job.id)
