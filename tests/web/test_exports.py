"""Every list of the desk goes along as a file: as narrowed, in its order, all its rows; who took it is written down."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from fieldservice.accounts.models import AccessEntry, Device, Person, PersonRole
from fieldservice.accounts.views import people as views_of_people
from fieldservice.checklists.actions import install_standard
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.core.permissions import needs
from fieldservice.web import exports
from tests.builders import a_customer, a_job, a_site
from tests.cast import Cast, sign_in
from tests.core.test_tables import read_csv, read_xlsx
from tests.support.as_served import as_served, being_taken

#: pages with a table that is no list of things
NO_LISTS: dict[str, str] = {}
LINK = re.compile(r'href="([^"]*[?&;]export=(csv|xlsx)[^"]*)"')


@pytest.fixture
def desk(client: FlaskClient, cast: Cast) -> FlaskClient:
    return sign_in(client, cast.dispatcher)


@pytest.fixture
def everybody(client: FlaskClient, cast: Cast) -> FlaskClient:
    """Somebody who may open every page of the desk, in a branch where there is something of everything."""
    cast.head_office_manager.role_rows.append(PersonRole(role="administrator"))
    a_job(cast.store, cast.technician)
    install_standard(at=clock.now())
    db.session.add(
        Device(id=new_id(), person_id=cast.technician.id, name="门店手机 07", registered_at=clock.now(), last_seq=0)
    )
    db.session.commit()
    return sign_in(client, cast.head_office_manager)


def addresses(app: Flask) -> Iterator[str]:
    """Pages that need nothing in their address."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments and not re.match(r"/(api|app|events|static)", rule.rule):
            yield rule.rule


def rows(client: FlaskClient, address: str) -> list[list[str]]:
    answer = as_served(client, address)
    assert answer.status_code == 200, answer.text[:500]
    assert answer.content_type == "text/csv; charset=utf-8"
    return read_csv(answer.data)


def names(client: FlaskClient, address: str, column: str = "客户") -> list[str]:
    head, *found = rows(client, address)
    return [row[head.index(column)] for row in found]


def links(text: str) -> dict[str, str]:
    return {kind: unescape(link) for link, kind in LINK.findall(text)}


def test_each_list_of_the_desk_offers_both_files(app: Flask, everybody: FlaskClient) -> None:
    lists = []
    for address in addresses(app):
        page = everybody.get(address)
        if 'class="table ' not in page.text or address in NO_LISTS:
            continue
        lists.append(address)
        found = links(page.text)
        assert set(found) == {"csv", "xlsx"}, f"{address} is a list that cannot be taken along"
        table = rows(everybody, found["csv"])
        assert len(table) > 1, address
        assert {len(row) for row in table} == {len(table[0])}
        book = as_served(everybody, found["xlsx"])
        assert book.content_type.endswith("spreadsheetml.sheet"), address
        assert int(book.headers["Content-Length"]) == len(book.data)
        sheet = read_xlsx(book.data)
        assert [text for _kind, text in sheet[0].values()] == table[0]
        assert len(sheet) >= len(table)
    assert {"/jobs", "/customers", "/people", "/branches", "/devices", "/checklists"} <= set(lists)


def test_the_inbox_goes_along_too(desk: FlaskClient) -> None:
    [head] = rows(desk, "/inbox?export=csv")
    assert head[:5] == ["状态", "经手人", "派工单号", "客户", "内容"]


def test_all_rows_go_along_as_narrowed_and_ordered(desk: FlaskClient, cast: Cast) -> None:
    for number in range(60):
        a_job(cast.store, site=a_site(a_customer(cast.store, name=f"客户{number:02}")), type="survey")
    a_job(cast.store, type="repair")
    page = desk.get("/jobs?type=survey&sort=number&page=2").text
    link = links(page)["csv"]
    assert "type=survey" in link
    assert "sort=number" in link
    assert "page" not in link
    assert names(desk, link) == [f"客户{number:02}" for number in range(60)]
    assert names(desk, "/jobs?q=客户07&export=csv") == ["客户07"]
    assert names(desk, "/jobs?q=nobody&export=csv") == []


def test_another_branch_is_not_in_it(client: FlaskClient, cast: Cast) -> None:
    a_job(cast.store)
    outsider = sign_in(client, cast.outsider)
    assert names(outsider, "/jobs?export=csv") == []
    assert names(outsider, "/customers?export=csv", "姓名") == []


@pytest.mark.parametrize(
    ("who", "address"), [("dispatcher", "/people"), ("dispatcher", "/branches"), ("finance", "/devices")]
)
def test_who_may_not_see_the_list_may_not_take_it(client: FlaskClient, cast: Cast, who: str, address: str) -> None:
    assert sign_in(client, getattr(cast, who)).get(f"{address}?export=csv").status_code == 403


def test_signed_out_there_is_no_file(client: FlaskClient, cast: Cast) -> None:
    answer = client.get("/jobs?export=csv")
    assert answer.status_code == 302
    assert "/sign-in" in answer.headers["Location"]


