"""Links: their tokens, and that cases and visits have them from the start."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from fieldservice.cases.actions import open_case
from fieldservice.core.db import db
from fieldservice.jobs import actions as job_actions
from fieldservice.jobs.models import Job
from fieldservice.portal import actions, tokens
from fieldservice.portal.models import BADGE, CASE, Link
from tests.builders import MOMENT, a_customer, a_job, a_site


def test_a_token_can_be_worked_out_again_and_only_with_the_key():
    token = tokens.token_of("link-1", 1, key="k")
    assert len(token) == tokens.TOKEN_LENGTH
    assert token == tokens.token_of("link-1", 1, key="k")
    assert len({token, tokens.token_of("link-1", 2, key="k"), tokens.token_of("link-2", 1, key="k"),
                tokens.token_of("link-1", 1, key="other")}) == 4


def test_a_case_has_its_link_when_it_is_opened(app, cast):
    site = a_site(a_customer(cast.store))
    case = open_case(site.customer, "repair", "起拱", by=cast.dispatcher, at=MOMENT)
    db.session.commit()
    link = _links(CASE)[0]
    assert (link.case_id, link.expires_at) == (case.id, MOMENT + actions.GOOD_FOR)
    address = actions.address_of(link)
    assert link.token_hash == tokens.hash_of(address.rsplit("/", 1)[1])
    assert address.startswith(f"{app.config['BASE_URL']}/c/")
    assert actions.case_link(case.id, at=MOMENT) is link


def test_a_case_never_has_two_links(cast, session):
    job = a_job(cast.store)
    actions.case_link(job.case_id, at=MOMENT)
    db.session.add(Link(scope=CASE, case_id=job.case_id, token_hash="x", made_at=MOMENT, expires_at=MOMENT))
    with pytest.raises(IntegrityError):
        db.session.commit()


def test_whoever_goes_has_a_badge_link_for_this_visit(cast, session):
    job = a_job(cast.store)
    for lead in (cast.technician, cast.second_technician, None, cast.technician):
        job_actions.assign_job(job, lead, expected_version=job.version, by=cast.dispatcher, at=MOMENT)
        db.session.commit()
    links = {link.person_id: link for link in _links(BADGE)}
    assert set(links) == {cast.technician.id, cast.second_technician.id}
    assert {link.job_id for link in links.values()} == {job.id}


def test_the_phone_is_told_of_a_new_address(cast, session):
    job = a_job(cast.store, cast.technician)
    before = job.version
    actions.case_link(job.case_id, at=MOMENT)
    db.session.commit()
    assert session.get(Job, job.id).version > before


def _links(scope):
    return list(db.session.scalars(sa.select(Link).filter_by(scope=scope)))
