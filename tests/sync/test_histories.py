"""Random histories: phones of two technicians and the desk, with answers lost, late, doubled and out of order.

After each one: every operation stands in the log once with the result its phone was told, a repeat was answered alike,
the state of a job follows from its steps, and every phone holds what the server would show it now.
"""

import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldservice.accounts.models import Person
from fieldservice.checklists.models import PUBLISHED, RETIRED, ChecklistTemplate
from fieldservice.core import clock, events, versions
from fieldservice.core.db import db
from fieldservice.core.errors import AppError
from fieldservice.core.oplog import LogEntry
from fieldservice.customers.models import Customer
from fieldservice.evidence.events import BlobChanged
from fieldservice.evidence.models import VERIFIED, Evidence
from fieldservice.inbox import actions as inbox_actions
from fieldservice.inbox.models import OPEN, InboxItem
from fieldservice.jobs import actions, rules
from fieldservice.jobs.models import Job, JobContact, JobNote, JobStep
from fieldservice.sync import cursor, documents, queries
from fieldservice.sync import rules as sync_rules
from fieldservice.visits.actions import close_job
from fieldservice.visits.models import ChargeStatement, ChecklistAnswer, Incident
from fieldservice.visits.queries import visit_of
from tests.builders import a_checklist, a_customer, a_job, a_site
from tests.cast import Cast, sign_in
from tests.sync.phone import Phone

SECONDS = 10  # a database; as many histories as fit, at least one
#: what phones confirm beside steps
APPENDED_OR_OWNED = (
    "take_back_step",
    "add_note",
    "record_contact",
    "answer_item",
    "answer_item",
    "add_photo",
    "caption_photo",
    "void_photo",
    "state_charges",
    "report_incident",
)
#: an answer to each item of `visit_checklist.json` that takes one
ANSWERS = {
    "greet": {"done": True},
    "cause": {"chosen": ["damp"], "text": ""},
    "before": {"why": "客户不让拍"},
    "tools": {"done": True},
}
CONTENT = json.loads((Path(__file__).parents[1] / "vectors" / "visit_checklist.json").read_text())
EVENTS = 45  # of one history
FIRST_SEED = 20261121


#: kind of operation → where it leaves a row
TABLES: dict[str, Any] = {
    "take_step": JobStep,
    "add_note": JobNote,
    "record_contact": JobContact,
    "answer_item": ChecklistAnswer,
    "add_photo": Evidence,
    "state_charges": ChargeStatement,
    "report_incident": Incident,
}


