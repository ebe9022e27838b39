"""The small world of a recording: always the same people and jobs, with the ids of when it was recorded."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.actions.passwords import set_password
from fieldservice.accounts.models import LoginSession, Person, PersonRole
from fieldservice.branches.models import STORE, Branch
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id, new_nonce
from fieldservice.core.permissions import DISPATCHER, TECHNICIAN
from fieldservice.core.versions import Installation
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from tests.builders import a_checklist, a_job

PASSWORD = "a long floor of oak"
#: a Saturday, 8:00 in Shanghai
MORNING = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
#: staff number and role
PEOPLE = {"technician": ("0217", TECHNICIAN), "other": ("0218", TECHNICIAN), "dispatcher": ("0102", DISPATCHER)}


@dataclass(frozen=True)
class World:
    """Ids and contents; written beside the recording, so that it can be made again whatever builders become."""

    ids: dict[str, str]
    checklist: dict[str, Any]

    @property
    def person_id(self) -> str:
        return self.ids["technician"]

    @property
    def jobs(self) -> list[str]:
        return [self.ids[f"job{number}"] for number in range(3)]


def new_world(checklist: dict[str, Any]) -> World:
    """With ids of now."""
    names = ("branch", "technician", "other", "dispatcher", "checklist", "job0", "job1", "job2")
    ids = dict(zip(names, sorted(new_id() for _ in names), strict=True))
    return World(ids | {f"nonce{number}": new_nonce() for number in range(3)}, checklist)


def build(world: World) -> None:
    """Writes it, committed."""
    ids = world.ids
    with clock.frozen(MORNING):
        branch = Branch(id=ids["branch"], code="BJ01", name="丰台店", kind=STORE, phone="01087654321",
                        timezone="Asia/Shanghai")
        db.session.add(branch)
        db.session.flush()
        for key, (number, role) in PEOPLE.items():
            db.session.add(Person(id=ids[key], staff_no=number, name=key, branch_id=branch.id, created_at=MORNING,
                                  role_rows=[PersonRole(role=role)]))
        db.session.commit()
        technician = db.session.get_one(Person, ids["technician"])
        set_password(technician, PASSWORD)
        a_checklist("repair", world.checklist, id=ids["checklist"])
        for number, job_id in enumerate(world.jobs):
            a_job(branch, technician, id=job_id, number=f"P-000{number}", sign_nonce=ids[f"nonce{number}"],
                  amount_fen=18_000)
        db.session.commit()


def office(world: World, act: str, facts: dict[str, Any]) -> None:
    """Something the office does while the phone is out."""
    by, at = db.session.get_one(Person, world.ids["dispatcher"]), clock.now()
    if act == "give_away":
        job = db.session.get_one(Job, facts["job"])
        actions.assign_job(job, lead=db.session.get_one(Person, world.ids["other"]), helpers=[],
                           expected_version=job.version, by=by, at=at)
    elif act == "cancel":
        job = db.session.get_one(Job, facts["job"])
        actions.cancel_job(job, reason="改期", expected_version=job.version, by=by, at=at)
    elif act == "end_sessions":
        db.session.execute(sa.update(LoginSession).values(ended_at=at))
    elif act == "restore":
        db.session.execute(sa.update(Installation).values(counter=1))  # as an older copy of the database has it
    else:
        raise ValueError(act)
    db.session.commit()
