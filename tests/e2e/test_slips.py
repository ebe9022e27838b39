"""A day that slips, in a browser: somebody is sick, what helps is accepted, a customer is told, all of it is taken back.
And the best times: taken at the desk, offered to the customer by the link.
"""

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from fieldservice.accounts.models import Person
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.i18n import local
from fieldservice.jobs.models import Job
from tests.builders import a_customer, a_job, a_site
from tests.e2e.conftest import SMALL_PHONE
from tests.e2e.test_customer import let_in, links_of
from tests.e2e.trip import sign_in_desk
from tests.support.browser import assert_accessible
from tests.support.server import Server

SICK = "0217"
english = pytest.mark.parametrize("language", ["en"])


def person(staff_no: str) -> Person:
    return db.session.scalars(sa.select(Person).filter_by(staff_no=staff_no)).one()


@english
def test_a_sick_call_is_helped_told_and_taken_back(desk: Page, server: Server, server_app: Flask) -> None:
    with server_app.app_context():
        sick = person(SICK)
        sick_id = sick.id
        nine = local(clock.now(), sick.branch.timezone).replace(hour=9, minute=30, second=0, microsecond=0)
        nine += timedelta(days=3)  # no hour of that day is over
        for name, hours in (("苗女士", 0), ("贺先生", 5)):
            site = a_site(a_customer(sick.branch, address_form=name), lat=39.86, lng=116.29)
            a_job(sick.branch, sick, site=site, start_at=nine + timedelta(hours=hours))
        db.session.commit()
    sign_in_desk(desk, server)
    desk.goto(f"/day/slips?day={nine.date()}")
    desk.locator("#sick-person").select_option(sick_id)
    desk.get_by_role("button", name="Is sick on this day").click()
    slip = desk.locator(f"#slip-away-{sick_id}")
    expect(slip.get_by_role("heading", name="王建国 is sick")).to_be_visible()
    expect(slip).to_contain_text("苗女士")
    expect(slip.locator(".diff-move b").first).to_have_text(re.compile(r"^\S+ \d\d:\d\d$"))  # who, and when, as one
    assert_accessible(desk)
    slip.get_by_role("button", name=re.compile("^Accept all")).click()
    expect(slip).to_have_count(0)
    changed = desk.locator("#slip-changed")
    expect(changed.locator(".slip-row")).to_have_count(2)
    changed.get_by_role("link", name="Tell 苗女士").click()
    dialog = desk.locator("#dialog")
    expect(dialog.locator("#f-words")).to_be_focused()
    assert_accessible(desk)
    dialog.get_by_role("button", name="The customer was told").click()
    expect(changed).to_contain_text(re.compile(r"Told \d\d:\d\d by "))
    desk.locator(".toast").get_by_role("button", name="Undo").click()
    expect(desk.get_by_text("Undone: 2.")).to_be_visible()
    expect(changed).to_have_count(0)
    expect(slip).to_contain_text("苗女士")  # 王建国 has them again, and is away
    with server_app.app_context():
        leads = sa.select(Job.lead_id).where(Job.visit_on == nine.date(), Job.lead_id == sick_id)
        assert len(db.session.scalars(leads).all()) == 2


@english
def test_the_best_times_are_taken_at_the_desk_and_offered_by_the_link(
    desk: Page, server: Server, server_app: Flask, open_context: Callable[..., BrowserContext]
) -> None:
    with server_app.app_context():
        site = a_site(a_customer(person(SICK).branch, address_form="柯女士"), lat=39.86, lng=116.29)
        job = a_job(person(SICK).branch, site=site, start_at=None, visit_on=None)
        job_id = job.id
        db.session.commit()
    sign_in_desk(desk, server)
    desk.goto(f"/jobs/{job_id}/slots")
    expect(desk.locator(".slot")).to_have_count(5)
    assert_accessible(desk)
    # in another order, by key; on a narrow page nothing is cut
    desk.locator("#slots-by-way").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#slots-by-way")).to_have_attribute("aria-current", "true")
    expect(desk.locator(".slot")).to_have_count(5)
    wide = desk.viewport_size or {"width": 1366, "height": 768}
    desk.set_viewport_size({"width": 360, "height": 640})
    assert desk.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert_accessible(desk)
    desk.set_viewport_size(wide)
    desk.locator(".slot button").first.click()
    desk.wait_for_url(f"**/jobs/{job_id}")
    with server_app.app_context():
        taken = db.session.get_one(Job, job_id)
        assert taken.lead_id
        assert taken.is_promised
    page = open_context(**SMALL_PHONE).new_page()
    case, _badge, digits = links_of(server_app, job_id)
    let_in(page, case, digits)
    page.locator("#wish summary").click()
    windows = page.locator("#wish input[name=window]")
    expect(windows.first).to_be_visible()
    assert 2 <= windows.count() <= 4  # at most three, and none of them
    assert_accessible(page)
    windows.first.check()
    page.locator("#wish button").click()
    expect(page.locator("#wish")).to_contain_text("You asked for another time")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_best_times_of_a_form_are_ordered_without_leaving_it(
    language: str, desk: Page, server: Server, server_app: Flask
) -> None:
    with server_app.app_context():
        site = a_site(a_customer(person(SICK).branch, address_form="柯女士"), lat=39.86, lng=116.29)
        db.session.commit()
        site_id = site.id
    sign_in_desk(desk, server)
    desk.goto(f"/jobs/new?site={site_id}")
    desk.locator("[hx-post='/jobs/slots']").click()
    expect(desk.locator("#slots .slot")).to_have_count(5)
    way = desk.locator("#slots-by-way")
    expect(way).to_have_text("Least way" if language == "en" else "最少跑路")
    way.focus()
    desk.keyboard.press("Enter")
    expect(way).to_have_attribute("aria-pressed", "true")
    expect(way).to_be_focused()  # the list beside it is another, one's place is the same
    assert_accessible(desk)
    desk.set_viewport_size({"width": 360, "height": 640})
    assert desk.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    take = desk.locator("#slots .slot button").first
    wanted = json.loads(take.get_attribute("data-fields") or "{}")
    take.click()
    expect(desk.locator("[name=visit_on]")).to_have_value(wanted["visit_on"])
    expect(desk.locator("[name=lead_id]")).to_have_value(wanted["lead_id"])
