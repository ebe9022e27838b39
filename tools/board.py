"""The board of a large store: 60 technicians with 12 visits each, and a tray, in Chromium with the CPU slowed 4×.

`python tools/board.py` shows the figures; `tools/bench.py planning_board` judges them.
"""

from __future__ import annotations

import gzip
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import sqlalchemy as sa  # noqa: E402
from flask import Flask  # noqa: E402
from playwright.sync_api import CDPSession, Page, Playwright, sync_playwright  # noqa: E402

from tests.support import shared_folder  # noqa: E402
from tests.support.browser import chromium_options  # noqa: E402
from tests.support.databases import Database, app_on, close, copy_of, migrated  # noqa: E402
from tests.support.server import Server  # noqa: E402
from tests.support.statements import counted  # noqa: E402

TECHNICIANS, VISITS, WAITING = 60, 12, 30
#: a Tuesday, so that everybody works
DAY = date(2027, 3, 16)
OPENINGS, LOADS, MOVES, TIMES = 7, 3, 120, 15
SLOWER = 4
PASSWORD = "planken-legen-26"  # noqa: S105 - of the dispatcher of this day alone
DESK = {"viewport": {"width": 1366, "height": 768}, "locale": "zh-CN"}
#: round Beijing: degrees to both sides
MIDDLE, AROUND = (39.91, 116.40), (0.13, 0.17)
NAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳静强磊军洋勇杰涛明超平刚华建"
PLACES = ("朝阳区望京西园", "昌平区天通苑", "昌平区回龙观", "丰台区方庄", "丰台区莲花池", "东城区和平里", "朝阳区劲松")


@dataclass
class Found:
    """Of some openings and one long drag."""

    #: ms from the start of the navigation
    first_paint: list[float] = field(default_factory=list)
    complete: list[float] = field(default_factory=list)
    #: ms from a move of the pointer to the frame that shows it
    drag: list[float] = field(default_factory=list)
    #: ms from a change elsewhere, as the server announces it, to the row drawn anew; whether only what changed came
    change: float = 0.0
    change_bytes: int = 0
    page_bytes: int = 0
    page_zipped: int = 0
    #: ms at the server, without the network
    server: list[float] = field(default_factory=list)
    statements: int = 0


