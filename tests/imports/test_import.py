"""A list comes in: what is new, the same, changed, in conflict and bad; applying; undoing."""

from collections.abc import Callable
from typing import Any

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.oplog import log_of
from fieldservice.jobs import actions as job_actions
from tests.cast import Cast
from tests.imports.conftest import HEAD, ROWS, Desk, codes, jobs, kinds, lines, the_import


def test_a_list_becomes_jobs(desk: Desk, cast: Cast) -> None:
    address = desk.columns(HEAD + ROWS)
    assert kinds(address) == ["new"] * 3
    assert jobs() == [], "nothing is written before somebody says so"
    assert "Import 3 lines" in desk.client.get(address).text
    desk.act(address, "start")
    first, second, third = jobs()
    assert (first.site.customer.name, first.site.full_address) == ("张丽华", "朝阳区 望京西园四区 12 号楼 602")
    assert (first.type, first.brief, str(first.visit_on), first.lead_id) == (
        "repair", "地板起拱", "2026-12-01", cast.technician.id)  # fmt: skip
    assert first.window_start_at
    assert first.window_start_at.hour == 1, "9:00 in Shanghai"
    assert (second.state, third.lead_id) == ("unassigned", cast.second_technician.id)
    assert third.site.customer.phone == "", "no phone yet, and the product says so"
    assert first.version > 0
    assert [entry.kind for entry in log_of("job", first.id)] == ["office.create_job"]
    text = desk.client.get(address).text
    assert "Jobs made" in text
    assert f"/jobs/{first.id}" in text


def test_the_same_file_again_creates_nothing(desk: Desk) -> None:
    desk.imported(HEAD + ROWS)
    again = desk.columns(HEAD + ROWS)
    assert kinds(again) == ["same"] * 3
    assert "This very file was imported before" in desk.client.get(desk.upload(HEAD + ROWS).location).text
    assert desk.act(again, "start").status_code == 303
    assert len(jobs()) == 3


def test_one_corrected_line_changes_that_one_job(desk: Desk) -> None:
    desk.imported(HEAD + ROWS)
    before = {job.number: job.version for job in jobs()}
    corrected = ROWS.replace("客厅铺装", "卧室铺装").replace("13900000002", "13900000003")
    address = desk.columns(HEAD + corrected)
    assert kinds(address) == ["same", "changed", "same"]
    assert "卧室铺装" in desk.client.get(f"{address}?show=changed").text
    desk.act(address, "start")
    changed = [job for job in jobs() if job.version != before[job.number]]
    assert [(job.brief, job.site.customer.phone) for job in changed] == [("卧室铺装", "13900000003")]
    assert len(jobs()) == 3


def test_without_a_reference_a_line_is_known_by_its_content(desk: Desk) -> None:
    head, rows = HEAD.split(",", 1)[1], "".join(row.split(",", 1)[1] + "\n" for row in ROWS.strip().split("\n"))
    desk.imported(head + rows)
    for wrong, right in (("地板起拱", "地板开裂"), ("2026-12-01", "2026-12-05"), ("望京西园四区", "望京西园三区"),
                         ("13900000002", "13900000009"), ("12 号楼 602", "12 号楼 603")):  # fmt: skip
        rows = rows.replace(wrong, right)
        address = desk.columns(head + rows)
        assert sorted(kinds(address)) == ["changed", "same", "same"], (wrong, codes(address))
        desk.act(address, "start")
        assert [line.outcome for line in lines(address) if line.kind == "changed"] == ["updated"], right
        assert len(jobs()) == 3
    assert kinds(desk.columns(head + rows)) == ["same"] * 3
    other = desk.columns(head + rows.splitlines()[0].replace("2026-12-05", "2027-01-05"))
    assert kinds(other) == ["new"], "another file with another day is another visit"


def test_what_the_desk_changed_is_a_conflict(desk: Desk, cast: Cast) -> None:
    desk.imported(HEAD + ROWS)
    first, second, _third = jobs()
    job_actions.move_job(first, None, None, None, expected_version=first.version, by=cast.dispatcher, at=clock.now())
    job_actions.cancel_job(second, "x", expected_version=second.version, by=cast.dispatcher, at=clock.now())
    db.session.commit()
    corrected = ROWS.replace("2026-12-01", "2026-12-08").replace("客厅铺装", "卧室铺装")
    address = desk.columns(HEAD + corrected)
    assert kinds(address) == ["conflict", "conflict", "same"]
    assert codes(address) == {2: ["changed_at_desk"], 3: ["job_cancelled"]}
    desk.act(address, "start")
    assert jobs()[0].visit_on is None
    brief = desk.columns(HEAD + ROWS.replace("地板起拱", "地板开裂"))
    assert kinds(brief)[0] == "changed", "a field the desk left alone"


