"""Lists of the team: read, checked, applied, the same again, undone; by the right person."""

import io
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.oplog import LogEntry
from fieldservice.people import actions as people_actions
from fieldservice.people.models import ShiftChange
from fieldservice.people.queries import standing_of
from fieldservice.people.rules import Held, PlanningEntry
from fieldservice.rosters.models import Roster
from fieldservice.rosters.rules import parts_of_skill, span_of
from tests.cast import Cast, sign_in
from tests.support.forms import post_form, token_of

LIST = """班组名单
工号,姓名,技能,证书有效期至,证书编号,星期一,星期日,日期,最后一天,类型,时间,事由
0217,王建国,低压电工证,2027-01-31,京A-1,9:00-17:00,休,,,,,
0217,,强化复合地板、维修,,,,,,,,,
,陈志强,,,,,,2026-12-01,2026-12-03,病假,,发烧
0218,陈志强,,,,,,2026-12-05,,调班,13:00-21:00,
9999,无名,维修,,,,,,,,,
0217,王建国,飞行,,,25:00-3,,,,,,
0917,外店师傅,维修,,,,,,,,,
0218,,,,,,,2026-12-09,2026-12-08,,,
0218,,,,,,,,,,,
"""


@pytest.fixture
def desk(client: FlaskClient, cast: Cast) -> FlaskClient:
    client.set_cookie("lang", "en", domain="localhost")
    return sign_in(client, cast.dispatcher)


def upload(desk: FlaskClient, content: str | bytes, name: str = "team.csv") -> Any:
    data = content if isinstance(content, bytes) else content.encode()
    token = token_of(desk.get("/team/import").text)
    return desk.post("/team/import", data={"csrf_token": token, "file": (io.BytesIO(data), name)})


def taken(desk: FlaskClient, content: str | bytes) -> str:
    answer = upload(desk, content)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def kinds(address: str) -> list[str]:
    found = db.session.get_one(Roster, address.rpartition("/")[2])
    return [line["kind"] for line in found.lines]


def test_a_list_is_checked_applied_and_undone(desk: FlaskClient, cast: Cast) -> None:
    before = PlanningEntry((Held("survey"),), home=(39.9, 116.4), van_m2=50)
    people_actions.save_planning(cast.technician, before, by=None, at=clock.now())
    address = taken(desk, LIST)
    assert kinds(address) == ["change"] * 4 + ["bad"] * 5
    page = desk.get(address).text
    for words in ("is not a technician of this branch", "“飞行” is no skill", "are no hours", "comes before the first",
                  "says nothing of skills"):  # fmt: skip
        assert words in page
    assert standing_of(cast.technician.id).entry == before, "nothing is written before somebody says so"
    post_form(desk, f"{address}/application")
    entry = standing_of(cast.technician.id).entry
    held = [Held("electrician", date(2027, 1, 31), "京A-1"), Held("laminate"), Held("repair"), Held("survey")]
    assert list(entry.skills) == held
    assert entry.week
    assert entry.week[0] == (540, 1020)
    assert entry.week[1] == (480, 1080), "what the list does not say stays as the branch has it"
    assert 6 not in entry.week
    assert (entry.home, entry.van_m2) == ((39.9, 116.4), 50)
    days = {row.on_day: (row.kind, row.start_minute) for row in db.session.scalars(sa.select(ShiftChange))}
    assert days == {**{date(2026, 12, day): ("sick", None) for day in (1, 2, 3)}, date(2026, 12, 5): ("shift", 780)}
    entries = db.session.scalar(sa.select(sa.func.count(LogEntry.id)))
    post_form(desk, f"{address}/application")
    assert db.session.scalar(sa.select(sa.func.count(LogEntry.id))) == entries, "a repeat writes nothing"
    assert "发烧" not in desk.get(address).text, "a reason is kept where it belongs, not with the list"
    again = taken(desk, LIST)
    assert kinds(again) == ["same"] * 4 + ["bad"] * 5, "the same file again changes nothing"
    post_form(desk, f"{address}/undoing")
    assert standing_of(cast.technician.id).entry == before
    assert db.session.scalar(sa.select(ShiftChange)) is None
    assert "nothing to undo" in post_form(desk, f"{address}/undoing", follow_redirects=True).text


