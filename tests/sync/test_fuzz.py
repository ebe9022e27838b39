"""Whatever arrives at `POST /api/sync`: never a 500, never a half-applied push, and an honest phone goes on."""

import json
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st

from fieldservice.accounts.models import Device
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import LogEntry
from fieldservice.evidence.models import Blob, Evidence
from fieldservice.jobs.models import Job, JobNote, JobStep
from fieldservice.sync.operations import OPERATIONS
from fieldservice.visits.models import ChargeStatement, ChecklistAnswer, Incident
from tests.builders import a_checklist, a_job
from tests.cast import Cast, sign_in
from tests.sync.phone import NONCE, Phone, results

CONTENT = json.loads((Path(__file__).parents[1] / "vectors" / "visit_checklist.json").read_text())
SECONDS = 15  # a database; what is left of the examples is then skipped

TEXTS = st.one_of(
    st.text(max_size=12), st.sampled_from(["", "\0", "\ud800", "a\0b", "字" * 40, "x" * 2001, "-1", "null"])
)
NUMBERS = st.one_of(
    st.integers(-3, 12),
    st.sampled_from([2**31 - 1, 2**31, 2**53, 2**63, -(2**63), 10**40, 253_370_764_799_999]),
    st.floats(allow_nan=False, allow_infinity=False),
)
ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
STEPS = st.sampled_from(
    ["accept", "depart", "arrive", "start", "finish", "cannot_finish", "customer_absent", "fly"]
)
LINES = st.fixed_dictionaries(
    {
        "text": TEXTS,
        "quantity_milli": st.one_of(NUMBERS, st.just(1000)),
        "unit": TEXTS,
        "unit_price_fen": st.one_of(NUMBERS, st.just(100)),
        "amount_fen": st.one_of(NUMBERS, st.just(100)),
    }
)
ARGS = st.one_of(
    st.fixed_dictionaries(
        {"step": STEPS},
        optional={
            "reason": TEXTS,
            "promised_ms": NUMBERS,
            "no_promise": TEXTS,
            "place": ANY,
            "no_place": TEXTS,
        },
    ),
    st.fixed_dictionaries({"text": TEXTS}),
    st.fixed_dictionaries({"channel": st.sampled_from(["call", "sms", "fax"])}),
    st.fixed_dictionaries({"step_id": st.sampled_from(["known", "none"]), "reason": TEXTS}),
    st.fixed_dictionaries(
        {
            "checklist": st.sampled_from(["known", "none"]),
            "item": st.sampled_from(["greet", "cause", "moisture", "before", "tools", "fly"]),
            "value": st.one_of(
                ANY,
                st.dictionaries(st.sampled_from(["done", "why", "chosen", "text", "milli"]), ANY, max_size=2),
                st.just({"done": True}),
            ),
        }
    ),
    st.fixed_dictionaries(
        {
            "slot": st.sampled_from(["before", "paper", "roof"]),
            "sha256": st.sampled_from(["a" * 64, "b" * 64, "A" * 64, ""]),
            "size": st.one_of(NUMBERS, st.just(400_000)),
            "media_type": TEXTS,
            "source": st.sampled_from(["camera", "gallery"]),
        },
        optional={
            "item": TEXTS,
            "caption": TEXTS,
            "file_name": TEXTS,
            "opens": ANY,
            "declared": st.one_of(ANY, st.dictionaries(st.sampled_from(["time", "lat", "lng"]), ANY)),
            "replaces": st.sampled_from(["known", "none"]),
            "place": ANY,
        },
    ),
    st.fixed_dictionaries(
        {"photo_id": st.sampled_from(["known", "none"])}, optional={"caption": TEXTS, "reason": TEXTS}
    ),
    st.fixed_dictionaries({"lines": st.one_of(ANY, st.lists(LINES, max_size=3))}),
    st.fixed_dictionaries({"kind": st.sampled_from(["damage", "other", "ghost"]), "words": TEXTS}),
    st.fixed_dictionaries({"presented": TEXTS, "payload": TEXTS, "signature": TEXTS}),
    st.dictionaries(st.text(max_size=6), ANY, max_size=3),
)
KINDS = st.sampled_from([*OPERATIONS, "take_photo", "office.cancel_job"])
PAGE = st.fixed_dictionaries(
    {"page": st.just("12345678"), "t": NUMBERS},
    optional={"anchor": st.fixed_dictionaries({"server_ms": NUMBERS, "t": NUMBERS, "rtt": NUMBERS})},
)
#: an op in the test's own words: places of ids and jobs in lists, so that repeats and strangers occur often
OPS = st.fixed_dictionaries(
    {
        "id": st.integers(0, 9),
        "step": st.integers(-2, 3),
        "kind": KINDS,
        "job": st.integers(0, 4),
        "args": ARGS,
    },
    optional={
        "mono": st.one_of(st.none(), PAGE),
        "base": ANY,
        "occurred_at": NUMBERS,
        "schema": NUMBERS,
        "seq": ANY,
    },
)
SPOILT = st.dictionaries(
    st.sampled_from(
        [
            "proto",
            "schema",
            "build",
            "client_id",
            "epoch",
            "cursor",
            "manifest_hash",
            "nonce",
            "now",
            "pending",
            "oldest_ms",
            "fetch",
            "ops",
            "more",
        ]
    ),
    ANY,
    max_size=2,
)


