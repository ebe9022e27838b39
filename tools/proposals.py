"""How other pages fare while a proposal is worked out: the product as it is served, gunicorn and a worker beside it, a
day of 40 technicians and 300 visits. `tools/bench.py proposal` judges it.

The same pages are asked for one after another, first with nothing going on, then while the worker searches; what it has
to compile on a new machine is compiled before.
"""

from __future__ import annotations

import random
import re
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from flask import Flask  # noqa: E402

from fieldservice.accounts.models import Person  # noqa: E402
from fieldservice.core import clock  # noqa: E402
from fieldservice.core.db import db  # noqa: E402
from fieldservice.dispatch.models import Proposal  # noqa: E402
from fieldservice.people.models import BranchPlanning  # noqa: E402
from tests.builders import a_customer, a_job, a_site  # noqa: E402
from tests.cast import a_person  # noqa: E402
from tests.support import shared_folder  # noqa: E402
from tests.support.databases import app_on, close  # noqa: E402
from tests.support.html import form_token  # noqa: E402
from tests.support.server import running_server, with_sample_data  # noqa: E402
from tools.large_import import Visitor, a_worker, percentile  # noqa: E402

TECHNICIANS, VISITS, SECONDS = 40, 300, 20
DISPATCHER = "0102"
#: what others do meanwhile
PAGES = ("/", "/day", "/jobs", "/customers", "/jobs?q=BJ01")


@dataclass(frozen=True)
class Found:
    """What was measured."""

    #: milliseconds of the pages, in turn
    idle_ms: list[float]
    busy_ms: list[float]
    #: from asking until the page shows the difference
    took_seconds: float
    lines: int
    #: visits somebody goes to: before, after, of all
    served: tuple[int, int, int]


def measure(kind: str = "sqlite") -> Found:
    """Has a small day planned to warm up, then the large one, and asks for pages before and meanwhile."""
    settings = {"BACKGROUND": "worker", "LOG_LEVEL": "WARNING", "PROPOSAL_SECONDS": str(SECONDS)}
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(with_sample_data(kind), Path(folder) / "data", **settings) as server,
        a_worker(server),
    ):
        app = app_on(server.database, server.data_dir, BASE_URL=server.url)
        day = _fill(app, TECHNICIANS, VISITS)
        me = Visitor(server.url, DISPATCHER, server.passwords()[DISPATCHER])
        _wait(app, _ask(me, day), 120)  # a new machine compiles
        idle = _asked(me, lambda count: count < 20 * len(PAGES))
        began, proposal_id = time.monotonic(), _ask(me, day)
        busy = _asked(me, lambda _count: _is_under_way(app, proposal_id))
        found = _wait(app, proposal_id, 60)
        took = time.monotonic() - began
        close(app)
        return Found(idle, busy, took, *found)


def _fill(app: Flask, technicians: int, visits: int) -> date:
    """People and visits of a day to come, a third of them given already, in the dispatcher's branch."""
    luck = random.Random(7)  # noqa: S311
    with app.app_context():
        branch = db.session.query(Person).filter_by(staff_no=DISPATCHER).one().branch
        day = (clock.now() + timedelta(hours=8)).date() + timedelta(days=3)
        if not db.session.query(BranchPlanning).filter_by(branch_id=branch.id).first():
            db.session.add(BranchPlanning(
                branch_id=branch.id, weekdays=list(range(7)), start_minute=480, end_minute=1080, lunch_earliest=690,
                lunch_latest=810, lunch_minutes=45, lat=39.95, lng=116.45))  # fmt: skip
        people = [a_person(f"{7000 + number}", f"师傅 {number}", branch, "technician") for number in range(technicians)]
        midnight = datetime.combine(day, clock_time(), UTC) - timedelta(hours=8)
        for number in range(visits):
            place = {"lat": 39.95 + luck.gauss(0, 0.08), "lng": 116.45 + luck.gauss(0, 0.1)}
            start = midnight + timedelta(hours=luck.choice((8, 9, 10, 13, 14, 15)))
            lead = people[number % technicians] if number % 3 == 0 else None
            a_job(branch, lead, site=a_site(a_customer(branch), **place), start_at=start,
                  window_end_at=start + timedelta(hours=luck.choice((2, 4))), is_promised=luck.random() < 0.6,
                  planned_minutes=luck.choice((30, 45, 60, 90)))  # fmt: skip
        db.session.commit()
    return day


def _ask(me: Visitor, day: date) -> str:
    token = form_token(me.get(f"/day/proposals?day={day}")[1])
    status, page, address = me.post(f"/day/proposals?day={day}", {
        "csrf_token": token, "mode": "full", "with_undated": ""})  # fmt: skip
    found = re.search(r"/day/proposals/([0-9a-f-]{36})", f"{address} {page}")
    assert found, (status, address, page[:400])
    return found[1]


def _asked(me: Visitor, goes_on: Callable[[int], bool]) -> list[float]:
    """Pages one after another as long as that is so; milliseconds of each."""
    times: list[float] = []
    while goes_on(len(times)):
        began = time.perf_counter()
        status, _page, _address = me.get(PAGES[len(times) % len(PAGES)])
        assert status == 200
        times.append((time.perf_counter() - began) * 1000)
    return times


def _is_under_way(app: Flask, proposal_id: str) -> bool:
    with app.app_context():
        return db.session.get_one(Proposal, proposal_id).is_under_way


def _wait(app: Flask, proposal_id: str, seconds: int) -> tuple[int, tuple[int, int, int]]:
    """Until it is done: its lines, and who is served. Raises RuntimeError when it failed or took too long."""
    until = time.monotonic() + seconds
    while _is_under_way(app, proposal_id) and time.monotonic() < until:
        time.sleep(0.2)
    with app.app_context():
        found = db.session.get_one(Proposal, proposal_id)
        if found.state != "done":
            raise RuntimeError(f"the proposal is {found.state}: {found.trouble}")
        before, after = found.figures_before, found.figures_after
        return len(found.lines), (before["served"], after["served"], after["of"])


def main() -> None:
    """Shows it."""
    shared = shared_folder.open_shared_folder()
    try:
        found = measure(*sys.argv[1:2])
    finally:
        shared_folder.remove_shared_folder(shared)
    idle, busy = percentile(found.idle_ms, 0.95), percentile(found.busy_ms, 0.95)
    print(f"pages idle p95 {idle:.0f} ms ({len(found.idle_ms)}), meanwhile {busy:.0f} ms ({len(found.busy_ms)}): "
          f"{busy / idle:.2f} times; done after {found.took_seconds:.1f} s, {found.lines} lines, served {found.served}")


if __name__ == "__main__":
    main()
