"""What the driver of a history asks the server's side to do: lay people and jobs, act as the office, tell the truth.

Only the test kit speaks to it, through a pipe; the product has no such door. Every change goes through the product's own
actions, as the desk makes them.
"""

import hashlib
import json
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts import sessions
from fieldservice.accounts.actions.devices import revoke_device
from fieldservice.accounts.models import Device, DeviceKey, LoginSession, Person
from fieldservice.core import audit, clock, versions
from fieldservice.core.db import db
from fieldservice.core.errors import AppError
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import LogEntry
from fieldservice.customers.models import Customer
from fieldservice.evidence import found
from fieldservice.evidence.models import VERIFIED, Blob, Evidence, Upload
from fieldservice.inbox import actions as inbox_actions
from fieldservice.inbox.models import OPEN, InboxItem
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job, JobContact
from fieldservice.jobs.queries import job_for
from fieldservice.signoff.models import SignOff
from fieldservice.sync import documents, queries
from fieldservice.sync import rules as sync_rules
from fieldservice.visits.models import DayOrder, JobClosure
from tests.builders import a_case, a_checklist, a_customer, a_site
from tests.cast import Cast, a_cast, a_person
from tests.proof import laws
from tests.proof.installation import Installation

CONTENT = json.loads((Path(__file__).parents[1] / "vectors" / "visit_checklist.json").read_text())
#: of the charge of a visit, in fen
AMOUNT_FEN = 18_000