def percentile(values: list[float], part: float) -> float:
    """The value that `part` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def fill(technicians: int = TECHNICIANS, visits: int = VISITS, waiting: int = WAITING, *, day: date = DAY) -> None:
    """A store with so many technicians, visits of each, and visits nobody goes to yet; committed."""
    from fieldservice.accounts.models import Person, PersonRole
    from fieldservice.branches.models import STORE, Branch
    from fieldservice.core.db import count_rows, db
    from fieldservice.core.passwords import hash_password
    from fieldservice.core.versions import unversioned_writes
    from fieldservice.people.models import BranchPlanning

    luck = random.Random(7)  # noqa: S311 - the same day each time
    store = Branch(code="BJ01", name="丰台店", kind=STORE, timezone="Asia/Shanghai")
    db.session.add(store)
    db.session.flush()
    usual = {"weekdays": list(range(7)), "start_minute": 480, "end_minute": 1080, "lunch_earliest": 690,
             "lunch_latest": 810, "lunch_minutes": 30}  # fmt: skip
    db.session.add(BranchPlanning(branch_id=store.id, lat=MIDDLE[0], lng=MIDDLE[1], **usual))
    people = [_person("0101", "沈女士", store.id, "dispatcher")]
    people += [_person(f"02{number:03}", luck.choice(NAMES) + "".join(luck.choices(GIVEN, k=2)), store.id, "technician")
               for number in range(technicians)]  # fmt: skip
    people[0].password_hash = hash_password(PASSWORD)
    db.session.add_all(people)
    db.session.commit()
    assert all(isinstance(row, PersonRole) for person in people for row in person.role_rows)
    rows = [_visit(luck, day, store.id, person.id, number)
            for person in people[1:] for number in range(visits)]  # fmt: skip
    rows += [_visit(luck, day, store.id, None, number % max(1, visits)) for number in range(waiting)]
    with unversioned_writes():
        for model in rows[0] if rows else ():
            db.session.execute(sa.insert(model), [row[model] for row in rows])
    db.session.commit()
    if db.engine.dialect.name == "sqlite":
        count_rows()
    assert db.session.scalar(sa.select(sa.func.count(Person.id))) == technicians + 1


def _person(staff_no: str, name: str, branch_id: str, role: str) -> Any:
    from fieldservice.accounts.models import Person, PersonRole

    at = datetime(2023, 1, 1, tzinfo=UTC)
    return Person(staff_no=staff_no, name=name, branch_id=branch_id, created_at=at, role_rows=[PersonRole(role=role)])


def _visit(luck: random.Random, day: date, branch_id: str, lead_id: str | None, number: int) -> dict[Any, dict[str, Any]]:
    from fieldservice.cases.models import Case
    from fieldservice.core.ids import new_id, new_nonce
    from fieldservice.customers.models import Customer, Site
    from fieldservice.jobs.models import Job

    customer, site, case, job = (new_id() for _ in range(4))
    name = luck.choice(NAMES)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=50 * number + 10 * luck.randrange(2))
    kind = luck.choices(("repair", "survey", "maintenance", "courtesy_visit"), (6, 2, 2, 1))[0]
    at = start - timedelta(days=2)
    return {
        Customer: {"id": customer, "branch_id": branch_id, "kind": "person", "name": name + "丽华",
                   "address_form": name + luck.choice(("女士", "先生")), "phone": f"13{luck.randrange(10**9):09}",
                   "special_needs": [], "created_at": at, "version": 1},
        Site: {"id": site, "customer_id": customer, "district": luck.choice(PLACES)[:3],
               "address": f"{luck.choice(PLACES)[3:]} {luck.randrange(1, 30)} 区", "unit": "6 号楼",
               "lat": MIDDLE[0] + AROUND[0] * luck.uniform(-1, 1), "lng": MIDDLE[1] + AROUND[1] * luck.uniform(-1, 1),
               "position_source": "pin", "version": 1},
        Case: {"id": case, "number": f"F-{case[-12:]}", "branch_id": branch_id, "kind": "repair",
               "customer_id": customer, "words": "", "opened_at": at, "version": 1},
        Job: {"id": job, "number": f"P-{job[-12:]}", "case_id": case, "branch_id": branch_id, "site_id": site,
              "type": kind, "state": "accepted" if lead_id else "unassigned", "lead_id": lead_id, "visit_on": day,
              "window_start_at": start, "window_end_at": start + timedelta(minutes=40), "planned_minutes": 30,
              "priority": luck.choices(("normal", "urgent", "emergency"), (12, 2, 1))[0], "brief": "地板起拱",
              "special_needs": [], "sign_nonce": new_nonce(), "created_at": at, "version": 1},
    }  # fmt: skip


def measure(driver: Playwright) -> Found:
    """Lays the day on SQLite, serves it, opens it, drags over it."""
    with tempfile.TemporaryDirectory() as folder, copy_of(migrated("sqlite")) as database:
        data_dir = Path(folder) / "data"
        data_dir.mkdir(mode=0o700)
        app = app_on(database, data_dir)
        found = Found()
        with app.app_context():
            fill()
            _at_the_server(app, found)
        close(app)
        server = Server(database, data_dir)
        server.start()
        try:
            _in_the_browser(driver, server, database, data_dir, found)
        finally:
            server.kill()
    return found


def _at_the_server(app: Flask, found: Found) -> None:
    from fieldservice.accounts.models import Person
    from fieldservice.core.db import db
    from tests.cast import sign_in

    client = sign_in(app.test_client(), db.session.scalars(sa.select(Person).filter_by(staff_no="0101")).one())
    db.session.remove()
    for _ in range(TIMES):
        with counted(db.engine) as statements:
            began = time.perf_counter()
            answer = client.get(f"/board?day={DAY}")
            found.server.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.status_code
    found.statements = len(statements)
    found.page_bytes, found.page_zipped = len(answer.data), len(gzip.compress(answer.data, 6))


def _in_the_browser(driver: Playwright, server: Server, database: Database, data_dir: Path, found: Found) -> None:
    browser = driver.chromium.launch(**chromium_options())
    context = browser.new_context(base_url=server.url, **DESK)
    page = context.new_page()
    page.goto("/")
    page.locator("#name").fill("0101")
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    page.locator("#home").wait_for()
    for number in range(OPENINGS):
        opened = context.new_page()
        line = context.new_cdp_session(opened)
        line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        _open(opened, found)
        if number == OPENINGS - 1:
            _drag(opened, line, found)
            _change(opened, database, data_dir, found)
        opened.close()
    browser.close()


#: first contentful paint, and when the last block stands and the board answers
PAINTS = """() => new Promise((done) => {
  const look = () => {
    const paint = performance.getEntriesByName('first-contentful-paint')[0];
    const isComplete = document.querySelector('[data-behaviour~=board][data-started]');
    if (!paint || !isComplete) return setTimeout(look, 5);
    requestAnimationFrame(() => setTimeout(() => done([paint.startTime, performance.now()]), 0));
  };
  look();
})"""


def _open(page: Page, found: Found) -> None:
    page.goto(f"/board?day={DAY}", wait_until="commit")
    first, complete = page.evaluate(PAINTS)
    assert page.locator(".lane .blk").count() >= TECHNICIANS * VISITS
    found.first_paint.append(first)
    found.complete.append(complete)


#: each move of the pointer, until the frame after it has been drawn
WATCH_MOVES = """() => {
  window.moves = [];
  addEventListener('pointermove', (event) => {
    const at = event.timeStamp;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => window.moves.push(performance.now() - at);
      channel.port2.postMessage(0);
    });
  }, { capture: true });
}"""


def _drag(page: Page, line: CDPSession, found: Found) -> None:
    page.evaluate(WATCH_MOVES)
    box = page.locator("#lane-tray .blk[data-moves]").first.bounding_box()
    assert box
    x, y = box["x"] + 6, box["y"] + box["height"] / 2
    luck = random.Random(3)  # noqa: S311 - the same way each time
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y + 20)
    page.locator(".is-held").first.wait_for(state="attached")
    page.evaluate("window.moves.length = 0")
    for _ in range(MOVES):
        page.mouse.move(luck.uniform(320, 1250), luck.uniform(300, 690))
        page.wait_for_timeout(16)
    page.wait_for_function(f"window.moves.length >= {MOVES // 2}")
    found.drag = page.evaluate("window.moves")
    page.keyboard.press("Escape")
    page.mouse.up()


def _change(page: Page, database: Database, data_dir: Path, found: Found) -> None:
    """Somebody else moves one visit: how long until this page shows it, and what came over the line for it."""
    from fieldservice.accounts.models import Person
    from fieldservice.core import clock
    from fieldservice.core.db import db
    from fieldservice.jobs import actions
    from fieldservice.jobs.models import Job

    asked: list[int] = []
    page.on("response", lambda answer: "/board" in answer.url and asked.append(len(answer.body())))
    page.locator("#live [data-when=good]:not([hidden])").wait_for()
    app = app_on(database, data_dir)
    with app.app_context():
        job = db.session.scalars(sa.select(Job).where(Job.lead_id.is_not(None)).limit(1)).one()
        by = db.session.scalars(sa.select(Person).filter_by(staff_no="0101")).one()
        later = timedelta(minutes=15)
        assert job.window_start_at
        assert job.window_end_at
        actions.move_job(job, DAY, job.window_start_at + later, job.window_end_at + later, expected_version=job.version,
                         by=by, at=clock.now())
        db.session.commit()
        job_id, version, began = job.id, job.version, time.perf_counter()
    page.locator(f'#blk-{job_id}[data-version="{version}"]').wait_for(state="attached", timeout=20_000)
    found.change = (time.perf_counter() - began) * 1000
    found.change_bytes = asked[-1] if asked else 0
    close(app)


def main() -> None:
    """Shows every figure."""
    shared = shared_folder.open_shared_folder()
    try:
        with sync_playwright() as driver:
            found = measure(driver)
    finally:
        shared_folder.remove_shared_folder(shared)
    show(found)


def show(found: Found) -> None:
    """What was seen, in lines."""
    def middle(values: list[float]) -> str:
        return f"median {percentile(values, 0.5):.0f}, p95 {percentile(values, 0.95):.0f}"

    print(f"        server: {middle(found.server)} ms, {found.statements} statements, "
          f"{found.page_bytes / 1000:.0f} kB, zipped {found.page_zipped / 1000:.0f} kB")
    print(f"        first paint: {middle(found.first_paint)} ms; complete: {middle(found.complete)} ms")
    print(f"        drag: {middle(found.drag)} ms of {len(found.drag)} moves")
    print(f"        a change elsewhere: {found.change:.0f} ms, {found.change_bytes / 1000:.0f} kB")


if __name__ == "__main__":
    main()
