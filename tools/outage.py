"""After an outage every phone comes back at once: how long until all of it is on the server, on PostgreSQL.

`python tools/outage.py [devices] [operations]` shows it; `tools/bench.py outage` judges it. The load runs on the same
cores as the server and the database.
"""

from __future__ import annotations

import http.client
import json
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import sqlalchemy as sa

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fieldservice.accounts.sessions import COOKIE  # noqa: E402
from tests.support import shared_folder  # noqa: E402
from tests.support.databases import app_on, close, copy_of, migrated  # noqa: E402
from tests.support.server import Server  # noqa: E402

DEVICES, OPERATIONS = 500, 200
#: jobs of one phone; its operations are spread over them
JOBS = 8
MOST_OPS = 100  # in a request, docs/sync-protocol.md
#: phones that send at the same moment: what is more waits for its connection
AT_ONCE = 50
#: pages a dispatcher opens meanwhile, one after the other
PAGE = "/board"


@dataclass
class Drained:
    """What was seen: seconds until the last phone had all its results, what went wrong, what a dispatcher waited."""

    seconds: float = 0.0
    requests: int = 0
    acks: int = 0
    #: answers that made a phone wait and come again; each did
    busy: int = 0
    errors: list[str] = field(default_factory=list)
    page_ms: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Device:
    """One phone with a day of work on it."""

    client_id: str
    token: str
    jobs: list[str]


def measure(devices: int = DEVICES, operations: int = OPERATIONS) -> Drained:
    """Lays a database, serves it, lets every phone send its work."""
    with tempfile.TemporaryDirectory() as folder, copy_of(migrated("postgresql")) as database:
        data_dir = Path(folder) / "data"
        data_dir.mkdir()
        phones, desk = _lay(database, data_dir, devices)
        server = Server(database, data_dir)
        server.start()
        try:
            return _drain(server.port, phones, desk, operations)
        finally:
            server.kill()


def _lay(database: Any, data_dir: Path, devices: int) -> tuple[list[Device], str]:
    """So many technicians with their visits of today and a signed-in phone; also the cookie of a dispatcher."""
    app = app_on(database, data_dir)
    with app.app_context():
        found = _people_and_jobs(devices)
    close(app)
    return found


def _people_and_jobs(devices: int) -> tuple[list[Device], str]:
    from fieldservice.accounts import sessions
    from fieldservice.accounts.models import Device as DeviceRow
    from fieldservice.accounts.models import Person, PersonRole
    from fieldservice.core import clock
    from fieldservice.core.db import db
    from fieldservice.core.ids import new_id
    from fieldservice.core.versions import unversioned_writes
    from tests.builders import a_job
    from tests.cast import a_cast

    cast, at = a_cast(), clock.now()
    job = a_job(cast.store, cast.technician)
    model = [job.site.customer, job.site, job.case, job]  # each of the others is like this one, with ids of its own
    names = ("customer_id", "site_id", "case_id")
    tables: list[list[dict[str, Any]]] = [[] for _ in model]
    people, phones, rows = [], [], []
    for number in range(devices):
        person_id, client_id, own = new_id(), new_id(), [new_id() for _ in range(JOBS)]
        people.append({"id": person_id, "staff_no": f"9{number:04}", "name": f"师傅 {number}",
                       "branch_id": cast.store.id, "created_at": at, "version": 1})  # fmt: skip
        rows.append({"id": client_id, "person_id": person_id, "name": "手机", "registered_at": at})
        phones.append((person_id, client_id, own))
        for one in own:
            ids = {name: new_id() for name in names}
            for table, row, row_id in zip(tables, model, [*ids.values(), one], strict=True):
                made = {column.key: getattr(row, column.key) for column in sa.inspect(row).mapper.column_attrs}
                fresh = {"number": f"N{row_id[-12:]}", "lead_id": person_id, "sign_nonce": secrets.token_hex(16), **ids}
                table.append(made | {key: fresh[key] for key in made if key in fresh} | {"id": row_id, "version": 1})
    roles = [{"person_id": one["id"], "role": "technician"} for one in people]
    staff = [(Person, people), (PersonRole, roles), (DeviceRow, rows)]
    with unversioned_writes():
        for kind, values in [*staff, *zip([type(row) for row in model], tables, strict=True)]:
            db.session.execute(sa.insert(kind), values)
        db.session.commit()
    technicians = db.session.scalars(sa.select(Person).where(Person.id.in_([one["id"] for one in people]))).unique()
    tokens = {
        person.id: sessions.open_session(person, at=at, address="127.0.0.1", user_agent="bench")[1]
        for person in [*technicians, cast.dispatcher]
    }
    db.session.commit()
    made = [Device(client_id, tokens[person_id], own) for person_id, client_id, own in phones]
    return made, tokens[cast.dispatcher.id]


def _drain(port: int, phones: list[Device], desk: str, operations: int) -> Drained:
    """First each phone is as it was before the outage, with its jobs; then all send."""
    context = get_context("spawn")
    with context.Pool(1) as load:  # the phones do not share the interpreter of whoever looks on
        ready = load.apply(_first_contact, (port, phones))
        idle = [_page_ms(port, desk) for _ in range(10)]
        print(f"        a page while nothing else happens: {sorted(idle)[5]:.0f} ms", file=sys.stderr, flush=True)
        work = load.apply_async(_send_all, (port, phones, ready, operations))
        pages = []
        while not work.ready():
            pages.append(_page_ms(port, desk))
            time.sleep(0.1)
        found: Drained = work.get()
    found.page_ms = pages
    return found


