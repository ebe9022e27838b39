"""The first page: what to handle first, in the order of the time that is left, for whom it concerns."""

import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldservice.accounts.models import Device
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.dispatch.rules import SILENT, UNSENT, stuck_phone
from tests.builders import MOMENT, a_case, a_customer, a_job, a_site
from tests.cast import Cast, sign_in
from tests.support.html import text_of
from tests.support.set_aside import set_aside
from tests.support.statements import counted

pytestmark = pytest.mark.every_rail

EN = {"Accept-Language": "en"}
HOUR = timedelta(hours=1)


@pytest.fixture
def dispatcher(client: FlaskClient, cast: Cast) -> FlaskClient:
    return sign_in(client, cast.dispatcher)


def read(client: FlaskClient, address: str = "/", at: datetime = MOMENT) -> str:
    with clock.frozen(at):
        answer = client.get(address, headers=EN)
    assert answer.status_code == 200
    return answer.text


def rows(page: str) -> list[str]:
    return [text_of(row) for row in re.findall(r'<li id="[a-z]+-.*?</li>', page, re.DOTALL)]


def named(cast: Cast, name: str, **given: object) -> object:
    return a_job(cast.store, given.pop("lead", None), site=a_site(a_customer(cast.store, address_form=name)), **given)


def test_the_least_time_left_comes_first_with_its_one_action(dispatcher: FlaskClient, cast: Cast) -> None:
    named(cast, "明天女士", start_at=MOMENT + timedelta(days=1))
    named(cast, "快到先生", start_at=MOMENT + timedelta(minutes=30))
    named(cast, "晚了女士", lead=cast.technician, start_at=MOMENT - HOUR)
    named(cast, "后天先生", start_at=MOMENT + timedelta(days=2))
    named(cast, "在做先生", lead=cast.technician, start_at=MOMENT - HOUR, state="working")
    page = read(dispatcher)
    found = rows(page)
    assert len(found) == 3, found
    assert ["晚了女士" in found[0], "快到先生" in found[1], "明天女士" in found[2]] == [True] * 3
    assert "1 h over" in found[0] and "Give to another" in found[0]  # noqa: PT018
    assert "30 min left" in found[1] and "Assign" in found[1]  # noqa: PT018
    assert page.count('class="over"') == page.count('class="soon"') == 1
    assert 'id="first-badge"><span class="vh">to handle: </span>3' in page


def test_a_kind_shows_alone_and_says_how_many(dispatcher: FlaskClient, cast: Cast) -> None:
    named(cast, "没人女士")
    named(cast, "晚了女士", lead=cast.technician, start_at=MOMENT - HOUR)
    page = read(dispatcher)
    assert "All 2" in text_of(page)
    assert "Late 1" in text_of(page)
    assert "没人女士" not in read(dispatcher, "/?kind=late")
    assert "Nothing of this kind" in read(dispatcher, "/?kind=photo")
    assert "没人女士" in read(dispatcher, "/?kind=nonsense")


def test_a_day_without_a_time_is_late_when_it_is_over(dispatcher: FlaskClient, cast: Cast) -> None:
    named(cast, "无时先生", lead=cast.technician, start_at=None)
    assert "无时先生" not in read(dispatcher)
    assert "is not done" in text_of(read(dispatcher, at=MOMENT + timedelta(days=1)))


def test_an_urgent_visit_without_a_day_waits_too(dispatcher: FlaskClient, cast: Cast) -> None:
    named(cast, "急事女士", start_at=None, visit_on=None, priority="emergency", priority_reason="漏水")
    named(cast, "不急女士", start_at=None, visit_on=None)
    page = read(dispatcher)
    assert "急事女士" in page
    assert "不急女士" not in page
    assert "Without a day: 2" in text_of(page)


def test_a_visit_to_be_made_again_is_there_until_somebody_plans_it(dispatcher: FlaskClient, cast: Cast) -> None:
    site = a_site(a_customer(cast.store))
    case = a_case(site)
    yesterday = MOMENT - timedelta(days=1)
    job = a_job(cast.store, cast.technician, site=site, case=case, start_at=yesterday, state="unfinished")
    assert f'href="/jobs/new?case={case.id}&amp;site={site.id}"' in read(dispatcher).replace("&site", "&amp;site")
    a_job(cast.store, cast.technician, site=site, case=case, start_at=MOMENT + timedelta(days=3))
    assert f"revisit-{job.id}" not in read(dispatcher)


def test_what_was_set_aside_is_one_matter_for_author_and_job(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician, start_at=MOMENT + timedelta(days=3))
    for minutes in (0, 5):
        set_aside(job, cast.technician, step="accept", minutes=minutes)
    found = [row for row in rows(read(dispatcher)) if "not applied" in row]
    assert len(found) == 1
    assert "not applied: 2" in found[0]


@pytest.mark.parametrize(("unsent_hours", "contact_hours", "duty", "expected"), [
    (None, 0.1, (-2, 4, True), None), (5, 0.1, None, UNSENT), (3, 3, None, None), (None, 3, (-4, 4, False), SILENT),
    (None, 3, (-1, 4, False), None), (None, 30, None, None), (None, 3, (-8, -1, False), None),
    (None, 3, (-8, -1, True), SILENT)])
def test_a_phone_is_asked_about(
        unsent_hours: float | None, contact_hours: float, duty: tuple[float, float, bool] | None,
        expected: str | None) -> None:
    on_duty = (MOMENT + duty[0] * HOUR, MOMENT + duty[1] * HOUR, duty[2]) if duty else None
    unsent_at = MOMENT - unsent_hours * HOUR if unsent_hours else None
    found = stuck_phone(unsent_at, MOMENT - contact_hours * HOUR, on_duty, MOMENT)
    assert (found.kind if found else None) == expected


