"""A state machine of Hypothesis plays phones, the desk and a bad line against the server, beside a model of the push.

Before each request the model says which operations will be acknowledged, with which results, and how the jobs will
stand afterwards; the answer must be just that, whatever was lost, doubled, copied or sent late (P1, P2, P3, P4, P14,
P18). At rest every confirmed act stands in the log once, and every phone, old or new, pulled whole or in parts, shows
what the server shows (P5, P6, P8).

The seeds begin at 1 and go on while there is time; `SYNC_SEED=1000 SYNC_SECONDS=600` plays others, for longer,
`SYNC_SHRINK=1` looks for the shortest history that fails.
"""

import copy
import os
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from fieldservice.accounts.models import Device, Person
from fieldservice.core import clock, versions
from fieldservice.core.db import db
from fieldservice.core.errors import AppError
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import LogEntry
from fieldservice.customers.models import Customer
from fieldservice.jobs import actions
from fieldservice.jobs import rules as job_rules
from fieldservice.jobs.models import Job, JobContact, JobNote, JobStep
from fieldservice.sync import documents, queries, rules
from tests.builders import a_customer, a_job, a_site
from tests.cast import Cast, a_person, sign_in
from tests.sync.phone import Phone

SECONDS = float(os.environ.get("SYNC_SECONDS", "8"))  # a database; no seed is begun after these
FIRST_SEED = int(os.environ.get("SYNC_SEED", "1"))
#: looking for the shortest history that fails takes minutes
SHRINKS = "SYNC_SHRINK" in os.environ
#: of one seed
HISTORIES = 8
STEPS = 30
TEN_YEARS_MS = 3650 * 86_400_000
TABLES = {"take_step": JobStep, "add_note": JobNote, "record_contact": JobContact}

which = st.integers(0, 7)
fates = st.sampled_from(["well"] * 4 + ["request lost", "answer lost", "answer late", "twice", "shuffled", "a gap"])


class JournalPhone(Phone):
    """A phone that keeps what it confirmed, and begins anew when the server tells it to."""

    def __init__(self, world: "World", person: Person, off_ms: int) -> None:
        super().__init__(sign_in(world.app.test_client(), person))
        self.world, self.person_id, self.off_ms = world, person.id, off_ms
        self.epoch = world.epoch
        self.journal: list[dict[str, Any]] = []
        #: jobs it ever held: what a person may have confirmed something about
        self.known: set[str] = set()

    def confirm(self, kind: str, job_id: str, **args: Any) -> None:
        now = clock.to_ms(clock.now()) + self.off_ms
        self.journal.append(self.op(kind, job_id, occurred_at=max(now, 0), **args))

    def asked(self, **given: Any) -> dict[str, Any]:
        """A request by the clock of this phone."""
        return self.request(**{"now": max(clock.to_ms(clock.now()) + self.off_ms, 0)} | given)

    def hear(self, body: dict[str, Any], sent: dict[str, Any]) -> list[str]:
        """Takes an answer to what it sent, at once or late; ids to fetch again."""
        if body["epoch"] < self.epoch:
            return []
        if body["epoch"] > self.epoch:
            self.epoch, self.cursor = body["epoch"], ""
            self._renew(self.journal)
            return []
        if body.get("fork"):
            if sent["client_id"] == self.client_id:
                self._renew(self.waiting)
            return []
        wanted = self.take(body)
        self.known |= set(self.jobs)
        return wanted

    def _renew(self, ops: list[dict[str, Any]]) -> None:
        self.client_id = new_id()
        answer = self.client.post("/api/device", json={"client_id": self.client_id, "name": "门店手机 07"})
        assert answer.status_code == 200
        for number, op in enumerate(ops, 1):
            op["seq"] = number
        self.waiting, self.seq = list(ops), len(ops)

    def copied(self) -> "JournalPhone":
        """The same profile on another phone: what is confirmed from now on is each one's own."""
        twin = copy.copy(self)
        twin.journal = copy.deepcopy(self.journal)
        ids = {op["id"] for op in self.waiting}
        twin.waiting = [op for op in twin.journal if op["id"] in ids]
        twin.jobs, twin.checklists, twin.known = dict(self.jobs), dict(self.checklists), set(self.known)
        return twin


@dataclass
class Standing:
    """A job as the model sees it."""

    state: str
    lead: str | None
    helpers: frozenset[str]


@dataclass
class World:
    """The application, and what every history on it shares."""

    app: Flask
    cast: Cast
    histories: int = 0
    requests: int = 0

    @property
    def epoch(self) -> int:
        found = versions.current()[0]
        db.session.rollback()
        return found