class Office:
    """One for all histories on an installation; `lay` begins the next history."""

    def __init__(self, place: Installation) -> None:
        self.place = place
        self.people: list[str] = []
        self.jobs: list[str] = []
        self.customers: list[str] = []
        self.checklist = ""
        self._serial = 0
        #: a backup was put back, and nobody has looked yet which bytes are here that it does not know
        self._has_unknown_bytes = False
        with place.app.app_context():
            cast: Cast = a_cast()
            self._store_id, self._dispatcher_id = cast.store.id, cast.dispatcher.id
            self._lay_checklist()
            db.session.commit()

    def answer(self, question: dict[str, Any]) -> Any:
        """One order of the driver: `do` names the method, the rest are its arguments."""
        order: Callable[..., Any] = getattr(self, f"do_{question.pop('do')}")
        with self.place.app.app_context():
            try:
                return order(**question)
            finally:
                db.session.remove()

    # -- what a history begins with

    def do_lay(self, seed: int, technicians: int, jobs: int, max_changes: int) -> dict[str, Any]:
        """New technicians with jobs of their own; the first two customers have several each."""
        self.place.change_rule(sync_rules, "MAX_CHANGES", max_changes)
        chance, store = random.Random(seed), self._store()
        self._serial += 1
        people = [a_person(f"{self._serial:05d}{n}", f"师傅 {n}", store, "technician") for n in range(technicians)]
        # how they are addressed tells phones which is which: their names change
        customers = [a_customer(store, address_form=word) for word in ("甲", "乙")]
        sites = [a_site(customer) for customer in customers]
        db.session.flush()
        laid = [self._lay_job(chance, people, chance.choice(sites)) for _ in range(jobs)]
        db.session.commit()
        self.people = [person.id for person in people]
        self.customers = [customer.id for customer in customers]
        self.jobs = [job.id for job in laid]
        return {"people": [{"id": one.id, "name": one.name, "staffNo": one.staff_no} for one in people]}

    def _lay_job(self, chance: random.Random, people: list[Person], site: Any) -> Job:
        at = clock.now()
        plan = actions.JobPlan(type=chance.choice(["repair", "repair", "survey"]), brief="地板起拱", planned_minutes=60,
                               visit_on=at.date(), amount_fen=AMOUNT_FEN)  # fmt: skip
        lead = chance.choice([*people, *people, None])
        helpers = [one for one in people if one is not lead and chance.random() < 0.2]
        return actions.create_job(plan, number=f"P-{new_id()[-10:]}", case=a_case(site), site=site, lead=lead,
                                  helpers=helpers, by=self._dispatcher(), at=at)  # fmt: skip

    def _lay_checklist(self) -> None:
        """The one of the vectors; nothing in it is required, so that a visit can end without it."""
        items = [{**item, "required": False} for item in CONTENT["items"]]
        self.checklist = a_checklist("repair", {**CONTENT, "items": items}).id

    # -- who is signed in

    def do_token(self, person: str) -> str:
        """A fresh session of that person: the cookie's value."""
        found = db.session.get_one(Person, person)
        _session, token = sessions.open_session(found, at=clock.now(), address="127.0.0.1", user_agent="proof")
        db.session.commit()
        return token

    def do_end_sessions(self, person: str) -> None:
        """Every session of that person is over."""
        query = sa.update(LoginSession).where(LoginSession.person_id == person, LoginSession.ended_at.is_(None))
        db.session.execute(query.values(ended_at=clock.now()))
        db.session.commit()

    def do_block(self, person: str, device: int) -> bool:
        """The office blocks one of the person's phones: it was lost. Whether there was one."""
        query = sa.select(Device).where(Device.person_id == person, Device.revoked_at.is_(None)).order_by(Device.id)
        known = list(db.session.scalars(query))
        if known:
            revoke_device(known[device % len(known)], by=self._dispatcher(), at=clock.now())
            db.session.commit()
        return bool(known)

    def do_forget_devices(self, person: str) -> None:
        """The server does not know these phones any more (as after a restore that is older than their registration)."""
        mine = sa.select(Device.id).filter_by(person_id=person)
        used = sa.select(Upload.device_id)
        logged = sa.select(LogEntry.device_id).where(LogEntry.device_id.is_not(None))
        query = sa.delete(Device).where(Device.id.in_(mine), Device.id.not_in(used), Device.id.not_in(logged))
        in_session = sa.select(LoginSession.device_id).where(LoginSession.device_id.is_not(None))
        db.session.execute(query.where(Device.id.not_in(in_session)))
        db.session.commit()

    # -- the office acts

    def do_act(self, act: str, job: int, who: int, helper: int | None = None, stale: bool = False) -> str:
        """Something a dispatcher does to a job; the code of the refusal, or ''."""
        try:
            getattr(self, f"_act_{act}")(self._job(job), who, helper, stale)
            db.session.commit()
        except AppError as refused:
            db.session.rollback()
            return refused.code
        except sa.exc.OperationalError:  # two at once on one thing: the desk would be asked to try again
            db.session.rollback()
            return "busy"
        return ""

    def _act_assign(self, job: Job, who: int, helper: int | None, stale: bool) -> None:
        crew = [*self._crew(), None]
        helpers = [] if helper is None else [self._crew()[helper % len(self.people)]]
        actions.assign_job(job, crew[who % len(crew)], helpers, **self._given(job, stale))

    def _act_cancel(self, job: Job, _who: int, _helper: int | None, stale: bool) -> None:
        actions.cancel_job(job, "客户退单", **self._given(job, stale))

    def _act_restore(self, job: Job, _who: int, _helper: int | None, stale: bool) -> None:
        actions.restore_job(job, **self._given(job, stale))

    def _act_edit(self, job: Job, who: int, _helper: int | None, stale: bool) -> None:
        plan = actions.JobPlan(type=job.type, brief=f"说明 {who}", planned_minutes=60, visit_on=job.visit_on,
                               amount_fen=job.amount_fen)  # fmt: skip
        actions.edit_job(job, plan, product=None, **self._given(job, stale))

    def _act_move(self, job: Job, who: int, _helper: int | None, stale: bool) -> None:
        day = clock.now().date() + timedelta(days=who % 3)
        actions.move_job(job, day, None, None, **self._given(job, stale))

    def _act_note(self, job: Job, who: int, _helper: int | None, _stale: bool) -> None:
        actions.add_office_note(job, f"带胶 {who}", by=self._dispatcher(), at=clock.now())

    def _act_rename(self, job: Job, who: int, _helper: int | None, _stale: bool) -> None:
        """One transaction that every job of the customer shows."""
        customer = db.session.get_one(Customer, self.customers[who % len(self.customers)])
        self._serial += 1
        customer.name = f"客户 {self._serial}"

    def _act_create(self, _job: Job, who: int, _helper: int | None, _stale: bool) -> None:
        customer = db.session.get_one(Customer, self.customers[0])
        made = self._lay_job(random.Random(who), self._crew(), customer.sites[0])
        self.jobs.append(made.id)

    def _act_decide(self, _job: Job, who: int, _helper: int | None, _stale: bool) -> None:
        """Somebody at the desk decides about what sync set aside."""
        query = sa.select(InboxItem).where(InboxItem.state == OPEN, InboxItem.job_id.in_(self.jobs))
        waiting = list(db.session.scalars(query.order_by(InboxItem.id)))
        if waiting:
            decide = [inbox_actions.accept, inbox_actions.accept, inbox_actions.decline, inbox_actions.see][who % 4]
            decide(waiting[who % len(waiting)], by=self._dispatcher(), at=clock.now())

    # -- disasters

    def do_back_up(self, how: str) -> None:
        """The data as they are now."""
        db.session.remove()
        self.place.back_up(how)

    def do_restore(self, how: str) -> None:
        """The last backup."""
        db.session.remove()
        self.place.restore(how)
        self._has_unknown_bytes = how == "command"  # which leaves the bytes where they are
        known = set(db.session.scalars(sa.select(Job.id).where(Job.id.in_(self.jobs))))
        self.jobs = [job for job in self.jobs if job in known]

    def do_work(self) -> None:
        """What a worker does in its minute: it looks for bytes that are here already."""
        self._has_unknown_bytes = False
        found.look_through_after_a_restore()
        found.find_forgotten_bytes()

    def do_kill(self) -> None:
        """Every process of the server dies, whatever it is doing, and comes back."""
        self.place.kill()

    # -- the truth

    def do_are_whole(self, hashes: list[str]) -> list[str]:
        """Which of these bytes are not verified, or are not whole on the disk under their name.

        What came after the backup that was put back is found by its name when a worker looks; until then it may be
        waited for.
        """
        rows = {row.sha256: row.state for row in db.session.scalars(sa.select(Blob).where(Blob.sha256.in_(hashes)))}
        known = {one for one in hashes if self._has_unknown_bytes or rows.get(one) == VERIFIED}
        return [one for one in hashes if one not in known or self._hash_on_disk(one) != one]

    def do_judge(self, **told: Any) -> dict[str, Any]:
        """Everything the laws say about the end of a history: what is broken, in words; and what was in it."""
        truth = self._truth()
        return {"broken": laws.broken(truth, laws.Told(**told)), "facts": laws.facts(truth)}

    def _truth(self) -> laws.Truth:
        now = clock.now()
        entries = sa.select(LogEntry).where(
            sa.or_(LogEntry.entity_id.in_(self.jobs), LogEntry.person_id.in_(self.people))
        )
        jobs = list(db.session.scalars(sa.select(Job).where(Job.id.in_(self.jobs))).unique())
        fields = documents.job_documents(jobs, at=now)
        evidence = list(db.session.scalars(sa.select(Evidence).where(Evidence.job_id.in_(self.jobs))).unique())
        return laws.Truth(
            epoch=versions.current()[0],
            newest=versions.current()[1],
            checklist=self.checklist,
            amount_fen=AMOUNT_FEN,
            log=[_entry(one) for one in db.session.scalars(entries)],
            jobs={job.id: {**one, "version": job.version} for job, one in zip(jobs, fields, strict=True)},
            contacts=[(row.job_id, row.id, row.is_late) for row in db.session.scalars(
                sa.select(JobContact).where(JobContact.job_id.in_(self.jobs)))],
            orders={(row.person_id, row.day.isoformat()): (row.job_ids, row.pinned) for row in db.session.scalars(
                sa.select(DayOrder).where(DayOrder.person_id.in_(self.people)))},
            views={person: self._view(person) for person in self.people},
            blobs={one.sha256: (one.blob.state, self._hash_on_disk(one.sha256)) for one in evidence},
            sheets=[{"id": row.id, "state": row.state, "presented": row.presented, "payload": row.payload,
                     "signature": row.signature, "key_id": row.key_id, "presented_sha256": row.presented_sha256}
                    for row in db.session.scalars(sa.select(SignOff).where(SignOff.job_id.in_(self.jobs)))],
            keys={row.id: row.spki for row in db.session.scalars(
                sa.select(DeviceKey).where(DeviceKey.person_id.in_(self.people)))},
            inbox={row.op_id for row in db.session.scalars(
                sa.select(InboxItem).where(InboxItem.author_id.in_(self.people)))},
            blocked=set(db.session.scalars(sa.select(Device.id).where(Device.revoked_at.is_not(None)))),
            closed=set(db.session.scalars(sa.select(JobClosure.job_id).where(JobClosure.job_id.in_(self.jobs)))),
            chain=self._chain(),
        )  # fmt: skip

    def _chain(self) -> str:
        wrong = audit.walk().wrong
        return wrong.what if wrong else ""

    def _view(self, person_id: str) -> dict[str, Any]:
        """What the server would send this person's phone if it had nothing."""
        now = clock.now()
        person = db.session.get_one(Person, person_id)
        held = dict(queries.held_manifest(person, now))
        pulled = queries.pull(person_id, since=0, fetch=list(held), at=now)
        found = {one.id: {"version": one.version, "fields": one.fields} for one in pulled.changes if one.type != "me"}
        [me] = [one for one in pulled.changes if one.type == "me"]
        return {"held": held, "documents": json.loads(json.dumps(found)), "order": me.fields["order"]}

    def _hash_on_disk(self, sha256: str) -> str:
        path = self.place.data_dir / "media" / "blobs" / sha256[:2] / sha256
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""

    def _given(self, job: Job, stale: bool) -> dict[str, Any]:
        return {"by": self._dispatcher(), "at": clock.now(), "expected_version": job.version - stale}

    def _job(self, number: int) -> Job:
        """Held to the commit, as by the pages of the desk: a push may bring its steps at the same moment."""
        return job_for(self._dispatcher(), self.jobs[number % len(self.jobs)], to_change=True)

    def _crew(self) -> list[Person]:
        return [db.session.get_one(Person, one) for one in self.people]

    def _store(self) -> Any:
        from fieldservice.branches.models import Branch

        return db.session.get_one(Branch, self._store_id)

    def _dispatcher(self) -> Person:
        return db.session.get_one(Person, self._dispatcher_id)


def _entry(row: LogEntry) -> laws.Entry:
    return laws.Entry(
        id=row.id, origin=row.origin, device=row.device_id, seq=row.seq, person=row.person_id, kind=row.kind,
        entity=row.entity_id, body=json.loads(row.body), result=row.result,
        note=json.loads(row.note) if row.note else None, version=row.version, happened_ms=clock.to_ms(row.happened_at),
    )  # fmt: skip