def test_a_number_is_whole_only_for_who_may_open_it(app: Flask, cast: Cast) -> None:
    a_job(cast.store, site=a_site(a_customer(cast.store, phone="13812342716")))
    seen = {
        role: names(sign_in(app.test_client(), getattr(cast, role)), "/jobs?export=csv", "电话")
        for role in ("dispatcher", "finance")
    }
    assert seen == {"dispatcher": ["13812342716"], "finance": ["138 **** 2716"]}


def test_what_a_customer_is_called_is_no_formula(desk: FlaskClient, cast: Cast) -> None:
    a_customer(cast.store, name='=HYPERLINK("http://x")', remark="＝1")
    db.session.commit()
    assert names(desk, "/customers?export=csv", "姓名") == ["'=HYPERLINK(\"http://x\")"]
    sheet = read_xlsx(desk.get("/customers?export=xlsx").data)
    assert sheet[1]["A"] == ("inlineStr", '=HYPERLINK("http://x")')


def test_every_export_is_in_the_access_log(desk: FlaskClient, cast: Cast) -> None:
    desk.get("/jobs?export=csv")
    desk.get("/customers?q=张&export=xlsx")
    desk.get("/jobs?export=nonsense")
    entries = db.session.scalars(sa.select(AccessEntry).order_by(AccessEntry.id)).all()
    said = [(entry.act, entry.subject_type, entry.person_id) for entry in entries if "export" in entry.act]
    assert said == [
        ("list_exported_csv", "jobs", cast.dispatcher.id),
        ("list_exported_xlsx", "customers", cast.dispatcher.id),
    ]


def test_what_cannot_be_logged_does_not_leave(
    desk: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_event: Any) -> None:
        raise RuntimeError("no log")

    monkeypatch.setattr(exports.events, "publish", broken)
    answer = desk.get("/jobs?export=csv")
    assert answer.status_code == 500
    assert "Content-Disposition" not in answer.headers


def test_what_was_read_before_the_note_is_still_there(everybody: FlaskClient, app: Flask) -> None:
    """A view that asks for its rows too early makes a slower file, not a broken one."""

    @needs("desk.read")
    def early() -> Response:
        found = db.session.scalars(sa.select(Person)).all()
        columns = (("Name", lambda person: person.name), ("Store", lambda person: person.branch.name))
        return exports.send_list("early", "Early", columns, lambda: found)

    app.add_url_rule("/early", view_func=early)
    for kind, read in (("csv", lambda data: len(read_csv(data))), ("xlsx", lambda data: len(read_xlsx(data)))):
        answer = as_served(everybody, f"/early?export={kind}")
        assert answer.status_code == 200
        assert read(answer.data) == 1 + db.session.scalar(sa.select(sa.func.count(Person.id)))


def test_a_file_that_fails_does_not_leave_in_part(
    everybody: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def names_of(person: Person) -> str:
        if person.staff_no == "0902":
            raise ValueError("no name")
        return person.name

    monkeypatch.setattr(views_of_people.exports, "people_columns", lambda: (("Name", names_of),))
    for kind in ("csv", "xlsx"):
        answer = as_served(everybody, f"/people?export={kind}")
        assert answer.status_code == 500
        assert "Content-Disposition" not in answer.headers


def test_who_takes_a_list_along_slowly_holds_up_nobody(desk: FlaskClient, cast: Cast) -> None:
    for number in range(450):
        a_customer(cast.store, name=f"客户{number}")
    with being_taken(desk, "/customers?export=csv") as pieces:
        first = next(pieces)
        cast.store.name = "大红门店"
        db.session.commit()  # on SQLite whoever reads as a writer would be waited for until this fails
        assert len(read_csv(first + b"".join(pieces))) == 451


def test_the_file_is_named_in_the_readers_language(desk: FlaskClient) -> None:
    said = desk.get("/jobs?export=csv").headers["Content-Disposition"]
    assert re.match(r'attachment; filename="jobs-\d{4}-\d\d-\d\d\.csv"; filename\*=UTF-8', said)
    assert re.search(r"派工单 \d{4}-\d\d-\d\d\.csv$", unquote(said))
    desk.set_cookie("lang", "en", domain="localhost")
    english = desk.get("/jobs?export=csv")
    assert "Jobs%20" in english.headers["Content-Disposition"]
    assert english.data.startswith(b"\xef\xbb\xbfNumber,Case,Task")


def test_the_day_goes_along_as_it_is_searched(desk: FlaskClient, cast: Cast) -> None:
    a_job(cast.store, cast.technician, site=a_site(a_customer(cast.store, name="张丽华")))
    other = a_site(a_customer(cast.store, name="李四", address_form="李先生"))
    a_job(cast.store, site=other, start_at=None, visit_on=None)
    assert "export=csv" in desk.get("/day?day=2026-11-21").text
    assert names(desk, "/day?day=2026-11-21&export=csv") == ["张丽华", "李四"]
    assert names(desk, "/day?day=2026-11-21&q=张丽&export=csv") == ["张丽华"]
