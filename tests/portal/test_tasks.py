"""Cases and visits from before there were links get theirs from a worker."""

import sqlalchemy as sa

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.jobs.models import Job
from fieldservice.portal.models import BADGE, CASE, Link
from fieldservice.portal.rules import GOOD_FOR
from fieldservice.portal.tasks import make_missing_links
from tests.builders import MOMENT, a_case, a_customer, a_job, a_site


def _links(scope):
    return set(db.session.scalars(sa.select(Link.case_id if scope == CASE else Link.job_id).filter_by(scope=scope)))


def test_what_goes_on_gets_links_and_what_is_over_does_not(cast, session):
    open_job = a_job(cast.store, cast.technician)
    alone = a_job(cast.store)
    site = a_site(a_customer(cast.store))
    young = a_case(site)
    old = a_job(cast.store, cast.technician, state="finished", case=a_case(site, opened_at=MOMENT - 2 * GOOD_FOR))
    db.session.commit()
    with clock.frozen(MOMENT):
        make_missing_links()
        version = db.session.get_one(Job, open_job.id).version
        assert _links(CASE) == {open_job.case_id, alone.case_id, young.id}
        assert _links(BADGE) == {open_job.id}
        make_missing_links()
    assert old.case_id not in _links(CASE)
    assert db.session.get_one(Job, open_job.id, populate_existing=True).version == version