def _page_ms(port: int, token: str) -> float:
    began = time.perf_counter()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("GET", PAGE, headers={"Cookie": f"{COOKIE}={token}"})
    answer = line.getresponse()
    answer.read()
    line.close()
    if answer.status != 200:
        raise RuntimeError(f"{PAGE}: {answer.status}")
    return (time.perf_counter() - began) * 1000


def _each(phones: list[Device], act: Callable[[Device], None]) -> None:
    """All of them, so many at once."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(act, phones))


def _first_contact(port: int, phones: list[Device]) -> dict[str, dict[str, Any]]:
    """Client id → cursor, epoch and manifest hash of a phone that has everything."""
    from fieldservice.sync.rules import manifest_hash

    found = {}

    def come(phone: Device) -> None:
        status, answer = _post(port, phone, _body(phone, {"cursor": "", "epoch": 0, "manifest_hash": ""}, []))
        if status != 200:
            raise RuntimeError(f"first contact: {status} {answer}")
        held = [(one, version) for one, version in answer["manifest"]]
        found[phone.client_id] = {
            "cursor": answer["to"], "epoch": answer["epoch"], "manifest_hash": manifest_hash(held)}  # fmt: skip

    _each(phones, come)
    return found


def _send_all(port: int, phones: list[Device], ready: dict[str, dict[str, Any]], operations: int) -> Drained:
    seen = Drained()
    lock = threading.Lock()
    work = {phone.client_id: _work(phone, operations) for phone in phones}
    began = time.perf_counter()

    def send(phone: Device) -> None:
        base = dict(ready[phone.client_id])
        ops = work[phone.client_id]
        while ops:
            status, answer = _post(port, phone, _body(phone, base, ops[:MOST_OPS]))
            with lock:
                seen.requests += 1
                if status in (409, 429, 503):
                    seen.busy += 1
                elif status != 200 or {ack["result"] for ack in answer["acks"]} != {"applied"}:
                    seen.errors.append(f"{status} {str(answer)[:200]}")
                    return
                else:
                    seen.acks += len(answer["acks"])
            if status != 200:
                time.sleep(1)
                continue
            ops = ops[len(answer["acks"]):]
            base["cursor"] = answer["to"]

    _each(phones, send)
    seen.seconds = time.perf_counter() - began
    return seen


def _work(phone: Device, operations: int) -> list[dict[str, Any]]:
    """A day of work: each visit from the yes to the end, the customer called, notes written."""
    from fieldservice.core.ids import new_id

    ops: list[dict[str, Any]] = []
    now = int(time.time() * 1000)

    def add(kind: str, job: str, **args: Any) -> None:
        ops.append({"id": new_id(), "seq": len(ops) + 1, "schema": 1, "kind": kind, "entity": job, "args": args,
                    "base": {}, "occurred_at": now})  # fmt: skip

    each = operations // len(phone.jobs)
    for job in phone.jobs:
        steps = ("accept", "depart", "arrive", "start")
        for step in steps:
            add("take_step", job, step=step, place={"lat": 39.9, "lng": 116.4, "accuracy_m": 12})
            add("record_contact", job, channel="call")
        for number in range(each - 2 * len(steps) - 1):
            add("add_note", job, text=f"第 {number} 块板，含水率 9.4%，已经换好")
        add("take_step", job, step="cannot_finish", reason="缺料", no_promise="客户定", no_place="off")
    return ops


def _body(phone: Device, base: dict[str, Any], ops: list[dict[str, Any]]) -> dict[str, Any]:
    return {"proto": 1, "schema": 1, "build": "bench", "client_id": phone.client_id, "nonce": secrets.token_hex(8),
            "now": int(time.time() * 1000), "ops": ops, **base}  # fmt: skip


def _post(port: int, phone: Device, body: dict[str, Any]) -> tuple[int, Any]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Content-Type": "application/json", "X-Fieldservice-Nonce": body["nonce"],
               "Sec-Fetch-Site": "same-origin", "Cookie": f"{COOKIE}={phone.token}"}  # fmt: skip
    line.request("POST", "/api/sync", json.dumps(body), headers)
    answer = line.getresponse()
    text = answer.read()
    line.close()
    try:
        return answer.status, json.loads(text)
    except ValueError:
        return answer.status, text[:200]


def main() -> None:
    """Shows it."""
    devices, operations = (int(one) for one in [*sys.argv[1:], *(str(DEVICES), str(OPERATIONS))[len(sys.argv) - 1:]])
    shared = shared_folder.open_shared_folder()
    try:
        found = measure(devices, operations)
    finally:
        shared_folder.remove_shared_folder(shared)
    pages = sorted(found.page_ms)
    print(
        f"{devices} devices × {operations} operations: {found.seconds:.1f} s, {found.requests} requests, "
        f"{found.acks} results, {found.busy} times told to wait, {len(found.errors)} errors {found.errors[:2]}; "
        f"a page meanwhile: median {pages[len(pages) // 2]:.0f}, p95 {pages[int(len(pages) * 0.95)]:.0f} ms"
    )


if __name__ == "__main__":
    main()
