"""Jobs from a list in a browser: with and without JavaScript, by keyboard, at every width, and for nobody else.

No worker runs beside the server: the test does its part batch by batch, so that what a page says of progress is certain.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import BrowserContext, FilePayload, Page, expect

from fieldservice.accounts.models import Person
from fieldservice.branches.models import STORE, Branch
from fieldservice.cases.models import Case
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.passwords import hash_password
from fieldservice.imports import applying, checking, keeping, undoing
from fieldservice.imports.models import ImportedJob, JobImport
from fieldservice.jobs.models import Job
from tests.cast import a_person
from tests.e2e.conftest import DESK
from tests.e2e.trip import reading, sign_in_desk
from tests.support.browser import assert_accessible, come_to_rest
from tests.support.server import Server, running_server, with_sample_data

Open = Callable[..., BrowserContext]
in_both_languages = pytest.mark.parametrize("language", ["zh-CN", "en"])

PASSWORD = "planken-legen-26"  # of the dispatcher of another store
ADDRESS = re.compile(r"/imports/[0-9a-f-]{36}$")

#: headings that say nothing and that no other list has: every column is named by hand; five good lines and two bad ones
HEAD = "%s甲,乙,丙,丁,戊,己\n"
LINES = [f"%s户{n},1391000{n:04},%s小区 {n} 号楼,116.4{n}1,39.9{n}1,%s地板起拱 {n}" for n in range(1, 6)]
BAD_LINES = ["%s户8,123,%s小区 8 号楼,116.481,39.981,地板起拱", "%s户9,13910000009,%s小区 9 号楼,39.9,116.4,地板起拱"]
COLUMNS = {"customer": "0", "phone": "1", "address": "2", "lng": "3", "lat": "4", "brief": "5"}
GOOD, BAD, SHOWN_AT_ONCE_MS = 5, 2, 4000


def a_file(mark: str) -> FilePayload:
    """A list whose customers nobody else has."""
    text = (HEAD + "\n".join([*LINES, *BAD_LINES]) + "\n").replace("%s", mark)
    return {"name": f"{mark}.csv", "mimeType": "text/csv", "buffer": text.encode("gb18030")}


@pytest.fixture(scope="module")
def module_server(server_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The product as it runs with a worker, which is us."""
    folder = tmp_path_factory.mktemp("server") / "data"
    with running_server(with_sample_data(server_kind), folder, BACKGROUND="worker") as started:
        yield started