def test_undo_leaves_what_was_changed_since(desk: FlaskClient, cast: Cast) -> None:
    address = taken(desk, "staff no,skills,date\n0217,repair,2026-12-01\n0218,repair,\n")
    post_form(desk, f"{address}/application")
    changed = standing_of(cast.technician.id).entry.with_skill(Held("tile"))
    people_actions.save_planning(cast.technician, changed, by=cast.branch_manager, at=clock.now())
    page = post_form(desk, f"{address}/undoing", follow_redirects=True).text
    assert "changed them since: 1" in page
    assert standing_of(cast.technician.id).entry == changed
    assert standing_of(cast.second_technician.id).entry.skills == ()


@pytest.mark.one_database
def test_the_exported_team_comes_in_again_and_changes_nothing(desk: FlaskClient, cast: Cast) -> None:
    entry = PlanningEntry((Held("electrician", date(2027, 1, 31), "京A-1"), Held("laminate")), {0: (540, 1440)})
    people_actions.save_planning(cast.technician, entry, by=None, at=clock.now())
    for language in ("en", "zh"):
        desk.set_cookie("lang", language, domain="localhost")
        for kind in ("csv", "xlsx"):
            address = taken(desk, desk.get(f"/team?export={kind}").data)
            assert kinds(address) == ["same", "same"], (language, kind)


@pytest.mark.one_database
def test_only_planners_bring_lists_and_see_those_of_their_branch(
    desk: FlaskClient, client: FlaskClient, cast: Cast
) -> None:
    address = taken(desk, "staff no,skills\n0217,repair\n")
    for person, status in ((cast.branch_manager, 200), (cast.head_office_manager, 200), (cast.outsider, 404),
                           (cast.service_desk, 403), (cast.technician, 403), (cast.finance, 403)):  # fmt: skip
        sign_in(client, person)
        assert client.get(address).status_code == status
        if status != 200:
            assert post_form(client, f"{address}/application").status_code == status
            assert post_form(client, f"{address}/undoing").status_code == status
    assert standing_of(cast.technician.id).entry.skills == ()


def test_somebody_who_left_the_branch_is_left_alone(desk: FlaskClient, cast: Cast) -> None:
    address = taken(desk, "staff no,skills\n0217,repair\n0218,repair\n")
    cast.technician.branch_id = cast.other_store.id
    db.session.commit()
    post_form(desk, f"{address}/application")
    assert standing_of(cast.technician.id).entry.skills == ()
    assert standing_of(cast.second_technician.id).entry.skills == (Held("repair"),)


@pytest.mark.parametrize(("content", "words"), [
    (b"", "nothing in this file"), (b"a,b\n1,2\n", "No line of headings"), (b"%PDF-1.7", "file"),
    (b"staff no,skills\n", "nothing in this file"), (b"PK\x03\x04junk", "file"), (b"\xff\xfe\x00", "file"),
    (b"staff no,skills\n" + b"0217,repair\n" * 3_001, "lines"), (b"x" * (2 * 1024 * 1024 + 1), "MB"),
])  # fmt: skip
@pytest.mark.one_database
def test_what_is_no_list_is_refused_in_words(desk: FlaskClient, content: bytes, words: str) -> None:
    answer = upload(desk, content)
    assert answer.status_code == 422
    assert words in answer.text
    assert db.session.scalar(sa.select(Roster)) is None


@pytest.mark.parametrize(("text", "span"), [
    ("8:00-18:00", (480, 1080)), ("８：００～１８：００", (480, 1080)), ("14–24", (840, 1440)), ("9至17", (540, 1020)),
    ("18-9", None), ("8:75-9", None), ("25-26", None), ("", None),
])  # fmt: skip
def test_hours_are_read_as_people_write_them(text: str, span: tuple[int, int] | None) -> None:
    assert span_of(text) == span


def test_a_skill_may_carry_its_day_and_number() -> None:
    assert parts_of_skill("Electrician's certificate 2026-12-31 京A 5") == (
        "Electrician's certificate", "2026-12-31", "京A 5")  # fmt: skip
    assert parts_of_skill(" 维修 ") == ("维修", "", "")
