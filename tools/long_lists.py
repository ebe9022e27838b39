"""How lists hold: the same requests on 1,000 and on 100,000 jobs, on both databases.

Measured at the server: the whole answer of the application, without the network. `tools/bench.py long_lists` judges it;
`python tools/long_lists.py [sqlite|postgresql]` shows each request.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import sqlalchemy as sa  # noqa: E402
from flask.testing import FlaskClient  # noqa: E402

from tests.support import shared_folder  # noqa: E402
from tests.support.databases import KINDS, app_on, close, copy_of, migrated  # noqa: E402
from tests.support.statements import counted  # noqa: E402

FEW, MANY = 1_000, int(os.environ.get("MANY_JOBS", "100000"))
TIMES = 15

#: what is asked for; a name that ends in '@' is asked by a dispatcher of one store, any other by the head office
REQUESTS = {
    "jobs": "/jobs",
    "jobs of a store @": "/jobs",
    "jobs, open": "/jobs?state=open",
    "jobs, finished": "/jobs?state=finished",
    "jobs, a rare type": "/jobs?type=goods_transport",
    "jobs, a technician": "/jobs?technician={technician}",
    "jobs, a branch": "/jobs?branch={branch}",
    "jobs, a month": "/jobs?from=2026-10-01&to=2026-10-31",
    "jobs, several filters @": "/jobs?state=finished&type=survey&technician={technician}&from=2025-01-01",
    **{f"jobs by {sort}": f"/jobs?sort={sort}" for sort in ("day", "-day", "number", "-number", "state", "-type")},
    "jobs of a store by number @": "/jobs?sort=-number",
    "jobs, a deep page": "/jobs?page=150",
    "jobs, a deep page @": "/jobs?page=150&sort=number",
    "jobs: a name": "/jobs?q={name}",
    "jobs: a name @": "/jobs?q={name}",
    "jobs: part of an address": "/jobs?q=金鱼胡同7",
    "jobs: a number": "/jobs?q={number}",
    "jobs: tail of a phone": "/jobs?q={tail}",
    "jobs: a phone": "/jobs?q={phone}",
    "jobs: two letters": "/jobs?q=起拱",
    "jobs: two letters @": "/jobs?q=测量",
    "jobs: two words": "/jobs?q=望京西园 女士",
    "jobs: one letter": "/jobs?q=王",
    "jobs: nothing": "/jobs?q=龘靐齉",
    "jobs: nothing, of common pieces": "/jobs?q=海淀区丰台区",
    "jobs: everything": "/jobs?q=北京市",
    "jobs: everything, a deep page": "/jobs?q=北京市&page=40",
    "jobs: a word and filters": "/jobs?q=泡水&type=survey&state=finished",
    "customers": "/customers",
    "customers by name": "/customers?sort=name",
    "customers: a name": "/customers?q={name}",
    "customers: everything @": "/customers?q=女士",
    "cases": "/cases",
    "cases, open": "/cases?state=open",
    "cases, done @": "/cases?state=done",
    "cases: a name": "/cases?q={name}",
    "first page of the desk": "/",
    "first page of the desk @": "/",
    "day @": "/day?day=2026-11-21",
    "board @": "/board?day=2026-11-21",
}


@dataclass
class Times:
    """What one request took, ms."""

    all_ms: list[float] = field(default_factory=list)
    statements: int = 0

    @property
    def p95_ms(self) -> float:
        return percentile(self.all_ms, 0.95)


def percentile(values: list[float], part: float) -> float:
    """The value that `part` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def all_ms(found: dict[str, Times]) -> list[float]:
    """What every request took, of all kinds."""
    return [ms for times in found.values() for ms in times.all_ms]


def measure(kind: str, jobs: int, *, times: int = TIMES, only: str = "") -> dict[str, Times]:
    """Every request on a fresh database with so many jobs."""
    with tempfile.TemporaryDirectory() as folder, copy_of(migrated(kind)) as database:
        app = app_on(database, Path(folder))
        with app.app_context():
            found = _measure(app, jobs, times, only)
        close(app)
    return found


def _measure(app: Any, jobs: int, times: int, only: str) -> dict[str, Times]:
    from fieldservice.core.db import db
    from tests.cast import sign_in
    from tests.support.many_jobs import fill

    began = time.perf_counter()
    people = fill(jobs)
    print(f"        {jobs} jobs in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    words = _words(people["technician"])
    gc.collect()
    gc.freeze()  # what filling left behind is no server's
    clients = {who: sign_in(app.test_client(), people[who]) for who in ("manager", "dispatcher")}
    db.session.remove()
    found: dict[str, Times] = {}
    for name, address in REQUESTS.items():
        if only in name and _is_there(app, address):
            client = clients["dispatcher" if name.endswith("@") else "manager"]
            found[name] = _times(client, address.format(**words), times)
    return found


def _is_there(app: Any, address: str) -> bool:
    from werkzeug.exceptions import HTTPException

    try:
        app.url_map.bind("").match(address.split("?")[0])
    except HTTPException:
        return False
    return True


def _times(client: FlaskClient, address: str, times: int) -> Times:
    from fieldservice.core.db import db

    found = Times()
    client.get(address)  # the first one loads templates and pages of the database
    with counted(db.engine) as statements:
        client.get(address)
    found.statements = len(statements)
    for _ in range(times):
        began = time.perf_counter()
        answer = client.get(address)
        found.all_ms.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (address, answer.status_code)
    return found


def _words(technician: Any) -> dict[str, str]:
    """What stands in one job somewhere in the middle."""
    from fieldservice.core.db import db
    from fieldservice.customers.models import Customer
    from fieldservice.jobs.models import Job

    middle = (db.session.scalar(sa.select(sa.func.count(Job.id))) or 0) // 2
    number = db.session.scalars(sa.select(Job.number).order_by(Job.id).offset(middle)).first()
    customer = db.session.scalars(sa.select(Customer).order_by(Customer.id).offset(middle)).first()
    assert customer is not None
    return {
        "technician": technician.id, "branch": technician.branch_id, "number": str(number), "name": customer.name,
        "phone": customer.phone, "tail": customer.phone[-4:]}  # fmt: skip


def main() -> None:
    """Shows each request on both sizes."""
    kinds = [one for one in sys.argv[1:] if one in KINDS] or KINDS
    only = next((one for one in sys.argv[1:] if one not in KINDS), "")
    shared = shared_folder.open_shared_folder()
    try:
        for kind in kinds:
            few, many = measure(kind, FEW, only=only), measure(kind, MANY, only=only)
            print(f"{kind}: p95 in ms with {FEW} and {MANY} jobs, ratio, statements")
            for name, times in many.items():
                ratio = times.p95_ms / few[name].p95_ms
                figures = f"{few[name].p95_ms:8.1f}{times.p95_ms:8.1f}{ratio:7.2f}{times.statements:5}"
                print(f"  {name:36}{figures}", flush=True)
            print(f"  all: {percentile(all_ms(few), 0.95):.1f} → {percentile(all_ms(many), 0.95):.1f}")
    finally:
        shared_folder.remove_shared_folder(shared)


if __name__ == "__main__":
    main()
