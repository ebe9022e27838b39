"""The worker's part: killed, done twice, stopped; lists of estates; positions."""

import io
from typing import Any

import pytest
import xlsxwriter

from fieldservice.accounts.models import PersonRole
from fieldservice.core import queue
from fieldservice.core.db import db
from fieldservice.imports import applying, tasks
from fieldservice.imports.files import folder_of
from fieldservice.imports.rules import APPLYING
from tests.builders import a_customer, a_site
from tests.cast import Cast
from tests.imports.conftest import HEAD, ROWS, Desk, codes, jobs, kinds, lines, the_import

ESTATES = (
    "district,community,address,lng_gcj02,lat_gcj02\n"
    "东城区,东直门内北小街,东直门内北小街,116.426399,39.942908\n"
    "顺义区,双裕花园东区,双裕花园东区,116.555145,40.108543\n"
    "海淀区,景和园,景和园,116.270199,40.052031\n"
    "朝阳区,育慧里一区,育慧里一区,116.430599,39.990639\n"
)


def many(count: int) -> str:
    return HEAD + "".join(
        f"R-{n},客户{n},139{n:08},朝阳区,小区{n % 7},{n}号,维修,起拱,2026-12-01,上午,\n" for n in range(count)
    )


def begun(desk: Desk, content: str) -> str:
    """An import in which the worker's part is still to be done."""
    address = desk.columns(content)
    found = the_import(address)
    found.state, found.acting_id = APPLYING, found.by_id
    db.session.commit()
    return address


