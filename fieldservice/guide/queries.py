"""What of the first steps is done, and what somebody has put away."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Device, Person, PersonRole
from fieldservice.branches.models import Branch
from fieldservice.core.db import db
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.core.permissions import TECHNICIAN
from fieldservice.customers.models import Customer
from fieldservice.guide.models import DeskHabit
from fieldservice.jobs.models import Job


@dataclass(frozen=True)
class FirstStep:
    """One of the way from an empty installation to a visit that somebody goes to."""

    words: Any
    #: what to do, and who may
    help: Any
    address: str
    #: who holds it is led there; others read who does it
    permission: str
    is_done: bool


def habit_of(person: Person) -> DeskHabit:
    """As it was said; a new one, not yet kept, when nothing was."""
    return db.session.get(DeskHabit, person.id) or DeskHabit(person_id=person.id, keys_off=False)


def first_steps() -> tuple[FirstStep, ...]:
    """The six steps in their order, each with whether it is done anywhere in this installation."""
    done = db.session.execute(sa.select(
        sa.select(Branch.id).offset(1).limit(1).exists(),
        sa.select(PersonRole.person_id).where(PersonRole.role == TECHNICIAN).exists(),
        sa.select(Device.id).exists(),
        sa.select(Customer.id).exists(),
        sa.select(Job.id).exists(),
        sa.select(Job.id).where(Job.lead_id.is_not(None)).exists(),
    )).one()  # fmt: skip
    return tuple(FirstStep(*step, is_done=bool(is_done)) for step, is_done in zip(_STEPS, done, strict=True))


_STEPS = (
    (_l("Add the first store"),
     _l("Its name, phone number and zone stand on every page customers see."), "/branches/new", "branches.manage"),
    (_l("Add the people"),
     _l("At least a technician and a dispatcher or manager. In a small store one person can be both."),
     "/people/new", "people.manage"),
    (_l("Put the app on a phone"),
     _l("Open the technician under “People”, choose “Put the app on a phone”, and scan the code with the phone."),
     "/people", "people.help"),
    (_l("Add a customer"),
     _l("Dispatchers, managers and the service desk enter customers, or import a list of jobs with them."),
     "/customers/new", "customers.edit"),
    (_l("Enter a job"),
     _l("What it is about, where, and the time that was promised."), "/jobs/new", "jobs.edit"),
    (_l("Assign it"),
     _l("On the board or on the job's page. It is on the technician's phone with its next contact."),
     "/board", "jobs.assign"),
)  # fmt: skip
