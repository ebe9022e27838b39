"""What a day should not hold and does: each has its clear word on each page of planning, nothing crashes, nothing is
dropped in silence.
"""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from flask.testing import FlaskClient

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.dispatch import relief
from fieldservice.dispatch.models import Proposal
from fieldservice.jobs.models import Job
from fieldservice.people.models import BranchPlanning, PersonSkill, ShiftChange
from tests.builders import MOMENT, a_customer, a_job, a_site
from tests.cast import Cast, sign_in
from tests.dispatch.made import a_proposal
from tests.support.html import text_of

EN = {"Accept-Language": "en"}
HOUR = timedelta(hours=1)
TODAY = MOMENT.date()
PAGES = ("/", "/day", f"/board?day={TODAY}", f"/board?day={TODAY}&map=1", f"/board/map?day={TODAY}",
         f"/day/slips?day={TODAY}", f"/day/proposals?day={TODAY}", "/positions", "/team")  # fmt: skip
pytestmark = pytest.mark.one_database


@pytest.fixture
def desk(client: FlaskClient, cast: Cast) -> Any:
    """A branch with a place, at 10:00 of a Saturday."""
    db.session.add(BranchPlanning(
        branch_id=cast.store.id, weekdays=list(range(7)), start_minute=480, end_minute=1080, lunch_earliest=690,
        lunch_latest=810, lunch_minutes=45, lat=39.99, lng=116.47))  # fmt: skip
    with clock.frozen(MOMENT):
        yield sign_in(client, cast.dispatcher)


def visit(cast: Cast, name: str, lead: Any = None, *, at: Any = (39.99, 116.47), begins: Any = HOUR, **given: Any) -> Job:
    site = a_site(a_customer(cast.store, address_form=name), lat=at[0], lng=at[1],
                  position_source="hand" if at[0] is not None else "")  # fmt: skip
    start = None if begins is None else MOMENT + begins
    return a_job(cast.store, lead, site=site, start_at=start, **given)


def seen(desk: FlaskClient, address: str) -> str:
    answer = desk.get(address, headers=EN)
    assert answer.status_code == 200, address
    return text_of(answer.text)


def proposed(desk: FlaskClient, cast: Cast, mode: str = "full") -> str:
    """The page of a proposal; every open visit of the day stands on it, or keeps its place."""
    with patch("fieldservice.dispatch.tasks.make_proposal"):
        found = a_proposal(TODAY, by=cast.dispatcher, mode=mode)
    assert db.session.get_one(Proposal, found).state == "done"
    return seen(desk, f"/day/proposals/{found}")


def test_positions_that_are_none_or_cannot_be_say_so_everywhere(desk: FlaskClient, cast: Cast) -> None:
    nowhere = visit(cast, "无处女士", at=(None, None))
    sea, zero, far = visit(cast, "海里先生", at=(38.9, 123.4)), visit(cast, "零点女士", at=(0.0, 0.0)), visit(
        cast, "上海先生", at=(31.2, 121.4))  # fmt: skip
    own = visit(cast, "海边女士", cast.technician, at=(38.9, 123.4))
    visit(cast, "近处女士")
    page = proposed(desk, cast)
    for name, why in (("无处女士", "The address has no position on the map yet."),
                      ("海里先生", "lies in the sea or abroad"), ("零点女士", "lies in the sea or abroad"),
                      ("上海先生", "km from whoever could come"), ("海边女士", "lies in the sea or abroad")):  # fmt: skip
        assert name in page
        assert why in page
    assert "近处女士" in page
    for job, why in ((nowhere, "Nobody knows where it is"), (sea, "in the sea or abroad"), (own, "in the sea"),
                     (zero, "in the sea or abroad"), (far, "km from whoever could come")):  # fmt: skip
        assert why in seen(desk, f"/jobs/{job.id}/slots")
    drawn = seen(desk, f"/board/map?day={TODAY}")
    assert "Not on the map, without a position: 1." in drawn
    astray = drawn.partition("too far for anybody, put the pins right:")[2].partition("Nothing chosen")[0]
    assert sorted(astray.replace(" ", "").split(",")) == sorted(["海里先生", "零点女士", "上海先生", "海边女士"])
    board = seen(desk, f"/board?day={TODAY}")
    for name in ("无处女士", "海里先生", "零点女士", "上海先生", "海边女士", "近处女士"):
        assert name in board
    for address in PAGES:
        seen(desk, address)


