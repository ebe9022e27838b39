"""What an import may do is what its person may do; nothing is written past a lock or over what was read before."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from fieldservice.accounts.models import Person
from fieldservice.core import clock, queue
from fieldservice.core.db import db
from fieldservice.imports import files, rules, tasks
from fieldservice.jobs import actions as job_actions
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import hold_jobs
from tests.cast import Cast
from tests.imports.conftest import HEAD, ROWS, Desk, codes, column_fields, jobs, lines, the_import
from tests.support.own_forms import hidden_fields


def test_who_may_not_say_who_goes_says_it_by_no_list(desk: Desk, cast: Cast, desk_of: Callable[[Any], Desk]) -> None:
    desk.imported(HEAD + ROWS)
    clerk = desk_of(cast.service_desk)
    address = clerk.imported(HEAD + ROWS.replace("0217", "0218").replace("客厅铺装", "卧室铺装"))
    assert jobs()[0].lead_id == cast.technician.id
    assert jobs()[1].brief == "卧室铺装"
    assert codes(address) == {2: ["not_allowed"]}
    moved = desk.imported(HEAD + ROWS.replace("0217", "0218"))
    assert jobs()[0].lead_id == cast.second_technician.id
    clerk.act(moved, "undo")
    assert jobs()[0].lead_id == cast.second_technician.id
    assert codes(moved)[2] == ["not_allowed"]


def test_an_import_of_a_branch_holds_lines_of_no_other(desk: Desk, cast: Cast, desk_of: Callable[[Any], Desk]) -> None:
    address = desk.upload(HEAD + ROWS).location
    manager = desk_of(cast.head_office_manager)
    fields = column_fields(manager.client.get(address).text)
    sent = manager.client.post(f"{address}/columns", data={**fields, "branch_id": cast.other_store.id})
    assert sent.status_code == 422
    named = HEAD.replace("\n", ",门店\n") + ROWS.splitlines()[1] + ",浦东店\n"
    address = desk.upload(named).location
    fields = column_fields(manager.client.get(address).text)
    assert manager.client.post(f"{address}/columns", data=fields | {"column_branch": "11"}).status_code == 303
    assert codes(address) == {2: ["branch_unknown"]}


def test_who_went_to_another_branch_changes_nothing_here(desk: Desk, cast: Cast, desk_of: Callable[[Any], Desk]) -> None:
    address = desk.imported(HEAD + ROWS)
    manager, dispatcher_id = desk_of(cast.branch_manager), cast.dispatcher.id
    cast.dispatcher.branch_id = cast.other_store.id
    found = the_import(address)
    found.state, found.acting_id = "undoing", cast.dispatcher.id
    db.session.commit()
    queue.later(tasks.undo_import, found.id)
    assert [job.state for job in jobs()] == ["assigned", "unassigned", "assigned"]
    assert {code for found in codes(address).values() for code in found} == {"not_allowed"}
    waiting = manager.columns(HEAD + ROWS.replace("A-", "Z-"))
    found = the_import(waiting)
    found.state, found.acting_id = "applying", dispatcher_id
    db.session.commit()
    queue.later(tasks.apply_import, found.id)
    assert len(jobs()) == 3
    assert {code for found in codes(waiting).values() for code in found} == {"not_allowed"}


def test_no_cell_of_the_bad_lines_is_a_formula(desk: Desk) -> None:
    cells = ["＝1+1", " =1+1", "@SUM(A1)", "-2+3", "＋1"]
    text = HEAD.replace("单号", "=单号") + "".join(f"{cell},甲,,,,,维修,x,2026-12-01,,\n" for cell in cells)
    answer = desk.upload(text)
    fields = column_fields(desk.client.get(answer.location).text)
    assert desk.client.post(f"{answer.location}/columns", data=fields).status_code == 303
    csv_text = desk.client.get(f"{answer.location}/bad-lines.csv").get_data(as_text=True)
    for line in csv_text.removeprefix("\ufeff").splitlines():
        assert line.startswith("'"), line


def test_a_sheet_that_is_too_long_leaves_what_was_read_before(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    address = desk.upload(HEAD + ROWS).location
    path = files.rows_path(address.rsplit("/", 1)[-1])
    before = path.read_bytes()
    fields = hidden_fields(desk.client.get(address).text)
    monkeypatch.setattr(rules, "MOST_LINES", 2)
    fields |= {"encoding": "UTF-8", "delimiter": "semicolon", "heading_line": "0"}
    sent = desk.client.post(f"{address}/reading", data=fields)
    assert sent.status_code == 422
    assert path.read_bytes() == before


def test_what_a_desk_writes_this_moment_is_seen_by_the_undo(app: Flask, desk: Desk, cast: Cast) -> None:
    address = desk.imported(HEAD + ROWS)
    job_id, person_id = jobs()[0].id, cast.dispatcher.id
    found = the_import(address)
    import_id, found.state, found.acting_id = found.id, rules.UNDOING, person_id
    db.session.commit()
    holds = threading.Event()

    def write() -> None:
        with app.app_context():
            hold_jobs([job_id])
            job = db.session.get_one(Job, job_id)
            holds.set()
            time.sleep(0.7)
            person = db.session.get_one(Person, person_id)
            job_actions.add_office_note(job, "先打电话", by=person, at=clock.now())
            db.session.commit()
            db.session.remove()

    thread = threading.Thread(target=write)
    thread.start()
    assert holds.wait(5)
    queue.later(tasks.undo_import, import_id)
    thread.join()
    assert [line.outcome for line in lines(address)] == ["left", "taken_back", "taken_back"]
    assert jobs()[0].state == "assigned"
