"""The file of an import goes when its time is over; what undoing needs stays."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from fieldservice.core import clock, queue
from fieldservice.core.db import db
from fieldservice.imports import files, keeping, rules, tasks
from fieldservice.imports.models import JobImport
from tests.imports.conftest import HEAD, ROWS, Desk, jobs, kinds, lines, the_import

BAD = "A-9,坏行先生,电话不对,朝阳区,某小区,1,维修,起拱,2026-12-01,上午,\n"


def id_of(address: str) -> str:
    return address.rsplit("/", 1)[-1]


def later(days: float) -> int:
    """Has the cleaning done as it would be so many days from now."""
    return keeping.remove_old_files(at=clock.now() + timedelta(days=days))


def test_the_file_goes_and_undo_still_works(desk: Desk) -> None:
    address = desk.imported(HEAD + ROWS + BAD)
    assert "The file is kept until" in desk.client.get(address).text
    assert later(89.9) == 0
    assert "坏行先生" in desk.client.get(f"{address}/bad-lines.csv").get_data(as_text=True)
    assert later(90.1) == 1
    assert not files.is_there(id_of(address))
    page = desk.client.get(f"{address}?show=bad").text
    assert "The file was removed on" in page
    assert "bad-lines.csv" not in page
    assert "坏行先生" not in page, "nobody else knows this person"
    assert "Phone:" in page, "but why the line was bad stays"
    assert desk.client.get(f"{address}/bad-lines.csv").status_code == 422
    assert not files.is_there(id_of(address)), "looking at the page lays no folder"
    assert later(200) == 0, "once"
    desk.act(address, "undo")
    assert the_import(address).state == "undone"
    assert [job.state for job in jobs()] == ["cancelled"] * 3


def test_what_a_list_is_known_by_stays(desk: Desk) -> None:
    desk.imported(HEAD + ROWS)
    later(91)
    assert kinds(desk.columns(HEAD + ROWS.replace("地板起拱", "门口起拱"))) == ["changed", "same", "same"]


def test_a_stopped_import_goes_on_without_its_file(desk: Desk) -> None:
    address = desk.columns(HEAD + ROWS)
    found = the_import(address)
    found.state = rules.STOPPED
    db.session.commit()
    assert later(91) == 1
    desk.act(address, "start")
    assert [line.outcome for line in lines(address)] == ["created"] * 3
    assert [job.brief for job in jobs()] == ["地板起拱", "客厅铺装", "公共区域"]


@pytest.mark.parametrize("is_checked", [False, True])
def test_what_was_never_written_goes_whole(desk: Desk, is_checked: bool) -> None:
    address = desk.columns(HEAD + ROWS) if is_checked else desk.upload(HEAD + ROWS).location
    assert later(89.9) == 0
    assert later(91) == 1
    assert not files.is_there(id_of(address))
    assert desk.client.get(address).status_code == 404
    assert db.session.query(JobImport).count() == 0
    assert lines(address) == []


def test_what_a_worker_is_at_stays(desk: Desk) -> None:
    address = desk.columns(HEAD + ROWS)
    found = the_import(address)
    found.state, found.acting_id = rules.APPLYING, found.by_id
    db.session.commit()
    assert later(91) == 0
    assert files.is_there(id_of(address))


def test_the_days_are_a_setting(app: Flask, desk: Desk) -> None:
    app.config["IMPORT_FILE_DAYS"] = 3
    desk.imported(HEAD + ROWS)
    assert later(2.9) == 0
    assert later(3.1) == 1


def test_a_file_that_cannot_be_removed_is_not_said_to_be(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    address = desk.imported(HEAD + ROWS)
    monkeypatch.setattr(files.shutil, "rmtree", lambda *_args, **_given: None)
    later(91)
    assert the_import(address).file_removed_at is None
    monkeypatch.undo()
    later(91)
    assert the_import(address).file_removed_at is not None


def test_a_killed_cleaning_is_done_again(desk: Desk) -> None:
    address = desk.imported(HEAD + ROWS)
    files.throw_away(id_of(address))  # and nobody had the time to write it down
    later(91)
    assert "The file was removed on" in desk.client.get(address).text


def test_a_folder_without_its_import_goes_after_a_day(app: Flask, desk: Desk, data_dir: Path) -> None:
    address = desk.imported(HEAD + ROWS)
    fresh, old = (files.folder_of(name) for name in ("being-read-now", "left-by-a-killed-server"))
    a_day_ago = clock.now().timestamp() - 25 * 3600
    for folder in (old, data_dir / "imports" / id_of(address)):
        os.utime(folder, (a_day_ago, a_day_ago))
    queue.later(tasks.remove_old_files)
    assert (fresh.exists(), old.exists()) == (True, False)
    assert files.is_there(id_of(address))