class RoughPhone(Phone):
    """A phone on a bad line."""

    def __init__(self, history: "History", person: Person) -> None:
        super().__init__(sign_in(history.app.test_client(), person))
        self.history, self.random = history, history.random
        self.person_id = person.id
        self.confirmed: dict[str, dict[str, Any]] = {}
        self.acks: dict[str, dict[str, Any]] = {}
        self.known: set[str] = set()
        self.sent: list[dict[str, Any]] = []
        self.late: list[dict[str, Any]] = []

    def act(self) -> None:
        """Confirms something about a job it holds or held."""
        self.known |= set(self.jobs)
        if self.known:
            kind = self.random.choice(["take_step"] * 5 + list(APPENDED_OR_OWNED))
            self._confirm(self.random.choice(sorted(self.known)), kind)

    def visit(self) -> None:
        """Goes on with one job to its end, more or less."""
        own = sorted(
            job_id for job_id, job in self.jobs.items() if (job["lead"] or {}).get("id") == self.person_id
        )
        if own:
            job_id = self.random.choice(own)
            for item in ANSWERS:
                self._confirm(job_id, "answer_item", item=item, value=ANSWERS[item])
            for _ in range(self.random.randint(3, 5)):
                self._confirm(job_id, "take_step")

    def _confirm(self, job_id: str, kind: str, **given: Any) -> None:
        op = self.op(kind, job_id, **getattr(self, f"_{kind}")(self.jobs.get(job_id, {})) | given)
        self.confirmed[op["id"]] = op

    def _take_step(self, job: dict[str, Any]) -> dict[str, Any]:
        state = job.get("state", "assigned")
        for op in self.waiting:  # as the screen shows it: what waits is replayed over the base
            step = rules.STEPS.get(op["args"].get("step", ""))
            if step and self.jobs.get(op["entity"]) is job and state in step.leaves:
                state = step.enters
        fitting = rules.next_steps(state) or list(rules.STEPS)
        step_name = self.random.choice(fitting if self.random.random() < 0.85 else list(rules.STEPS))
        return {"step": step_name, "reason": "缺料", "no_promise": "等料", "checklist": self._checklist(job)}

    def _take_back_step(self, job: dict[str, Any]) -> dict[str, Any]:
        ids = [step["id"] for step in job.get("steps", [])] or ["019fff00-0000-7000-8000-000000000000"]
        return {"step_id": ids[-1], "reason": "按错了"}

    def _add_note(self, _job: dict[str, Any]) -> dict[str, Any]:
        return {"text": self.random.choice(["一", "二", " "])}

    def _record_contact(self, _job: dict[str, Any]) -> dict[str, Any]:
        return {"channel": self.random.choice(["call", "sms"])}

    def _checklist(self, job: dict[str, Any]) -> str | None:
        """As the screen shows it; now and then another one the phone still has."""
        if self.random.random() < 0.1 and self.checklists:
            return self.random.choice(sorted(self.checklists))
        return (job.get("checklist") or {}).get("id")

    def _answer_item(self, job: dict[str, Any]) -> dict[str, Any]:
        item = self.random.choice(sorted(ANSWERS))
        value = self.random.choice([ANSWERS[item], ANSWERS[item], None, {"said": True}])
        return {"checklist": self._checklist(job), "item": item, "value": value}

    def _add_photo(self, job: dict[str, Any]) -> dict[str, Any]:
        return {"slot": self.random.choice(["before", "paper"]), "item": "before", "size": 400_000,
                "sha256": f"{self.random.randint(1, 5):064x}", "media_type": "image/jpeg", "source": "camera",
                "replaces": self.random.choice([None, self._photo(job)])}  # fmt: skip

    def _photo(self, job: dict[str, Any]) -> str:
        ids = [photo["id"] for photo in job.get("photos", [])]
        return self.random.choice(ids or ["019fff00-0000-7000-8000-000000000000"])

    def _caption_photo(self, job: dict[str, Any]) -> dict[str, Any]:
        return {"photo_id": self._photo(job), "caption": self.random.choice(["", "东墙"])}

    def _void_photo(self, job: dict[str, Any]) -> dict[str, Any]:
        return {"photo_id": self._photo(job), "reason": ""}

    def _state_charges(self, _job: dict[str, Any]) -> dict[str, Any]:
        price = self.random.choice([0, 9000, 18000, 18001])
        line = {"text": "上门费", "quantity_milli": 1000, "unit": "", "unit_price_fen": price, "amount_fen": price}
        return {"lines": [line]}

    def _report_incident(self, _job: dict[str, Any]) -> dict[str, Any]:
        return {"kind": "dispute", "words": self.random.choice(["价格", " "])}

    def exchange(self) -> None:
        """One request, and one of the things that happen to requests."""
        body = self.request(ops=self.waiting[: self.random.randint(0, 6)])
        if self.random.random() < 0.1:
            self.random.shuffle(body["ops"])
        self.sent.append(body)
        fate = self.random.choice(
            ["well"] * 5 + ["never sent", "answer lost", "answer late", "sent twice", "an old one again"]
        )
        if fate == "never sent":
            return
        answer = self._ask(self.random.choice(self.sent) if fate == "an old one again" else body)
        if fate == "answer late":
            self.late.append(answer)
        elif fate == "sent twice":
            again = self._ask(body)
            for one in self.random.sample([answer, again], 2):
                self.take(one)
        elif fate != "answer lost":
            self.take(answer)
        if self.late and self.random.random() < 0.4:
            self.take(self.late.pop(self.random.randrange(len(self.late))))

    def _ask(self, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.post(body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json
        assert "fork" not in found
        for ack in found["acks"]:
            assert self.acks.setdefault(ack["id"], ack) == ack, "a repeat is answered alike"
        assert self.version_of(found["to"]) >= self.version_of(found["from"]), "a cursor never goes back"
        return found

    def version_of(self, sealed: str) -> int:
        key = self.history.app.config["SECRETS"]["cursor_key"]
        return cursor.unseal(sealed, client_id=self.client_id, key=key)

    def come_to_rest(self) -> None:
        """The line is good again."""
        for _ in range(60):
            answer = self._ask(self.request())
            wanted = self.take(answer)
            while wanted:
                wanted = self.take(self._ask(self.request(fetch=wanted[:5])))
            if not self.waiting and not answer["more"]:
                return
        pytest.fail("it never comes to rest")


class History:
    """One run of events, all from one seed."""

    def __init__(self, app: Flask, cast: Cast, seed: int) -> None:
        self.app, self.cast, self.random = app, cast, random.Random(seed)
        customer = a_customer(cast.store)
        sites = [a_site(customer), a_site(customer)]
        leads = [cast.technician, cast.second_technician, None]
        self.job_ids = [
            a_job(cast.store, self.random.choice(leads), site=self.random.choice(sites), amount_fen=18000).id
            for _ in range(5)
        ]
        known = db.session.scalars(sa.select(ChecklistTemplate)).first()  # of the history before this one
        self.template = known or a_checklist("repair", CONTENT).template
        self.customer_id = customer.id
        self.phones = [
            RoughPhone(self, person) for person in (cast.technician, cast.technician, cast.second_technician)
        ]

    def run(self) -> None:
        for _ in range(EVENTS):
            event = self.random.choice(["act"] * 3 + ["visit"] + ["exchange"] * 4 + ["desk"] * 2 + ["inbox"])
            if event in ("desk", "inbox"):
                self._try(self._edit if event == "desk" else self._decide)
            else:
                getattr(self.random.choice(self.phones), event)()
        for phone in self.phones:
            phone.come_to_rest()
        for phone in self.phones:  # what came to rest later may have changed what others show
            phone.come_to_rest()

    def _try(self, change: Callable[[], None]) -> None:
        try:
            change()
            db.session.commit()
        except AppError:
            db.session.rollback()

    def _edit(self) -> None:
        job = db.session.get_one(Job, self.random.choice(self.job_ids))
        crew = [self.cast.technician, self.cast.second_technician]
        given: dict[str, Any] = {"by": self.cast.dispatcher, "at": clock.now()}
        given["expected_version"] = job.version - (self.random.random() < 0.1)
        match self.random.choice(
            ["assign", "assign", "move", "cancel", "restore", "note", "customer", "helper", "publish", "close"]
        ):
            case "assign":
                actions.assign_job(job, self.random.choice([*crew, None]), **given)
            case "helper":
                actions.assign_job(job, job.lead, [self.random.choice(crew)], **given)
            case "move":
                actions.move_job(job, job.visit_on, None, None, **given)
            case "cancel":
                actions.cancel_job(job, "客户退单", **given)
            case "restore":
                actions.restore_job(job, **given)
            case "note":
                actions.add_office_note(job, "带胶", by=self.cast.dispatcher, at=clock.now())
            case "publish":
                for version in self.template.versions:
                    version.state = RETIRED if version.state == PUBLISHED else version.state
                db.session.flush()
                a_checklist("repair", CONTENT, template=self.template, published_at=clock.now())
            case "close":
                for photo in visit_of(job).photos:
                    photo.blob.state = VERIFIED
                    events.publish(BlobChanged(photo.sha256))
                close_job(job, **given)
            case _:
                db.session.get_one(Customer, self.customer_id).remark = str(self.random.random())

    def _decide(self) -> None:
        waiting = list(db.session.scalars(sa.select(InboxItem).filter_by(state=OPEN).order_by(InboxItem.id)))
        if waiting:
            decide = self.random.choice([inbox_actions.accept, inbox_actions.decline, inbox_actions.see])
            decide(self.random.choice(waiting), by=self.cast.dispatcher, at=clock.now())

    def check(self) -> None:
        db.session.expire_all()
        self._check_log()
        for job_id in self.job_ids:
            self._check_state(db.session.get_one(Job, job_id))
            self._check_visit(db.session.get_one(Job, job_id))
        for phone in self.phones:
            self._check_view(phone)
        fresh = RoughPhone(self, db.session.get_one(Person, self.phones[0].person_id))
        fresh.come_to_rest()
        self._check_view(fresh)

    def _check_log(self) -> None:
        for phone in self.phones:
            query = sa.select(LogEntry).filter_by(device_id=phone.client_id).order_by(LogEntry.seq)
            logged = list(db.session.scalars(query))
            assert [entry.id for entry in logged] == list(phone.confirmed), (
                "each once, in the order it was confirmed"
            )
            assert [entry.seq for entry in logged] == list(range(1, len(logged) + 1))
            assert {entry.id: (entry.result, entry.version) for entry in logged} == {
                op_id: (ack["result"], ack["version"]) for op_id, ack in phone.acks.items()
            }
            assert all(0 < entry.version <= versions.current()[1] for entry in logged)
            for entry in logged:
                self._check_effect(entry)

    def _check_effect(self, entry: LogEntry) -> None:
        """What was applied is there once; what was set aside only when the desk said yes."""
        table = TABLES.get(entry.kind)
        if table is None:
            return
        item = db.session.scalar(sa.select(InboxItem).filter_by(op_id=entry.id))
        counts = entry.result in ("applied", "late_evidence") or (
            item is not None and item.state == "accepted"
        )
        found = db.session.scalar(sa.select(sa.func.count()).select_from(table).filter_by(op_id=entry.id))
        assert found == (1 if counts else 0), (entry.kind, entry.result, item and item.state)

    def _check_state(self, job: Job) -> None:
        assert [step.position for step in job.steps] == list(range(1, len(job.steps) + 1))
        state = job.cancelled_from if job.state == rules.CANCELLED else job.state
        first = rules.ASSIGNED if job.lead_id else rules.UNASSIGNED
        assert state == (job.run_steps[-1].to_state if job.run_steps else first)

    def _check_visit(self, job: Job) -> None:
        """One answer counts for an item of a run, one charge; the answers of a run are to one checklist."""
        answers = list(db.session.scalars(sa.select(ChecklistAnswer).filter_by(job_id=job.id)))
        current = [(answer.run, answer.item) for answer in answers if answer.is_current]
        assert len(current) == len(set(current))
        assert {answer.checklist_id for answer in answers if answer.run == job.run} <= {job.checklist_id}
        charges = db.session.scalars(sa.select(ChargeStatement).filter_by(job_id=job.id, is_current=True))
        runs = [charge.run for charge in charges]
        assert len(runs) == len(set(runs))

    def _check_view(self, phone: RoughPhone) -> None:
        db.session.expire_all()
        person = db.session.get_one(Person, phone.person_id)
        held = dict(queries.held_manifest(person, clock.now()))
        assert {held_id: one["version"] for held_id, one in phone.held().items()} == held
        jobs = [db.session.get_one(Job, job_id) for job_id in phone.jobs]
        shown = {job.id: {"version": job.version, **fields}
                 for job, fields in zip(
                     jobs, documents.job_documents(jobs, person_id=person.id), strict=True)}  # fmt: skip
        wrong = [(job_id, name, phone.jobs[job_id][name], fields[name]) for job_id, fields in shown.items()
                 for name in fields if phone.jobs[job_id][name] != fields[name]]  # fmt: skip
        assert wrong == [], "a phone holds what the server would show it now"


def test_random_histories_keep_the_laws(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync_rules, "MAX_CHANGES", 2)
    until, seed = time.monotonic() + SECONDS, FIRST_SEED
    while seed == FIRST_SEED or time.monotonic() < until:
        print("seed", seed)
        history = History(app, cast, seed)
        history.run()
        history.check()
        seed += 1
    print("histories", seed - FIRST_SEED)
