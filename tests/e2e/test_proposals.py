"""A proposal in the browser: the page follows the worker by itself, lines are ticked, accepted and taken back."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page, expect

from fieldservice.accounts.models import Person
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.i18n import local
from fieldservice.dispatch.models import Proposal
from fieldservice.dispatch.rules import COMPUTING, DONE
from tests.builders import a_customer, a_job, a_site
from tests.dispatch.made import a_proposal
from tests.e2e.trip import sign_in_desk
from tests.support.browser import assert_accessible
from tests.support.server import Server

DISPATCHER = "0102"


@pytest.mark.parametrize("language", ["en"])
def test_a_dispatcher_watches_accepts_and_takes_back(desk: Page, server: Server, server_app: Flask) -> None:
    with server_app.app_context():
        person = db.session.scalars(sa.select(Person).filter_by(staff_no=DISPATCHER)).one()
        today = local(clock.now(), person.branch.timezone).date()
        day = today + timedelta(days=15 - today.weekday())  # a Tuesday beyond the visits of the sample
        for name in ("苗女士", "贺先生"):
            site = a_site(a_customer(person.branch, address_form=name), lat=39.93, lng=116.45)
            a_job(person.branch, site=site, start_at=None, visit_on=day)
        proposal_id = a_proposal(day, by=person)
        row = db.session.get_one(Proposal, proposal_id)
        one, other = sorted(row.lines, key=lambda line: line.number)
        other.needs = [one.number]
        numbers = one.number, other.number
        row.state, row.progress, row.touched_at = COMPUTING, 0, clock.now() + timedelta(hours=1)
        row.is_getting_ready = True
        db.session.commit()
    sign_in_desk(desk, server)
    desk.goto(f"/board?day={day}")
    desk.locator("#propose-running").click()
    expect(desk.get_by_role("heading", name="The search is being got ready")).to_be_visible()
    assert_accessible(desk)
    with server_app.app_context():
        row = db.session.get_one(Proposal, proposal_id)
        row.is_getting_ready, row.progress = False, 400
        db.session.commit()
    expect(desk.get_by_role("progressbar")).to_have_attribute("value", "400")  # by itself
    expect(desk.get_by_role("heading", name="The day is being worked out")).to_be_visible()
    with server_app.app_context():
        db.session.get_one(Proposal, proposal_id).state = DONE
        db.session.commit()
    expect(desk.locator("#accept-all")).to_be_visible()  # by itself
    assert_accessible(desk)
    expect(desk.locator(".proposal-lines[data-started]")).to_have_count(1)
    first, second = desk.locator(f"#tick-{numbers[0]}"), desk.locator(f"#tick-{numbers[1]}")
    first.uncheck()  # what needs it falls with it, and says so
    expect(second).not_to_be_checked()
    expect(desk.get_by_text(f"Left out too: it needs line {numbers[0]}.")).to_be_visible()
    second.check()
    expect(first).to_be_checked()
    expect(desk.get_by_text(f"Ticked too: line {numbers[1]} needs it.")).to_be_visible()
    second.uncheck()
    desk.locator("#accept-chosen").click()
    expect(desk.get_by_text("Accepted: 1.", exact=True)).to_be_visible()
    expect(desk.locator("input[name=line]")).to_have_count(1)
    expect(desk.locator("input[name=line]")).not_to_be_checked()  # it was left out on purpose
    expect(desk.locator("#proposal-board")).to_have_attribute("href", f"/board?day={day}")
    desk.locator("#proposal-undo").click()
    expect(desk.get_by_text("Taken back: 1.", exact=True)).to_be_visible()
    desk.goto(f"/board?day={day}")
    desk.locator("#propose").click()
    expect(desk.locator("#dialog").get_by_role("radio", name="Fill the gaps")).to_be_checked()
    assert_accessible(desk)
