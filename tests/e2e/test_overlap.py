"""The office changes the address while a phone is away: both are kept, and both are told in plain words."""

import pytest
from playwright.sync_api import expect

from fieldservice.accounts.models import Person
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.customers import actions
from fieldservice.customers.models import Site
from fieldservice.jobs.models import Job
from tests.e2e.trip import DISPATCHER, a_job_for, press_next, sign_in_desk, sign_in_phone
from tests.support.browser import NETWORK_ERROR, assert_accessible


def move_house(app, job_id):
    with app.app_context():
        site = db.session.get_one(Site, db.session.get_one(Job, job_id).site_id)
        by = db.session.query(Person).filter_by(staff_no=DISPATCHER).one()
        details = actions.SiteDetails(address="望京西园三区 5 号楼", district=site.district, unit=site.unit)
        actions.change_site(site, details, expected_version=site.version, by=by, at=clock.now())
        db.session.commit()


@pytest.mark.parametrize("language", ["zh-CN"])
def test_both_are_kept_and_told(phone, phone_context, desk, server, server_app, watch):
    watch.expect(NETWORK_ERROR)
    job_id = a_job_for(server_app)
    sign_in_phone(phone, server)
    phone.goto(f"/app/#/job/{job_id}")
    expect(phone.get_by_role("heading", level=1)).to_contain_text("龚女士")
    phone_context.set_offline(True)
    press_next(phone)
    move_house(server_app, job_id)
    phone_context.set_offline(False)
    card = phone.locator(".job-happened", has_text="两者都已保留")
    expect(card).to_contain_text("修改了地址", timeout=30_000)
    expect(phone.get_by_text("望京西园三区 5 号楼").first).to_be_visible()
    assert_accessible(phone)
    card.get_by_role("button").click()
    expect(card).to_have_count(0)
    phone.reload()
    expect(phone.get_by_text("望京西园三区 5 号楼").first).to_be_visible()
    expect(card).to_have_count(0)

    sign_in_desk(desk, server)
    desk.goto(f"/jobs/{job_id}")
    expect(desk.get_by_text("当时还没看到这次修改")).to_be_visible()
