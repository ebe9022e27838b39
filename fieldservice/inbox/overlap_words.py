"""Edits of the office that a technician had not seen when saying something of the job, in plain words."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.core import i18n
from fieldservice.core.db import db
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.jobs.models import Job
from fieldservice.sync.queries import overlaps_on
from fieldservice.web.job_words import ACTS, STEPS

_SUBJECTS = {
    "address": _l("the address"), "time": _l("day or window"), "phone": _l("the phone number"),
    "customer": _l("the customer’s details"), "task": _l("the task"), "charge": _l("what is to be collected"),
    "product": _l("the product"),
}  # fmt: skip


def overlap_words(job: Job) -> list[str]:
    """One sentence for each edit and technician."""
    found = overlaps_on(job)
    names = _names({one for overlap in found for one in (overlap.by_id, overlap.author_id) if one})
    zone = job.branch.timezone
    return [_words(one, names, zone) for one in found]


def _words(one: Any, names: Mapping[str, str], zone: str) -> str:
    what = _(", ").join(str(_SUBJECTS[subject]) for subject in one.subjects)
    office, name = names.get(one.by_id or "", _("The system")), names.get(one.author_id, _("somebody"))
    return _(
        "%(office)s changed %(what)s, %(at)s; %(name)s %(act)s, %(said_at)s, without having seen it. Both are kept.",
        office=office, what=what, at=i18n.day_and_time(one.at, zone), name=name, act=_act(one.kind, one.step),
        said_at=i18n.day_and_time(one.said_at, zone))  # fmt: skip


def _act(kind: str, step: str) -> str:
    return _("reported “%(step)s”", step=STEPS[step]) if step in STEPS else str(ACTS.get(kind, kind))


def _names(ids: Iterable[str]) -> dict[str, str]:
    found = db.session.execute(sa.select(Person.id, Person.name).where(Person.id.in_(list(ids))))
    return {row.id: row.name for row in found}