class Worker:
    """The worker's part, as much of it as the test wants."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def check(self, page: Page) -> None:
        """The whole check."""
        with self._app.app_context():
            checking.check(id_of(page))

    def write(self, page: Page, lines: int = 100) -> None:
        """One batch."""
        with self._app.app_context():
            applying._batch(id_of(page), lines)

    def take_back(self, page: Page, lines: int = 100) -> None:
        """One batch of the undo."""
        with self._app.app_context():
            undoing._batch(id_of(page), lines)


@pytest.fixture
def worker(server: Server, server_app: Flask) -> Worker:
    return Worker(server_app)


def id_of(page: Page) -> str:
    """Of the import whose page is open."""
    return page.url.split("?")[0].rstrip("/").rsplit("/", 1)[-1]


def jobs_of(app: Flask, page: Page) -> list[tuple[str, str, int]]:
    """(task, state, metres that the position lies off the one in the file, as WGS-84) of the jobs the import made."""
    with reading(app):
        query = sa.select(Job).join(ImportedJob, ImportedJob.job_id == Job.id).where(ImportedJob.import_id == id_of(page))
        found = db.session.scalars(query.order_by(Job.number)).unique()
        return [(job.brief, job.state, round(abs(float(job.site.lng or 0) - float(f"116.4{place}1")) * 85_000))
                for place, job in enumerate(found, 1)]


def bring(page: Page, mark: str) -> None:
    """Hands the file in; the columns are to be named."""
    page.goto("/imports")
    page.locator("#f-file").set_input_files(a_file(mark))
    page.get_by_role("button", name="读取文件").click()
    page.wait_for_url(ADDRESS)


def name_columns(page: Page) -> None:
    """By hand: the columns, what holds for all lines, the datum."""
    for name, place in COLUMNS.items():
        page.locator(f"[name=column_{name}]").select_option(place)
    page.locator("[name=all_type]").select_option("repair")
    page.locator("[name=all_visit_on]").fill("2027-03-01")
    page.locator("[name=all_start]").fill("09:00")
    page.locator("[name=all_end]").fill("11:00")
    page.locator("[name=datum]").select_option("GCJ-02")


def progress(page: Page) -> tuple[str | None, str | None]:
    """(done, of how many) as the bar says."""
    bar = page.get_by_role("progressbar")
    return bar.get_attribute("value"), bar.get_attribute("max")


SIZES = ((1366, 768), (360, 640))


def assert_good(page: Page, sizes: tuple[tuple[int, int], ...] = SIZES) -> None:
    """Nothing scrolls sideways, axe finds nothing, at the desk and on a phone."""
    come_to_rest(page)
    before = page.viewport_size
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} at {width}"
        assert_accessible(page)
    assert before
    page.set_viewport_size(before)


@pytest.mark.expect_console(r"status of 422")
def test_a_list_is_imported_and_taken_back(
        desk: Page, server: Server, server_app: Flask, worker: Worker) -> None:
    sign_in_desk(desk, server)
    bring(desk, "全程")
    expect(desk.locator(".import-sample")).to_contain_text("全程小区 1 号楼")
    desk.get_by_role("button", name="检查所有行").click()
    alert = desk.get_by_role("alert")
    expect(alert).to_contain_text("任务")
    expect(alert.locator("a").first).to_be_visible()
    name_columns(desk)
    desk.get_by_role("button", name="检查所有行").click()
    desk.wait_for_url(ADDRESS)
    assert progress(desk) == ("0", "7")
    worker.check(desk)

    # the preview comes by itself
    expect(desk.locator(".import-counts [aria-current]")).to_contain_text("2", timeout=SHOWN_AT_ONCE_MS)
    table = desk.locator(".table")
    expect(table).to_contain_text("电话")
    expect(table.locator("tbody tr")).to_have_count(BAD)
    expect(table.locator("tbody th")).to_have_text(["7", "8"])
    expect(desk.locator(".import-map .leaflet-interactive")).to_have_count(GOOD)
    assert jobs_of(server_app, desk) == [], "nothing is written before somebody says so"
    with desk.expect_download() as download:
        desk.get_by_role("link", name="未导入").click()
    assert "全程户8" in Path(download.value.path()).read_text("utf-8-sig")

    desk.get_by_role("button", name=f"导入 {GOOD} 行").click()
    expect(desk.get_by_role("progressbar")).to_have_attribute("value", str(BAD))
    worker.write(desk, 2)
    expect(desk.get_by_role("progressbar")).to_have_attribute("value", str(BAD + 2), timeout=SHOWN_AT_ONCE_MS)
    worker.write(desk)
    worker.write(desk)
    expect(desk.locator(".import-counts")).to_contain_text(re.compile(rf"{GOOD}\s*.*新建"), timeout=SHOWN_AT_ONCE_MS)
    made = jobs_of(server_app, desk)
    assert [(brief, state) for brief, state, _off in made] == [(f"全程地板起拱 {n}", "unassigned") for n in range(1, 6)]
    assert all(300 < off < 700 for *_rest, off in made), "it was measured on GCJ-02 and is kept as WGS-84"
    desk.locator(".import-counts").get_by_role("link", name="5").click()
    desk.locator(".table a[href^='/jobs/']").first.click()
    expect(desk.locator("main")).to_contain_text("全程地板起拱 1")
    desk.locator("main a[href^='/imports/']").click()

    desk.locator(".import-undo summary").press("Enter")
    desk.get_by_role("button", name="立即撤销").press("Enter")
    expect(desk.get_by_role("progressbar")).to_have_attribute("value", str(BAD))
    worker.take_back(desk, 2)
    expect(desk.get_by_role("progressbar")).to_have_attribute("value", str(BAD + 2), timeout=SHOWN_AT_ONCE_MS)
    worker.take_back(desk)
    worker.take_back(desk)
    expect(desk.locator("main [role=status]").first).to_contain_text("已撤销", timeout=SHOWN_AT_ONCE_MS)
    expect(desk.locator(".import-undo")).to_have_count(0)
    with reading(server_app):
        query = sa.select(Job.state).where(Job.brief.startswith("全程地板起拱"))
        assert list(db.session.scalars(query)) == ["cancelled"] * GOOD


def test_a_list_is_imported_without_javascript(
        open_context: Open, server: Server, server_app: Flask, worker: Worker) -> None:
    page = open_context(**DESK, java_script_enabled=False).new_page()
    sign_in_desk(page, server)
    bring(page, "素页")
    name_columns(page)
    page.get_by_role("button", name="检查所有行").click()
    assert progress(page) == ("0", "7")
    worker.check(page)
    # the page asks again by itself, also without scripts
    expect(page.locator(".import-counts [aria-current]")).to_contain_text("2", timeout=6000)
    expect(page.locator(".import-map")).to_be_hidden()
    page.locator("details summary", has_text="坐标").press("Enter")
    expect(page.locator("main")).to_contain_text("WGS-84")
    bar = page.get_by_role("progressbar")
    page.get_by_role("button", name=f"导入 {GOOD} 行").click()
    expect(bar).to_be_visible()
    worker.write(page, 2)
    page.get_by_role("link", name="刷新查看").click()
    assert progress(page) == (str(BAD + 2), "7")
    page.get_by_role("button", name="停止").click()
    page.get_by_role("button", name="继续").click()
    expect(bar).to_be_visible()
    worker.write(page)
    worker.write(page)
    page.get_by_role("link", name="刷新查看").click()
    expect(page.locator(".import-counts")).to_contain_text("5")
    page.locator(".import-undo summary").click()
    page.get_by_role("button", name="立即撤销").click()
    expect(bar).to_be_visible()
    worker.take_back(page)
    worker.take_back(page)
    page.get_by_role("link", name="刷新查看").click()
    expect(page.locator("main")).to_contain_text("已撤销")
    assert jobs_of(server_app, page) == [], "the same list is new again"


def test_it_is_stopped_with_the_keyboard_while_the_page_renews_itself(
        desk: Page, server: Server, worker: Worker) -> None:
    sign_in_desk(desk, server)
    bring(desk, "键盘")
    name_columns(desk)
    desk.locator("button", has_text="检查所有行").press("Enter")
    desk.wait_for_url(ADDRESS)
    worker.check(desk)
    desk.get_by_role("button", name=f"导入 {GOOD} 行").press("Enter")
    stop = desk.get_by_role("button", name="停止")
    expect(stop).to_be_visible()
    stop.focus()
    worker.write(desk, 2)
    expect(desk.get_by_role("progressbar")).to_have_attribute("value", str(BAD + 2), timeout=SHOWN_AT_ONCE_MS)
    expect(stop).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("button", name="继续")).to_be_visible()
    expect(desk.get_by_role("button", name="继续")).to_contain_text(str(GOOD - 2))


@pytest.mark.expect_console(r"status of (403|404)")
def test_it_is_nobody_elses(open_context: Open, server: Server, server_app: Flask) -> None:
    page = open_context(**DESK).new_page()
    sign_in_desk(page, server)
    bring(page, "他人")
    address = page.url
    with server_app.app_context():
        branch = Branch(code="SH01", name="浦东店", kind=STORE, phone="02187654321", timezone="Asia/Shanghai")
        db.session.add(branch)
        db.session.flush()
        a_person("0902", "外店派工", branch, "dispatcher").password_hash = hash_password(PASSWORD)
        db.session.commit()

    elsewhere = open_context(**DESK).new_page()
    elsewhere.goto("/sign-in")
    elsewhere.locator("#name").fill("0902")
    elsewhere.locator("#password").fill(PASSWORD)
    elsewhere.locator("form button.next").click()
    expect(elsewhere.locator("body.desk")).to_be_visible()
    for address_of in (address, f"{address}/bad-lines.csv", f"{address}/columns", address[:-4] + "0000"):
        answer = elsewhere.goto(address_of)
        assert answer
        assert answer.status == 404, address_of
    elsewhere.goto("/imports")
    expect(elsewhere.locator("main")).not_to_contain_text("他人.csv")
    for act in ("start", "stop", "undo", "drop", "back", "columns", "reading"):
        token = elsewhere.locator("[name=csrf_token]").first.input_value()
        sent = elsewhere.request.post(f"{address}/{act}", form={"csrf_token": token}, headers={
            "Sec-Fetch-Site": "same-origin", "Origin": server.url})  # fmt: skip
        assert sent.status == 404, act

    technician = open_context(**DESK).new_page()
    technician.goto("/sign-in")
    technician.locator("#name").fill("0217")
    technician.locator("#password").fill(server.passwords()["0217"])
    technician.locator("form button.next").click()
    technician.wait_for_load_state()
    for where in ("/imports", address):
        answer = technician.goto(where)
        assert answer
        assert answer.status == 403, where
        expect(technician.locator("body")).not_to_contain_text("他人.csv")
    with reading(server_app):
        assert db.session.get_one(JobImport, address.rsplit("/", 1)[-1]).state == "columns"


@in_both_languages
@pytest.mark.expect_console(r"status of 422")
def test_every_page_of_an_import_is_accessible_and_whole(
        desk: Page, server: Server, server_app: Flask, worker: Worker, language: str) -> None:
    sizes = SIZES if language == "zh-CN" else SIZES[1:]  # English words are longer: the narrow page is the hard one
    sign_in_desk(desk, server)
    desk.goto("/imports")
    desk.locator("main form[enctype] button").click()  # without a file
    expect(desk.locator("#e-file")).to_be_visible()
    assert_good(desk, sizes)
    desk.locator("#f-file").set_input_files(a_file(f"看{language}"))
    desk.locator("main form[enctype] button").click()
    desk.wait_for_url(ADDRESS)
    desk.locator("form[action$='/reading']").evaluate("(form) => form.closest('details').open = true")
    assert_good(desk, sizes)
    address = desk.url
    check = desk.locator("form[action$='/columns'] .btn-act")
    check.click()
    expect(desk.get_by_role("alert")).to_be_visible()
    assert_good(desk, sizes)
    name_columns(desk)
    check.click()
    bar = desk.get_by_role("progressbar")
    expect(bar).to_be_visible()
    assert_good(desk, sizes)  # being checked
    worker.check(desk)
    expect(desk.locator(".import-map .leaflet-interactive")).to_have_count(GOOD, timeout=SHOWN_AT_ONCE_MS)
    assert_good(desk, sizes)  # the preview, the bad lines first
    desk.locator("form[action$='/start'] button").click()
    expect(bar).to_be_visible()
    worker.write(desk, 2)
    assert_good(desk, sizes)  # being written
    desk.locator("form[action$='/stop'] button").click()
    go_on = desk.locator("form[action$='/start'] button")
    expect(go_on).to_be_visible()
    assert_good(desk, sizes)  # stopped
    go_on.click()
    expect(bar).to_be_visible()
    worker.write(desk)
    worker.write(desk)
    expect(desk.locator(".import-undo")).to_be_visible(timeout=SHOWN_AT_ONCE_MS)
    desk.locator(".import-undo summary").click()
    assert_good(desk, sizes)  # done
    desk.locator(".import-undo button").click()
    expect(bar).to_be_visible()
    worker.take_back(desk, 2)
    assert_good(desk, sizes)  # being undone
    worker.take_back(desk)
    worker.take_back(desk)
    expect(bar).to_have_count(0, timeout=SHOWN_AT_ONCE_MS)
    assert_good(desk, sizes)  # undone
    with server_app.app_context():
        keeping.remove_old_files(at=clock.now() + timedelta(days=91))
    desk.goto(f"{address}?show=bad")
    assert_good(desk, sizes)  # without its file
    desk.goto("/imports")
    expect(desk.locator(f"a[href='/imports/{id_of_address(address)}']")).to_be_visible()
    assert_good(desk, sizes)


def id_of_address(address: str) -> str:
    return address.rsplit("/", 1)[-1]


@in_both_languages
def test_the_cases_are_accessible_and_whole(desk: Page, server: Server, server_app: Flask, language: str) -> None:
    sign_in_desk(desk, server)
    with reading(server_app):
        person = db.session.query(Person).filter_by(staff_no="0102").one()
        query = sa.select(Job.case_id).join(Case, Case.id == Job.case_id).where(Job.branch_id == person.branch_id)
        case_id = db.session.scalars(query.group_by(Job.case_id).order_by(sa.func.count().desc())).first()
    for address in ("/cases", "/cases?q=zzzz", f"/cases/{case_id}"):
        desk.goto(address)
        assert_good(desk)