@dataclass
class Model:
    """What must be true of one history."""

    #: op id → the acknowledgement every repeat must be given
    acks: dict[str, dict[str, Any]] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    #: job id → who was ever of its crew
    crew: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def predict(
        self, request: dict[str, Any], person_id: str, epoch: int
    ) -> tuple[list[tuple[str, str]] | None, dict[str, Standing]]:
        """(id, result) in the order they must be acknowledged, None for a fork; and the jobs afterwards."""
        jobs: dict[str, Standing] = {}
        if request["epoch"] != epoch:
            return [], jobs
        last = db.session.get_one(Device, request["client_id"], populate_existing=True).last_seq
        ops = sorted(request["ops"], key=lambda op: op["seq"])
        ids = [op["id"] for op in ops]
        known = {row.id: row.result for row in db.session.scalars(sa.select(LogEntry).where(LogEntry.id.in_(ids)))}
        if any(op["seq"] <= last and op["id"] not in known for op in ops):
            return None, jobs
        found = []
        for op in ops:
            if op["id"] not in known:
                if op["seq"] != last + 1:
                    break
                known[op["id"]] = self._result(op, person_id, jobs)
            last = max(last, op["seq"]) if op["seq"] <= last + 1 else last
            found.append((op["id"], known[op["id"]]))
        return found, jobs

    def _result(self, op: dict[str, Any], person_id: str, jobs: dict[str, Standing]) -> str:
        kind, job_id, args = op["kind"], op["entity"], op["args"]
        if kind not in TABLES:
            return rules.QUARANTINED
        if person_id not in self.crew[job_id]:
            return rules.REJECTED
        job = jobs.setdefault(job_id, standing_of(job_id))
        if kind == "take_step":
            step = job_rules.STEPS[args["step"]]
            if job.state == job_rules.CANCELLED or job.lead != person_id or job.state not in step.leaves:
                return rules.QUARANTINED
            job.state = step.enters
            return rules.APPLIED
        if not isinstance(args.get("text", ""), str) or not args.get("text", "-").strip():
            return rules.REJECTED
        is_crew = person_id == job.lead or person_id in job.helpers
        return rules.APPLIED if is_crew and job.state != job_rules.CANCELLED else rules.LATE_EVIDENCE


def standing_of(job_id: str) -> Standing:
    """A job as the database has it."""
    job = db.session.get_one(Job, job_id, populate_existing=True)
    return Standing(job.state, job.lead_id, frozenset(helper.id for helper in job.helpers))


