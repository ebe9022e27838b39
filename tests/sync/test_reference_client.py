"""The reference client, written from docs/sync-protocol.md alone, obeys the vectors and keeps the promise."""

import ast
import json
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldservice.accounts.actions import revoke_device
from fieldservice.accounts.actions.passwords import set_password
from fieldservice.accounts.models import Device, Person
from fieldservice.core import clock, versions
from fieldservice.core.db import db
from fieldservice.core.oplog import LogEntry
from fieldservice.evidence.models import Blob
from fieldservice.jobs.actions import assign_job
from fieldservice.jobs.models import Job
from tests.builders import a_job
from tests.cast import Cast, a_person
from tests.evidence.test_line import Served, served
from tests.reference_client.client import Client, after_step
from tests.reference_client.storage import Store
from tests.reference_client.wire import Send, Wire, over_http
from tests.support.cut_line import cut_line
from tests.support.databases import ROOT, Database
from tests.sync.protocol_page import quoted, table
from tests.sync.test_vectors import CASES, VECTORS, _checklists

PASSWORD = "a long floor of oak"
PHOTO = {"slot": "during", "media_type": "image/jpeg"}
#: what a client may say of a run; all but 'ok' keep everything
OUTCOMES = {"offline", "signed_out", "not_allowed", "revoked", "update_needed", "conflict", "busy", "server_full",
            "server_trouble", "no_progress", "photo_trouble"}  # fmt: skip