class Target:
    """A server with jobs, and one phone that is sometimes not itself."""

    def __init__(self, app: Flask, cast: Cast) -> None:
        self.client = sign_in(app.test_client(), cast.technician)
        self.phone = Phone(self.client)
        own = [
            a_job(cast.store, cast.technician),
            a_job(cast.store, cast.second_technician, helpers=(cast.technician,)),
            a_job(cast.store, cast.technician, state="cancelled", cancelled_from="accepted"),
        ]
        self.jobs = [*(job.id for job in own), a_job(cast.store, cast.second_technician).id, "no-such-job"]
        self.ids = [new_id() for _ in range(10)]
        self.checklist_id = a_checklist("repair", CONTENT).id
        db.session.commit()

    def last_seq(self) -> int:
        db.session.expire_all()
        return db.session.get_one(Device, self.phone.client_id).last_seq

    def ops(self, drawn: list[dict[str, Any]]) -> list[dict[str, Any]]:
        found, seq = [], self.last_seq()
        for one in drawn:
            seq += one["step"]
            args = dict(one["args"])
            names = {"step_id": self.ids[0], "photo_id": self.ids[1], "replaces": self.ids[1],
                     "checklist": self.checklist_id}  # fmt: skip
            for name in names.keys() & args.keys():
                args[name] = names[name] if args[name] == "known" else new_id()
            more = {
                name: one[name] for name in ("mono", "base", "occurred_at", "schema", "seq") if name in one
            }
            found.append(
                {
                    "id": self.ids[one["id"]],
                    "seq": seq,
                    "schema": 1,
                    "kind": one["kind"],
                    "entity": self.jobs[one["job"]],
                    "args": args,
                    "base": {},
                    "occurred_at": 1_795_000_000_000,
                }
                | more
            )
        return found

    def state(self) -> tuple[Any, ...]:
        """All that a push may write."""
        db.session.expire_all()
        counts = [
            db.session.scalar(sa.select(sa.func.count()).select_from(kind))
            for kind in (LogEntry, JobStep, JobNote, ChecklistAnswer, Evidence, Blob, ChargeStatement, Incident)
        ]
        jobs = db.session.execute(sa.select(Job.id, Job.state, Job.version).order_by(Job.id)).all()
        return (self.last_seq(), *counts, *jobs)

    def send(self, body: Any) -> Any:
        headers = {"X-Fieldservice-Nonce": NONCE, "Content-Type": "application/json"}
        return self.client.post("/api/sync", data=json.dumps(body), headers=headers)


def check(target: Target, body: dict[str, Any]) -> None:
    before, answer = target.state(), target.send(body)
    note(answer.text[:500])
    assert answer.status_code in (200, 400, 403, 404, 413, 426), answer.text
    assert answer.headers["X-Fieldservice"] == NONCE
    if answer.status_code != 200:
        assert target.state() == before
        return
    acks = answer.json["acks"]
    assert all(ack["version"] > 0 for ack in acks)
    if answer.json.get("fork"):
        assert target.state() == before
    again = target.send(body)
    assert again.status_code == 200
    if not again.json.get("fork"):
        known = {ack["id"]: ack for ack in again.json["acks"]}
        assert all(known.get(ack["id"], ack) == ack for ack in acks)
    logged = dict(db.session.execute(sa.select(LogEntry.id, LogEntry.result).filter_by(origin="phone")).all())
    assert all(logged[ack["id"]] == ack["result"] for ack in acks)


def test_nothing_that_arrives_breaks_or_half_breaks_it(app: Flask, cast: Cast) -> None:
    target, until = Target(app, cast), time.monotonic() + SECONDS

    @seed(20261121)
    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(OPS, max_size=6), SPOILT)
    def run(drawn: list[dict[str, Any]], spoilt: dict[str, Any]) -> None:
        if time.monotonic() < until:
            check(target, target.phone.request(ops=target.ops(drawn)) | spoilt)

    run()
    honest = Phone(target.client)
    honest.op("add_note", target.jobs[0], text="还能用")
    assert results(honest.sync()) == ["applied"]
    desk = sign_in(app.test_client(), cast.dispatcher)
    for address in ("/", "/inbox", "/jobs", *(f"/jobs/{job_id}" for job_id in target.jobs[:4])):
        assert desk.get(address).status_code == 200, address


def test_a_body_that_is_not_even_a_request_is_400(app: Flask, cast: Cast) -> None:
    target, until = Target(app, cast), time.monotonic() + SECONDS / 3

    @seed(20261122)
    @settings(max_examples=80, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        st.one_of(
            ANY.map(lambda value: json.dumps(value).encode()),
            st.binary(max_size=40),
            st.sampled_from(
                [b"[" * 40, b"{" * 100_000, b'{"a":1,"a":2}', b"NaN", b"1e999", b"9" * 5000, b"\xff\xfe"]
            ),
        )
    )
    def run(body: bytes) -> None:
        if time.monotonic() < until:
            answer = target.client.post("/api/sync", data=body, content_type="application/json")
            assert answer.status_code == 400, answer.text

    run()