def test_bad_lines_are_named_and_the_others_go_on(desk: Desk, cast: Cast) -> None:
    bad = (
        f"B-1,{'长' * 10_000},13800000001,,某小区,,维修,x,2026-12-01,,\n"
        "B-2,甲,13800000002,,某小区,,维修,x,1970-01-01,,\n"
        "B-3,乙\x07,13800000003,,某小区,,维修,x,2026-12-01,,\n"
        "B-4,丙,1.38E+10,,某小区,,维修,x,2026-12-01,,\n"
        "B-5,丁,13800000005,,某小区,,飞行,x,11/12/2026,9-8,无名\n"
        "B-6,戊,13800000006,,,,维修,,2026-12-01,,\n"
        "A-1,另一个,13800000007,,某小区,,维修,x,2026-12-01,,\n"
        "B-8,䶮𬱖,13800000008,,䶮苑,=1+1,维修,=cmd|' /C calc'!A0,2026-12-01,,\n"
    )
    address = desk.columns(HEAD + ROWS + bad)
    assert codes(address) == {
        2: ["reference_twice"], 5: ["text_too_long"], 6: ["day_out_of_range"], 7: ["cell_control"],
        8: ["number_shortened"], 9: ["word_unknown", "day_ambiguous", "window_order", "technician_unknown"],
        10: ["value_missing", "value_missing"], 11: ["reference_twice"],
    }  # fmt: skip
    page = desk.client.get(address).text
    reasons = ("10000 characters, at most 80", "1970-01-01 lies outside", "U+0007", "may be two days")
    for words in (*reasons, "Line 11 has the same"):
        assert words in page, words
    desk.act(address, "start")
    assert [job.brief for job in jobs()] == ["客厅铺装", "公共区域", "=cmd|' /C calc'!A0"]
    assert jobs()[2].site.customer.name == "䶮𬱖"
    csv_text = desk.client.get(f"{address}/bad-lines.csv").get_data(as_text=True)
    assert csv_text.startswith("\ufeff单号,")
    fixed = csv_text.replace("1970-01-01", "2026-12-01").replace("1.38E+10", "13800000004")
    again = desk.columns(fixed)
    assert [line.kind for line in lines(again) if not line.problems] == ["new", "new"]


def test_undo_cancels_what_nobody_touched_and_names_the_rest(desk: Desk, cast: Cast) -> None:
    address = desk.imported(HEAD + ROWS)
    first = jobs()[0]
    job_actions.add_office_note(first, "先打电话", by=cast.dispatcher, at=clock.now())
    db.session.commit()
    assert desk.act(address, "undo").status_code == 303
    assert the_import(address).state == "undone"
    assert [job.state for job in jobs()] == ["assigned", "cancelled", "cancelled"]
    assert "list.csv" in jobs()[1].cancel_reason
    assert [line.outcome for line in lines(address)] == ["left", "taken_back", "taken_back"]
    assert "Somebody has worked on this job since" in desk.client.get(address).text
    assert kinds(desk.columns(HEAD + ROWS)) == ["same", "new", "new"], "the list can be imported again"
    assert desk.act(address, "undo").status_code == 422


def test_undo_gives_changed_jobs_back(desk: Desk, cast: Cast) -> None:
    desk.imported(HEAD + ROWS)
    corrected = desk.imported(HEAD + ROWS.replace("地板起拱", "地板开裂").replace("0217", "0218"))
    first = jobs()[0]
    assert (first.brief, first.lead_id) == ("地板开裂", cast.second_technician.id)
    desk.act(corrected, "undo")
    first = jobs()[0]
    assert (first.brief, first.lead_id, first.state) == ("地板起拱", cast.technician.id, "assigned")
    assert kinds(desk.columns(HEAD + ROWS)) == ["same"] * 3


def test_customers_are_not_doubled(desk: Desk) -> None:
    desk.imported(HEAD + ROWS)
    more = "A-9,张女士,138-1234-2716,,望京 西园四区,12号楼602,保养,打蜡,2026-12-09,,\n"
    address = desk.columns(HEAD + more)
    assert "the job goes to 张丽华" in desk.client.get(f"{address}?show=new").text
    desk.act(address, "start")
    job = jobs()[-1]
    assert job.site_id == jobs()[0].site_id


def test_others_do_not_see_it(desk: Desk, cast: Cast, desk_of: Callable[[Any], Desk], client: Any) -> None:
    address = desk.columns(HEAD + ROWS)
    outsider, technician = desk_of(cast.outsider), desk_of(cast.technician)
    for what in ("", "/bad-lines.csv"):
        assert outsider.client.get(address + what).status_code == 404
        assert technician.client.get(address + what).status_code == 403
    fields = {"csrf_token": "x"}
    for what in ("reading", "columns", "back", "start", "stop", "undo", "drop"):
        assert outsider.client.post(f"{address}/{what}", data=fields).status_code in (403, 404)
    assert "list.csv" not in outsider.client.get("/imports").text
    assert desk_of(cast.head_office_manager).client.get(address).status_code == 200
    assert client.application.test_client().get(address).status_code == 302
    assert technician.client.get("/imports").status_code == 403