def over_test_client(app: Flask) -> Send:
    """Requests in this process."""
    browser = app.test_client(use_cookies=False)

    def send(
        method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        answer = browser.open(path, method=method, headers=dict(headers), data=body or b"")
        return answer.status_code, dict(answer.headers), answer.data

    return send


class Line:
    """The way to the server; `fault` may spoil one request: it gets the request and the real way."""

    def __init__(self, send: Send) -> None:
        self.real = send
        self.fault: Callable[..., tuple[int, Mapping[str, str], bytes]] | None = None
        self.pattern: str | tuple[str, ...] = ""
        self.met = 0

    def __call__(self, *request: Any) -> tuple[int, Mapping[str, str], bytes]:
        if self.fault and f"{request[0]} {request[1]}".startswith(self.pattern):
            self.met += 1
            return self.fault(self.real, *request)
        return self.real(*request)


def refuses(status: int, code: str) -> Any:
    """A fault: our own server answers with an error."""

    def fault(_real: Send, _method: str, _path: str, headers: Mapping[str, str], _body: bytes | None) -> Any:
        told = {"X-Fieldservice": headers["X-Fieldservice-Nonce"], "Content-Type": "application/json",
                "Tus-Resumable": "1.0.0", "Retry-After": "7"}  # fmt: skip
        return status, told, json.dumps({"error": {"code": code}}).encode()

    return fault


@pytest.fixture
def open_client(app: Flask, cast: Cast, tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Opens a signed-in client of somebody of the cast on a store of that name."""
    stores: list[Store] = []

    def go(person: Person, name: str = "", send: Send | None = None) -> Client:
        set_password(person, PASSWORD)
        db.session.commit()
        stores.append(Store(tmp_path / f"{name or person.staff_no}.sqlite3", durable=False))
        client = Client(Wire(send or over_test_client(app)), stores[-1], sleep=lambda _seconds: None)
        assert client.sign_in(person.staff_no, PASSWORD) == "ok"
        return client

    yield go
    for store in stores:
        store.close()


def test_it_stands_on_the_page_and_the_standard_library_alone() -> None:
    for path in (ROOT / "tests" / "reference_client").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else (
                [alias.name for alias in node.names] if isinstance(node, ast.Import) else [])  # fmt: skip
            for name in names:
                assert name.startswith("tests.reference_client") or name.split(".")[0] in sys.stdlib_module_names, name


def test_it_shows_steps_as_the_vectors_say() -> None:
    vectors = json.loads((ROOT / "tests" / "vectors" / "job_state.json").read_text())
    for state, steps in vectors["next_steps"].items():
        for case in vectors["take"]:
            assert (after_step(state, case["step"]) is not None) == (case["step"] in steps)
    for case in vectors["take"]:
        if "state" in case["expect"]:
            assert after_step(case["state"], case["step"]) == case["expect"]["state"]


@pytest.mark.parametrize("has_checklist", [True, False], ids=["with a checklist", "without"])
def test_it_obeys_the_vectors_of_all_operations(
    database: Database, cast: Cast, open_client: Callable[..., Client], has_checklist: bool
) -> None:
    names = _checklists() if has_checklist else {}
    other = a_person("0299", "刘师傅", cast.store, "technician")
    clients = {"lead": open_client(cast.technician), "helper": open_client(cast.second_technician)}
    chosen = [(kind, case) for kind, case in CASES if bool(case.get("checklist")) == has_checklist]
    assert len(chosen) > 20
    for kind, case in some(database, chosen):
        try:
            _obey(case, dict(names), clients, cast, other)
        except AssertionError as broken:
            raise AssertionError(f"{kind}: {case['name']}: {broken}") from broken
    assert set(VECTORS) == {kind for kind, _case in CASES}


def _obey(case: dict[str, Any], names: dict[str, str], clients: dict[str, Client], cast: Cast, other: Person) -> None:
    cancelled = {"cancelled_from": "assigned"} if case["state"] == "cancelled" else {}
    job = a_job(cast.store, cast.technician, helpers=(cast.second_technician,), state=case["state"], **cancelled,
                **case.get("job", {}))  # fmt: skip
    client = clients["lead"]
    for number, op in enumerate([*case.get("before", []), case["op"]], 1):
        crew = clients[op.get("as", case.get("as", "lead"))]
        if crew is not client or op is case["op"]:
            assert client.sync() == crew.sync() == "ok"
        client = crew
        if case.get("away") and op is case["op"]:
            assign_job(job, other, expected_version=job.version, by=cast.dispatcher, at=clock.now())
        args = {name: names.get(str(value), value) for name, value in op["args"].items()}
        names[f"${number}"] = client.confirm(op["kind"], job.id, **args)
    if case["op"]["kind"] == "take_step" and client.store.record(job.id) and "state" in case["phone"]:
        assert client.shown_state(job.id) == case["phone"]["state"]
    assert client.sync() == "ok"
    result, note = client.store.results()[names[f"${number}"]]
    found = {"result": result, "state": db.session.get_one(Job, job.id).state}
    assert found | ({"code": note["code"]} if note else {}) == case["server"]
    fields = client.store.record(job.id)
    if fields is None or "shows" not in case:
        return
    assert fields["state"] == found["state"]
    shown = _shown(fields)
    wanted = {name: names[value] if name == "pinned" else value for name, value in case["shows"].items()}
    assert {name: shown[name] for name in wanted} == wanted


def _shown(fields: dict[str, Any]) -> dict[str, Any]:
    photo = ("slot", "item", "caption", "void_reason")
    checklist = fields["checklist"]
    return {
        "answers": {answer["item"]: answer["value"] for answer in fields["answers"]},
        "photos": [{name: one[name] for name in photo} for one in fields["photos"]],
        "charges": fields["charges"] and fields["charges"]["total_fen"],
        "incidents": [incident["kind"] for incident in fields["incidents"]],
        "pinned": checklist["id"] if checklist and checklist["pinned"] else None,
    }


def some(database: Database, all_of_them: list[Any]) -> list[Any]:
    """All on SQLite, every eighth on PostgreSQL: it is the client that is tried, and it is the same."""
    return all_of_them if database.kind == "sqlite" else all_of_them[::8]


def logged(person: Person) -> list[str]:
    """Ids of all operations the server took from the person, in its order."""
    query = sa.select(LogEntry.id).filter_by(origin="phone", person_id=person.id).order_by(LogEntry.version, LogEntry.seq)
    return list(db.session.scalars(query))


def test_no_error_of_the_page_loses_an_operation_or_a_byte(
    database: Database, app: Flask, cast: Cast, open_client: Callable[..., Client]
) -> None:
    line = Line(over_test_client(app))
    client = open_client(cast.technician, send=line)
    job = a_job(cast.store, cast.technician)
    assert client.run() == "ok"
    errors = some(database, [(int(row[0]), code) for row in table("errors") for code in quoted(row[1])])
    done: list[str] = []
    for status, code in errors:
        done.append(client.confirm("add_note", job.id, text=f"{status} {code}"))
        line.fault, line.pattern, line.met = refuses(status, code), "POST /api/sync", 0
        assert client.run() in OUTCOMES
        assert line.met >= 1
        assert [op["id"] for op in client.store.pending()] == [done[-1]], (status, code)
        assert client.wait_seconds in (None, 7)
        line.fault = None
        assert client.run() == "ok", (status, code)
    assert logged(cast.technician) == done
    _no_error_loses_a_byte(client, line, job, [error for error in errors if error != (413, "too_large")])


def _no_error_loses_a_byte(client: Client, line: Line, job: Job, errors: list[tuple[int, str]]) -> None:
    photo = client.confirm("add_photo", job.id, content=b"twelve bytes", **PHOTO)
    pieces = "PATCH /api/uploads/"
    for ways in (("POST /api/uploads",), (pieces,), ("HEAD /api/uploads/", pieces)):
        for status, code in errors:
            line.fault, line.pattern, line.met = refuses(status, code), ways, 0
            assert client.run() in OUTCOMES, (ways, status, code)
            assert line.met >= 1
            assert [one["id"] for one in client.store.photos()] == [photo], (ways, status, code)
    line.fault = None
    assert client.run() == "ok"
    assert client.store.photos() == []
    assert db.session.scalars(sa.select(Blob.state)).all() == ["verified"]


def lost_request(_real: Send, *_request: Any) -> Any:
    raise ConnectionResetError


def lost_answer(real: Send, *request: Any) -> Any:
    real(*request)
    raise ConnectionResetError


def cut_answer(real: Send, *request: Any) -> Any:
    status, headers, body = real(*request)
    return status, headers, body[: len(body) // 2]


def strange_page(_real: Send, *_request: Any) -> Any:
    return 200, {"Content-Type": "text/html"}, b"<h1>Welcome to the free network</h1>"


def anothers_answer(real: Send, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Any:
    status, told, content = real(method, path, headers, body)
    return status, {**told, "X-Fieldservice": "0" * 16}, content


def sent_twice(real: Send, *request: Any) -> Any:
    real(*request)
    return real(*request)


@pytest.mark.parametrize("seed", [1, 2])
def test_over_a_bad_line_everything_comes_exactly_once(
    app: Flask, cast: Cast, open_client: Callable[..., Client], seed: int
) -> None:
    chance = random.Random(seed)
    line = Line(over_test_client(app))
    client = open_client(cast.technician, send=line)
    job = a_job(cast.store, cast.technician)
    faults = [None, lost_request, lost_answer, cut_answer, strange_page, anothers_answer, sent_twice]
    done = []
    for number in range(20):
        for _ in range(chance.randrange(4)):
            done.append(client.confirm("add_note", job.id, text=f"{number}"))
        if number % 8 == 0:
            done.append(client.confirm("add_photo", job.id, content=b"photo %d" % number, **PHOTO))
        line.fault = chance.choice(faults)
        client.run()
    line.fault = None
    assert client.run_until_done() == "ok"
    assert logged(cast.technician) == done
    assert (client.store.pending(), client.store.photos()) == ([], [])
    fields = client.store.record(job.id) or {}
    assert len(fields["notes"]) + len(fields["photos"]) == len(done)
    assert {photo["state"] for photo in fields["photos"]} == {"verified"}


def test_a_copied_store_goes_on_under_another_name(
    cast: Cast, open_client: Callable[..., Client], tmp_path: Path
) -> None:
    first, job = open_client(cast.technician), a_job(cast.store, cast.technician)
    assert first.run() == "ok"
    copyfile(tmp_path / "0217.sqlite3", tmp_path / "copy.sqlite3")
    second = open_client(cast.technician, "copy")
    ids = [one.confirm("add_note", job.id, text="两边都写") for one in (first, second, first, second)]
    assert (first.run(), second.run()) == ("ok", "ok")
    assert sorted(logged(cast.technician)) == sorted(ids)
    assert first.store.state().id != second.store.state().id


def test_in_another_epoch_the_journal_is_sent_again(cast: Cast, open_client: Callable[..., Client]) -> None:
    client, job = open_client(cast.technician), a_job(cast.store, cast.technician)
    assert client.run() == "ok"
    before = client.store.state()
    ids = [client.confirm("add_note", job.id, text="写在备份以后")]
    assert client.run() == "ok"
    # put back to an earlier backup: what came since is gone, and versions begin anew
    forget = sa.text("DELETE FROM job_note"), sa.text("DELETE FROM op_log WHERE origin = 'phone'")
    with versions.unversioned_writes():
        for statement in (*forget, sa.text("UPDATE device SET last_seq = 0")):
            db.session.execute(statement)
    assert versions.begin_epoch(lambda _version: True)
    db.session.commit()
    ids.append(client.confirm("add_note", job.id, text="写在恢复以后"))
    assert client.run() == "ok"
    assert logged(cast.technician) == ids
    after = client.store.state()
    assert (after.id != before.id, after.epoch) == (True, before.epoch + 1)


def test_what_is_not_this_persons_goes_when_its_work_is_in(cast: Cast, open_client: Callable[..., Client]) -> None:
    client, job = open_client(cast.technician), a_job(cast.store, cast.technician)
    assert client.run() == "ok"
    client.confirm("add_note", job.id, text="我到过")
    client.confirm("take_step", job.id, step="accept")
    assign_job(job, cast.second_technician, expected_version=job.version, by=cast.dispatcher, at=clock.now())
    assert client.run() == "ok"
    assert [result for result, _note in client.store.results().values()] == ["late_evidence", "quarantined"]
    assert client.store.record(job.id) is None


def test_nothing_leaves_under_another_persons_session(cast: Cast, open_client: Callable[..., Client]) -> None:
    client, job = open_client(cast.technician), a_job(cast.store, cast.technician)
    client.confirm("add_note", job.id, text="王建国写的")
    set_password(cast.second_technician, PASSWORD)
    assert client.sign_in("0218", PASSWORD) == "other_person"
    assert client.run() == "other_person"
    assert (logged(cast.technician), logged(cast.second_technician)) == ([], [])
    assert client.sign_in("0217", PASSWORD) == "ok"
    assert client.run() == "ok"
    assert len(logged(cast.technician)) == 1


def test_a_blocked_device_brings_all_it_has_and_wipes_itself(cast: Cast, open_client: Callable[..., Client]) -> None:
    client, job = open_client(cast.technician), a_job(cast.store, cast.technician)
    assert client.run() == "ok"
    device = db.session.get_one(Device, client.store.state().id)
    revoke_device(device, by=cast.dispatcher, at=clock.now(), address="")
    ids = [client.confirm("add_note", job.id, text="手机被停用了")]
    ids.append(client.confirm("add_photo", job.id, content=b"twelve bytes", **PHOTO))
    assert client.run() == "wiped"
    assert logged(cast.technician) == ids
    assert db.session.scalars(sa.select(Blob.state)).all() == ["verified"]
    left = client.store
    assert (left.record(job.id), left.pending(), left.photos(), left.results()) == (None, [], [], {})
    assert client.run() == "signed_out"


def test_more_than_one_request_holds_goes_in_several(cast: Cast, open_client: Callable[..., Client]) -> None:
    client, job = open_client(cast.technician), a_job(cast.store, cast.technician)
    ids = [client.confirm("add_note", job.id, text="字" * 900) for _ in range(130)]
    assert client.run() == "ok"
    assert logged(cast.technician) == ids


CONFIRMS = """
import sys
from pathlib import Path
from tests.reference_client.storage import Store
store = Store(Path(sys.argv[1]))
while True:
    print(store.confirm({"entity": "job", "kind": "add_photo"}, b"bytes"), flush=True)
"""


def test_what_was_said_to_be_saved_outlives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    process = subprocess.Popen([sys.executable, "-c", CONFIRMS, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    said = [process.stdout.readline().strip() for _ in range(5)]
    process.send_signal(signal.SIGKILL)
    said += process.stdout.read().split()[:-1]
    process.wait()
    with closing(Store(path)) as store:
        kept = store.pending()
        assert [op["id"] for op in kept][: len(said)] == said
        assert [op["seq"] for op in kept] == list(range(1, len(kept) + 1))
        assert len(store.photos()) == len(kept)


@pytest.fixture(scope="module")
def product(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(database_kind, tmp_path_factory.mktemp("reference") / "data") as found:
        with found.app.app_context():
            set_password(db.session.get_one(Person, found.technician_id), PASSWORD)
            db.session.commit()
        yield found


@pytest.mark.parametrize("how", ["reset", "close"])
def test_over_cut_lines_and_a_killed_server_it_comes_whole(product: Served, tmp_path: Path, how: Any) -> None:
    """Cut is a request that carries operations, then one that carries bytes; then the server is killed."""
    with product.app.app_context():
        technician = db.session.get_one(Person, product.technician_id)
        job_id = a_job(technician.branch, technician).id
        before = len(logged(technician))
    content = random.Random(how).randbytes(700_000)
    with closing(Store(tmp_path / "store.sqlite3")) as store:

        def through(url: str) -> Client:
            client = Client(Wire(over_http(url)), store, sleep=lambda _seconds: None)
            assert client.sign_in("0217", PASSWORD) == "ok"
            return client

        assert through(product.server.url).run() == "ok"
        client = through(product.server.url)
        ids = [client.confirm("take_step", job_id, step=step) for step in ("accept", "depart", "arrive")]
        ids.append(client.confirm("add_photo", job_id, content=content, **PHOTO))
        with cut_line("POST /api/sync", keep=300, how=how, server=product.server.url) as bad:
            client = through(bad.url)
            assert client.run() in ("offline", "update_needed")
            assert (bad.cuts, len(store.pending())) == (1, 4)
        with cut_line("POST /api/uploads", keep=200_000, how=how, server=product.server.url) as bad:
            client = through(bad.url)
            assert client.run() == "offline"
            assert (bad.cuts, len(store.photos()), store.pending()) == (1, 1, [])
        product.server.kill()
        assert client.run() == "offline"
        product.server.start()
        assert through(product.server.url).run_until_done() == "ok"
        assert store.photos() == []
        assert (store.record(job_id) or {})["state"] == "arrived"
    with product.app.app_context():
        technician = db.session.get_one(Person, product.technician_id)
        assert logged(technician)[before:] == ids