def machine(world: World) -> type[RuleBasedStateMachine]:
    """A machine on this application; each history has jobs and phones of its own."""

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.model = Model()
            self.phones: list[JournalPhone] = []
            #: answers under way: phone, answer, request
            self.late: list[tuple[JournalPhone, dict[str, Any], dict[str, Any]]] = []
            self.sent: list[tuple[JournalPhone, dict[str, Any]]] = []
            self._begin()

        def _begin(self) -> None:
            world.histories += 1
            store = world.cast.store
            self.crew = [a_person(f"{world.histories:05}{n}", "王建国", store, "technician") for n in range(2)]
            people = self.crew
            site = a_site(a_customer(world.cast.store))
            self.customer_id = site.customer_id
            self.jobs = [a_job(world.cast.store, lead, site=site).id for lead in (*people, people[0])]
            db.session.commit()
            self._note_crews()
            self.phones = [
                JournalPhone(world, person, off)
                for person, off in zip([*people, people[0]], (0, TEN_YEARS_MS, -TEN_YEARS_MS), strict=True)
            ]
            for phone in self.phones:
                self._exchange(phone, phone.asked())

        def _note_crews(self) -> None:
            for job_id in self.jobs:
                job = standing_of(job_id)
                self.model.crew[job_id] |= {*job.helpers, *([job.lead] if job.lead else [])}
            db.session.rollback()

        # ── what happens ──

        @rule(who=which, what=which, kind=st.sampled_from(
            ["step", "step", "step", "wrong step", "add_note", "record_contact", "blank", "damaged", "teleport"]))
        def confirm(self, who: int, what: int, kind: str) -> None:
            phone = self._phone(who)
            jobs = sorted(phone.known) or self.jobs
            job_id = jobs[what % len(jobs)]
            given: dict[str, Any] = {}
            if "step" in kind:
                state = phone.jobs.get(job_id, {}).get("state", job_rules.ASSIGNED)
                fitting = [name for name in job_rules.next_steps(state) if not job_rules.STEPS[name].needs_reason]
                name = fitting[0] if fitting and kind == "step" else "finish"
                kind, given = "take_step", {"step": name}
            elif kind in ("add_note", "blank", "damaged"):
                kind, given = "add_note", {"text": {"blank": "  ", "damaged": 5}.get(kind, "水管在漏")}
            elif kind == "record_contact":
                given = {"channel": "call"}
            phone.confirm(kind, job_id, **given)
            self.model.confirmed.add(phone.journal[-1]["id"])

        @rule(who=which, most=st.integers(0, 5), fate=fates)
        def sync(self, who: int, most: int, fate: str) -> None:
            phone = self._phone(who)
            first = 1 if fate == "a gap" else 0
            request = phone.asked(ops=copy.deepcopy(phone.waiting[first : first + most]))
            if fate == "shuffled":
                request["ops"].reverse()
            self.sent.append((phone, request))
            if fate == "request lost":
                return
            answer = self._ask(phone, request)
            if fate == "twice":
                again = self._ask(phone, request)
                phone.hear(again, request)
            if fate == "answer late":
                self.late.append((phone, answer, request))
            elif fate != "answer lost":
                phone.hear(answer, request)

        @rule(number=which)
        def deliver(self, number: int) -> None:
            if not self.late:
                return
            phone, answer, request = self.late.pop(number % len(self.late))
            phone.hear(answer, request)

        @rule(number=which)
        def send_an_old_one_again(self, number: int) -> None:
            if not self.sent:
                return
            phone, request = self.sent[-1 - number % len(self.sent)]
            self._ask(phone, request)

        @rule(what=which, whom=which,
              act=st.sampled_from(["give", "give", "help", "cancel", "restore", "note", "customer"]))
        def act_at_the_desk(self, what: int, whom: int, act: str) -> None:
            job = db.session.get_one(Job, self.jobs[what % len(self.jobs)], populate_existing=True)
            crew = [*self.crew, None]
            given: dict[str, Any] = {"by": world.cast.dispatcher, "at": clock.now()}
            held = {**given, "expected_version": job.version}
            acts: dict[str, Callable[[], object]] = {
                "give": lambda: actions.assign_job(job, crew[whom % 3], **held),
                "help": lambda: actions.assign_job(job, job.lead, [crew[whom % 2]], **held),
                "cancel": lambda: actions.cancel_job(job, "客户退单", **held),
                "restore": lambda: actions.restore_job(job, **held),
                "note": lambda: actions.add_office_note(job, "带胶", **given),
                "customer": lambda: setattr(db.session.get_one(Customer, self.customer_id), "remark", new_id()),
            }
            try:
                acts[act]()
                db.session.commit()
            except AppError:
                db.session.rollback()
            self._note_crews()

        @rule(who=which)
        def copy_the_profile(self, who: int) -> None:
            if len(self.phones) < 5:
                self.phones.append(self._phone(who).copied())

        @rule()
        def begin_an_epoch(self) -> None:
            """As after a restore of the backup that was made just now."""
            assert versions.begin_epoch(lambda _version: True)

        @rule(who=which)
        def block_a_phone(self, who: int) -> None:
            """What it sends from now on is applied to nothing, and nothing readable comes to it."""
            if len(self.phones) < 3:
                return
            blocked = self._phone(who)
            device = db.session.get_one(Device, blocked.client_id)
            device.revoked_at = clock.now()
            db.session.commit()
            # a copy has the sign-in of its original: blocked with it, whatever it calls itself since
            with_it = [phone for phone in self.phones if phone.client is blocked.client]
            self.phones = [phone for phone in self.phones if phone not in with_it] or [
                JournalPhone(world, db.session.get_one(Person, blocked.person_id), 0)
            ]
            self.sent = [one for one in self.sent if one[0].client is not blocked.client]
            self.late = [one for one in self.late if one[0] not in with_it]
            elsewhere = {op["id"] for phone in self.phones for op in phone.journal}
            for phone in with_it:
                self.model.confirmed -= {op["id"] for op in phone.waiting} - elsewhere - set(self.model.acks)
            answer = blocked.post(blocked.asked())
            assert answer.status_code == 403 or not answer.json["changes"]
            mine = [op["id"] for op in blocked.waiting]
            fresh = sa.select(LogEntry.result).where(LogEntry.id.in_(mine), LogEntry.received_at > device.revoked_at)
            assert set(db.session.scalars(fresh)) <= {rules.QUARANTINED, rules.LATE_EVIDENCE, rules.REJECTED}
            db.session.rollback()

        # ── what must be true ──

        def teardown(self) -> None:
            for phone, answer, request in self.late:
                phone.hear(answer, request)
            for _ in range(2):  # what one brings to rest changes what others show
                for phone in self.phones:
                    self._come_to_rest(phone)
            self._check_log()
            for phone in (*self.phones, self._new_one(1), self._new_one(200)):
                self._check_view(phone)

        def _phone(self, who: int) -> JournalPhone:
            return self.phones[who % len(self.phones)]

        def _exchange(self, phone: JournalPhone, request: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
            answer = self._ask(phone, request)
            return answer, phone.hear(answer, request)

        def _ask(self, phone: JournalPhone, request: dict[str, Any]) -> dict[str, Any]:
            """A request; the answer must be what the model says."""
            world.requests += 1
            before = world.epoch
            wanted, jobs = self.model.predict(request, phone.person_id, before)
            answer = phone.post(request)
            assert answer.status_code == 200, answer.text
            body: dict[str, Any] = answer.json
            assert (body.get("fork", False), body["epoch"]) == (wanted is None, before)
            assert [(ack["id"], ack["result"]) for ack in body["acks"]] == (wanted or [])
            for ack in body["acks"]:
                assert self.model.acks.setdefault(ack["id"], ack) == ack, "a repeat is answered alike"
            for job_id, job in jobs.items():
                assert standing_of(job_id) == job
            newest = versions.current()[1]
            assert all(change["version"] <= newest for change in body["changes"])
            db.session.rollback()
            return body

        def _come_to_rest(self, phone: JournalPhone) -> None:
            for _ in range(40):
                answer, wanted = self._exchange(phone, phone.asked())
                while wanted:
                    answer, wanted = self._exchange(phone, phone.asked(fetch=wanted))
                if not phone.waiting and not answer["more"] and answer["epoch"] == phone.epoch and "fork" not in answer:
                    return
            raise AssertionError("it never comes to rest")

        def _check_log(self) -> None:
            """P1, P2: each once, with the result that was told, and its effect once or not at all."""
            ids = self.model.confirmed
            logged = {row.id: row for row in db.session.scalars(sa.select(LogEntry).where(LogEntry.id.in_(ids)))}
            assert set(logged) == ids
            assert {found: row.result for found, row in logged.items()} == {
                found: self.model.acks[found]["result"] for found in ids}  # fmt: skip
            for kind, table in TABLES.items():
                done = set(db.session.scalars(sa.select(table.op_id).where(table.op_id.in_(ids))))
                counts = {found for found, row in logged.items() if row.kind == kind
                          and row.result in (rules.APPLIED, rules.LATE_EVIDENCE)}  # fmt: skip
                assert done == counts
            for job_id in self.jobs:
                job = db.session.get_one(Job, job_id, populate_existing=True)
                state = job.cancelled_from if job.state == job_rules.CANCELLED else job.state
                first = job_rules.ASSIGNED if job.lead_id else job_rules.UNASSIGNED
                assert state == (job.run_steps[-1].to_state if job.run_steps else first), "P4"
            db.session.rollback()

        def _new_one(self, most: int) -> JournalPhone:
            """P6: a phone that pulls everything in parts of this size."""
            limit, rules.MAX_CHANGES = rules.MAX_CHANGES, most
            try:
                phone = JournalPhone(world, self.crew[0], 0)
                self._come_to_rest(phone)
                return phone
            finally:
                rules.MAX_CHANGES = limit

        def _check_view(self, phone: JournalPhone) -> None:
            """P5: what it shows is what the server would show it now."""
            person = db.session.get_one(Person, phone.person_id)
            mine = [job_id for job_id, _version in queries.held_manifest(person, clock.now()) if job_id in self.jobs]
            assert sorted(job_id for job_id in phone.jobs if job_id in self.jobs) == mine
            jobs = [db.session.get_one(Job, job_id, populate_existing=True) for job_id in mine]
            for job, fields in zip(jobs, documents.job_documents(jobs, person_id=person.id), strict=True):
                assert phone.jobs[job.id] == {"version": job.version, **fields}
            db.session.rollback()

    return Machine


@pytest.mark.slow
def test_the_server_does_what_the_model_says(app: Flask, cast: Cast) -> None:
    world, until, number = World(app, cast), time.monotonic() + SECONDS, FIRST_SEED
    phases = [Phase.generate, *([Phase.shrink] if SHRINKS else [])]
    chosen = settings(
        max_examples=HISTORIES, stateful_step_count=STEPS, deadline=None, database=None, report_multiple_bugs=False,
        phases=phases, suppress_health_check=list(HealthCheck))  # fmt: skip
    while number == FIRST_SEED or time.monotonic() < until:
        print(f"SYNC_SEED={number} SYNC_SECONDS=0 plays these again")
        run_state_machine_as_test(seed(number)(machine(world)), settings=chosen)
        number += 1
    print(f"{world.histories} histories, {world.requests} requests")