def test_windows_that_are_over_and_pins_that_contradict_say_so(desk: FlaskClient, cast: Cast) -> None:
    db.session.add(PersonSkill(person_id=cast.technician.id, skill="laminate"))
    db.session.add(ShiftChange(person_id=cast.second_technician.id, on_day=TODAY, kind="sick", made_at=MOMENT))
    visit(cast, "昨早女士", begins=-2 * HOUR)  # till 8:30 or so
    visit(cast, "两处先生", cast.technician, pinned_lead=True, is_promised=True, planned_minutes=120)
    visit(cast, "同时女士", cast.technician, pinned_lead=True, is_promised=True, planned_minutes=120)
    visit(cast, "不会先生", cast.technician, pinned_lead=True, skills=["electrician"])
    visit(cast, "生病女士", cast.second_technician, pinned_lead=True)
    for mode in ("fill", "replan", "full"):
        page = proposed(desk, cast, mode)
        assert "昨早女士" in page, mode
        assert "The customer asked for 陈志强, who is sick." in page, mode
        assert "不会先生" in page, mode
    slips = seen(desk, f"/day/slips?day={TODAY}")
    assert "陈志强 is sick" in slips
    assert "The customer asked for this technician." in slips
    assert "min late" in slips  # who is pinned twice for one time is late to the second
    for address in PAGES:
        seen(desk, address)


def test_a_day_nobody_can_do_is_looked_at_and_not_searched(
    desk: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1,500 visits of two technicians: a search for the smallest change would take minutes (here 4 are too many)."""
    monkeypatch.setattr(relief, "MOST_IN_A_DAY", 3)
    monkeypatch.setattr(relief, "MOST_TAKEN_OVER", 3)
    for number in range(5):
        visit(cast, f"第{number}位", cast.technician, planned_minutes=30)
    page = seen(desk, f"/day/slips?day={TODAY}")
    assert "Moving one or two visits does not help" in page
    db.session.add(ShiftChange(person_id=cast.technician.id, on_day=TODAY, kind="sick", made_at=MOMENT))
    page = seen(desk, f"/day/slips?day={TODAY}")
    assert all(f"第{number}位" in page for number in range(5))
    assert "Who could take them" in page


def test_nobody_there_at_all_is_said(desk: FlaskClient, cast: Cast) -> None:
    """Technicians without a shift, then a branch that has none."""
    db.session.query(BranchPlanning).one().weekdays = [0]  # Mondays
    job = visit(cast, "等人女士", begins=3 * HOUR)
    held = visit(cast, "有人先生", cast.technician, begins=3 * HOUR)
    page = proposed(desk, cast, "replan")
    assert "Nobody works on this day." in page
    assert "Nobody has time in the next seven days" not in seen(desk, f"/jobs/{job.id}/slots")  # on Monday somebody has
    assert "有人先生" in page
    for address in (*PAGES, f"/jobs/{held.id}/slots"):
        seen(desk, address)
    for person in (cast.technician, cast.second_technician):
        person.is_active = False
    page = proposed(desk, cast, "full")
    assert "等人女士" in page
    assert "有人先生" in page
    assert "Nobody has time in the next seven days" in seen(desk, f"/jobs/{job.id}/slots")
    assert "Nobody is on duty." in seen(desk, f"/day/slips?day={TODAY}")
    for address in PAGES:
        seen(desk, address)
