"""The order of a technician's day on the phone, without a network: shown, changed at a price, moved by a late start."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page, expect

from fieldservice.accounts.models import Person
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.i18n import local
from fieldservice.jobs.models import Job
from fieldservice.visits.queries import order_of
from tests.builders import a_customer, a_job, a_site
from tests.e2e.trip import TECHNICIAN, press_next, reading, sign_in_phone
from tests.e2e.words import zh
from tests.support.browser import NETWORK_ERROR, assert_accessible, offline

#: form of address, hours of the window, minutes of work, where; None: no position
STOPS = (
    ("曾女士", 9, 90, (39.9962, 116.4741)),
    ("吕先生", 10.5, 60, (39.9958, 116.4700)),
    ("严女士", 13, 60, None),
    ("金先生", 14, 60, (39.8241, 116.3472)),
    ("华女士", 15.5, 60, (39.9651, 116.2903)),
)


def _moment(day: date, hours: float) -> datetime:
    """By the clock of the branch, which is eight hours ahead."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours - 8)


def _a_day(app: Flask, day: date) -> dict[str, str]:
    """The technician has these stops that day and no others; form of address → job."""
    with app.app_context():
        person = db.session.scalars(sa.select(Person).filter_by(staff_no=TECHNICIAN)).one()
        other = db.session.scalars(sa.select(Person).filter_by(staff_no="0219")).one()
        for job in db.session.scalars(sa.select(Job)).unique():
            job.lead_id = other.id if job.lead_id == person.id else job.lead_id
            job.helper_rows = [row for row in job.helper_rows if row.person_id != person.id]
        db.session.commit()
        found = {}
        for name, hours, minutes, place in STOPS:
            lat, lng = place or (None, None)
            customer = a_customer(person.branch, name=name[0] + "某", address_form=name, phone="13877776666")
            site = a_site(customer, lat=lat, lng=lng, position_source="pin" if place else "")
            found[name] = a_job(person.branch, person, site=site, start_at=_moment(day, hours), planned_minutes=minutes,
                                state="accepted", type="courtesy_visit").id  # fmt: skip
        return found


def _order(page: Page) -> list[str]:
    return [text.split(" ")[0] for text in page.locator("ol.route .stop-body strong").all_inner_texts()]


@pytest.mark.slow
@pytest.mark.expect_console(NETWORK_ERROR)
def test_the_order_holds_without_a_network_and_its_price_is_told(own_server, server_app, phone_context) -> None:
    today = local(clock.now(), "Asia/Shanghai").date()
    day = today + timedelta(days=(2 - today.weekday()) % 7)  # a Wednesday: with lunch
    jobs = _a_day(server_app, day)
    page = phone_context.new_page()
    page.clock.set_fixed_time(_moment(day, 8.25))
    sign_in_phone(page, own_server)
    with offline(phone_context):
        page.reload()
        way = page.locator(".way")
        expect(way).to_be_visible(timeout=15_000)
        assert _order(page) == ["曾女士", "吕先生", "严女士", "金先生", "华女士"]
        expect(page.locator(".travel", has_text=zh("No position: not part of the estimates"))).to_have_count(1)
        expect(page.locator(".travel-risk")).to_have_count(0)
        assert [worker.url.rsplit("/", 1)[1] for worker in page.workers] == ["order.js"], "it is reckoned beside the page"
        assert_accessible(page)

        # the last one goes first: what that costs is said before it is kept, and after
        page.locator("#arrange").click()
        page.locator(f"[data-move='next-{jobs['华女士']}']").click()
        price = page.locator("[role=status].note")
        expect(price).to_contain_text("曾女士")
        assert_accessible(page)
        page.get_by_role("button", name=zh("Keep this order")).click()
        expect(page.locator("ol.route .stop-body strong").first).to_have_text("华女士")
        expect(way).to_contain_text(zh("Your own order."))
        late = page.locator("li", has_text="曾女士")
        expect(late.get_by_role("link", name=zh("Tell {name}"))).to_have_attribute("href", "tel:13877776666")

        # by the arrows, with the keyboard: the focus stays with the row
        page.locator("#arrange").click()
        down = page.locator(f"[data-move='down-{jobs['华女士']}']")
        down.press("Enter")
        expect(page.locator("ol.arrange strong").nth(1)).to_have_text("华女士")
        expect(down).to_be_focused()
        page.get_by_role("button", name=zh("Cancel"), exact=True).click()
        expect(page.locator("ol.route .stop-body strong").first).to_have_text("华女士")

    # the office hears of it
    with page.expect_response(lambda answer: "order_day" in (answer.request.post_data or ""), timeout=15_000):
        page.reload()
    with reading(server_app):
        person = db.session.scalars(sa.select(Person).filter_by(staff_no=TECHNICIAN)).one()
        kept = order_of(person.id, day)
        assert kept is not None
        assert (kept.job_ids[0], kept.pinned) == (jobs["华女士"], [jobs["华女士"]])
        assert jobs["严女士"] not in kept.estimates

    with offline(phone_context):
        page.get_by_role("button", name=zh("Back to the proposed order")).click()
        expect(page.locator("ol.route .stop-body strong").first).to_have_text("曾女士")
        # two hours late at the first one: every later arrival moves, and who would wait can be told
        page.clock.set_fixed_time(_moment(day, 10.75))
        press_next(page)
        expect(page.locator(".travel-risk").first).to_be_visible(timeout=10_000)
        expect(page.locator("li", has_text="吕先生").locator(".stop-tell a")).to_be_visible()