def test_a_killed_worker_goes_on_where_it_was(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    address = begun(desk, many(250))
    import_id = address.rsplit("/", 1)[-1]
    assert applying._batch(import_id, 100)
    real = applying.create_job

    def killed(*args: Any, **given: Any) -> Any:
        if "客户130" in str(given["site"].customer.name):
            raise KeyboardInterrupt
        return real(*args, **given)

    monkeypatch.setattr(applying, "create_job", killed)
    with pytest.raises(KeyboardInterrupt):
        applying._batch(import_id, 100)
    db.session.rollback()
    assert len(jobs()) == 100, "all of a batch or nothing"
    monkeypatch.undo()
    for _ in range(2):  # and twice at once does no harm
        queue.later(tasks.apply_import, import_id)
    assert len(jobs()) == 250
    assert len({job.number for job in jobs()}) == 250
    assert the_import(address).state == "applied"


def test_a_line_that_fails_holds_up_no_other(desk: Desk, cast: Cast) -> None:
    address = desk.columns(HEAD + ROWS)
    db.session.delete(db.session.get_one(PersonRole, (cast.technician.id, "technician")))
    db.session.commit()
    desk.act(address, "start")
    assert [line.outcome for line in lines(address)] == ["failed", "created", "created"]
    assert codes(address) == {2: ["not_a_technician"]}


def test_stopped_and_gone_on(desk: Desk) -> None:
    address = begun(desk, many(5))
    assert desk.act(address, "stop").status_code == 303
    assert "Go on with 5 lines" in desk.client.get(address).text
    desk.act(address, "start")
    assert len(jobs()) == 5


def test_two_desks_with_the_same_list(desk: Desk) -> None:
    first, second = desk.columns(HEAD + ROWS), desk.columns(HEAD + ROWS)
    desk.act(first, "start")
    desk.act(second, "start")
    assert [line.outcome for line in lines(second)] == ["known"] * 3
    assert len(jobs()) == 3


def test_who_may_no_longer_import_is_stopped(desk: Desk, cast: Cast) -> None:
    address = begun(desk, HEAD + ROWS)
    cast.dispatcher.is_active = False
    db.session.commit()
    queue.later(tasks.apply_import, address.rsplit("/", 1)[-1])
    assert (the_import(address).state, the_import(address).trouble, jobs()) == ("stopped", "not_allowed", [])


def test_what_was_forgotten_is_taken_up(desk: Desk) -> None:
    address = begun(desk, HEAD + ROWS)
    found = the_import(address)
    found.touched_at = found.touched_at.replace(year=2020)
    db.session.commit()
    queue.later(tasks.find_forgotten_imports)
    assert len(jobs()) == 3


GIVEN = {
    "column_customer": "1", "all_customer_kind": "firm", "all_type": "maintenance", "all_brief": "巡检",
    "all_visit_on": "2026-12-01", "all_start": "09:00", "all_end": "11:00",
}  # fmt: skip


def test_a_list_of_estates_without_customers(desk: Desk) -> None:
    answer = desk.upload(ESTATES)
    page = desk.client.get(answer.location).text
    assert '<option value="GCJ-02" selected>' in page, "the headings say so"
    address = desk.imported(ESTATES, **GIVEN)
    first = jobs()[0]
    customer = first.site.customer
    assert (customer.name, customer.kind, customer.phone) == ("东直门内北小街", "firm", "")
    assert (round(first.site.lat, 4), round(first.site.lng, 4)) == (39.9415, 116.4202), "WGS-84"
    assert "no phone yet" in desk.client.get(f"/jobs/{first.id}").text
    assert "Imported from list.csv" in desk.client.get(f"/jobs/{first.id}").text
    assert kinds(desk.columns(ESTATES)) == ["same"] * 4, "the columns are remembered"
    corrected = ESTATES.replace("景和园,景和园", "景和园,景和园 2 号院")
    assert sorted(kinds(desk.columns(corrected))) == ["changed", "same", "same", "same"]
    assert sorted(kinds(desk.columns(ESTATES, all_visit_on="2027-12-01"))) == ["new"] * 4
    assert folder_of(address.rsplit("/", 1)[-1]).stat().st_mode & 0o77 == 0


def test_a_wrong_datum_is_seen(desk: Desk, cast: Cast) -> None:
    for name, lat, lng in (("东直门内北小街", 39.941516, 116.420157), ("双裕花园东区", 40.107243, 116.549054),
                           ("景和园", 40.050778, 116.264089)):  # fmt: skip
        a_site(a_customer(cast.store), address=name, lat=lat, lng=lng)
    db.session.commit()
    wrong = desk.columns(ESTATES, **GIVEN, datum="WGS-84")
    assert the_import(wrong).findings["better"] == "GCJ-02"
    assert "The datum is probably wrong" in desk.client.get(wrong).text
    right = desk.columns(ESTATES, **GIVEN)
    assert "better" not in the_import(right).findings


def test_positions_that_cannot_be_meant(desk: Desk) -> None:
    head = "customer,phone,address,type,task,lng,lat\n"
    rows = ("a,13800000001,x,repair,y,39.9,116.4\n" "b,13800000002,x,repair,y,123.5,35.0\n"
            "c,13800000003,x,repair,y,139.7,35.7\n"
            "d,13800000004,x,repair,y,,39.9\n" "e,13800000005,x,repair,y,116.4,39.9\n"
            "f,13800000006,x,repair,y,116.41,39.9\n"
            "g,13800000007,x,repair,y,121.5,31.2\n")  # fmt: skip
    address = desk.columns(head + rows)
    assert codes(address) == {
        2: ["position_swapped"], 3: ["position_at_sea"], 4: ["position_abroad"], 5: ["position_incomplete"]}  # fmt: skip
    assert "km from the middle of the others" in desk.client.get(f"{address}?show=remarks").text
    assert codes(desk.columns(head + rows, positions_are_right="1")).keys() == {2, 5}


def test_a_workbook_with_two_sheets(desk: Desk) -> None:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content)
    for name in ("一", "二"):
        sheet = book.add_worksheet(name)
        sheet.merge_range("A1:D1", "派工表")
        sheet.write_row(1, 0, ["客户", "地址", "类型", "任务"])
        sheet.write_row(2, 0, [f"客户{name}", "某小区", "维修", "起拱"])
    book.close()
    answer = desk.upload(content.getvalue(), "list.xlsx")
    assert "headings in line 2" in desk.client.get(answer.location).text
    from tests.support.own_forms import hidden_fields

    fields = hidden_fields(desk.client.get(answer.location).text)
    desk.client.post(f"{answer.location}/reading", data={**fields, "sheet": "二", "heading_line": "2"})
    page = desk.client.get(answer.location).text
    assert "客户二" in page
    assert "客户一" not in page
    refused = desk.client.post(f"{answer.location}/columns", data={**fields, "column_customer": "0"})
    assert refused.status_code == 422
    assert "Choose its column, or give one value" in refused.text
    desk.act(answer.location, "drop")
    assert desk.client.get(answer.location).status_code == 404


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "There is nothing in this file"), (b"%PDF-1.4", "no list that can be read")],
)
def test_a_file_that_is_no_list(desk: Desk, content: bytes, words: str) -> None:
    answer = desk.upload(content)
    assert answer.status_code == 422
    assert words in answer.text