def test_unsent_work_of_a_day_is_overdue(dispatcher: FlaskClient, cast: Cast) -> None:
    cast.technician.phone = "13811112222"
    db.session.add(Device(id=new_id(), person_id=cast.technician.id, name="手机", registered_at=MOMENT,
                          last_contact_at=MOMENT, pending_count=3, oldest_pending_at=MOMENT))
    db.session.commit()
    assert "Only on this phone: 3" not in read(dispatcher, at=MOMENT + 3 * HOUR)
    page = read(dispatcher, at=MOMENT + 5 * HOUR)
    assert "Only on this phone: 3" in text_of(page)
    assert 'href="tel:13811112222"' in page
    assert 'class="over"' in read(dispatcher, at=MOMENT + 25 * HOUR)


def test_a_store_sees_its_own_and_head_office_all(app: Flask, cast: Cast) -> None:
    named(cast, "丰台女士")
    a_job(cast.other_store, site=a_site(a_customer(cast.other_store, address_form="浦东先生")))
    assert "浦东先生" not in read(sign_in(app.test_client(), cast.dispatcher))
    assert "丰台女士" not in read(sign_in(app.test_client(), cast.outsider))
    manager = sign_in(app.test_client(), cast.head_office_manager)
    assert "丰台女士" in (page := read(manager))
    assert "浦东先生" in page
    assert "浦东先生" not in read(manager, "/?branch=BJ01")
    assert sign_in(app.test_client(), cast.outsider).get("/?branch=BJ01").status_code == 404


def test_who_may_not_assign_is_led_to_the_job(app: Flask, cast: Cast) -> None:
    job = named(cast, "没人女士")
    for person in (cast.finance, cast.service_desk):
        page = read(sign_in(app.test_client(), person))
        assert "/assignment" not in page
        assert f'href="/jobs/{job.id}"' in page


def test_nothing_to_handle_is_said_with_what_is_next(dispatcher: FlaskClient, cast: Cast) -> None:
    assert "No visits today." in read(dispatcher)
    named(cast, "有人女士", lead=cast.technician, start_at=MOMENT + HOUR)
    page = read(dispatcher)
    assert "Nothing is to be handled first." in page
    assert 'id="first-badge" hidden' in page


def test_the_figures_of_the_day_lead_to_their_lists(dispatcher: FlaskClient, cast: Cast) -> None:
    named(cast, "没人女士")
    assert 'href="/day?view=state#state-unassigned"' in read(dispatcher)


def test_it_asks_the_database_as_often_for_60_matters_as_for_6(dispatcher: FlaskClient, cast: Cast) -> None:
    counts = []
    for number in (6, 54):
        for place in range(number):
            lead = (None, cast.technician)[place % 2]
            a_job(cast.store, lead, start_at=MOMENT - HOUR, state="unfinished" if place % 6 == 1 else
                  "assigned" if lead else "unassigned")
        db.session.commit()
        with counted(db.engine) as statements:
            read(dispatcher)
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_who_is_named_as_late_still_stands_in_the_list_of_people(app: Flask, cast: Cast) -> None:
    """The rail counts what is late on every page, and so reads people by name only before the page reads them whole."""
    named(cast, "晚了女士", lead=cast.technician, start_at=MOMENT - HOUR)
    with clock.frozen(MOMENT):
        manager = sign_in(app.test_client(), cast.branch_manager)
        page = read(manager, "/people")
    assert "Technician" in page
    assert cast.technician.name in page
    assert "to handle: " in page


def badge(page: str) -> str:
    return re.search(r'id="first-badge"[^>]*>(?:<span[^>]*>[^<]*</span>)?(\d*)', page)[1]  # type: ignore[index]


def test_the_rail_is_counted_once_for_a_change_and_a_minute(app: Flask, cast: Cast) -> None:
    client, colleague = sign_in(app.test_client(), cast.dispatcher), sign_in(app.test_client(), cast.branch_manager)
    read(client, "/customers")
    named(cast, "没人女士")
    assert badge(read(client, "/customers")) == "1"
    with counted(db.engine) as again:
        assert badge(read(client, "/customers")) == "1"
    with counted(db.engine) as other:
        assert badge(read(colleague, "/customers")) == "1"  # it is the same for everybody of the branch
    job = named(cast, "有人女士", lead=cast.technician, start_at=MOMENT + timedelta(minutes=1))
    with counted(db.engine) as anew:
        assert badge(read(client, "/customers")) == "1"
    assert len(anew) > len(again) + 10
    assert len(other) <= len(again) + 2
    assert not [one for one in again if "FROM job" in one]
    # nothing is written, but nobody is on the way and its time has begun
    assert badge(read(client, "/customers", at=MOMENT + timedelta(minutes=3))) == "2"
    assert badge(read(sign_in(app.test_client(), cast.outsider), "/customers", at=MOMENT + timedelta(minutes=3))) == ""
    job.state = "en_route"
    db.session.commit()
    assert badge(read(client, "/customers", at=MOMENT + timedelta(minutes=3))) == "1"


def test_proposals_and_slips_belong_to_the_board(dispatcher: FlaskClient) -> None:
    for address, here in (("/day/slips", "/board"), ("/day/proposals", "/board"), ("/day", "/day"), ("/board", "/board")):
        assert re.findall(r'<a href="([^"]*)" aria-current="page"', read(dispatcher, address)) == [here]
