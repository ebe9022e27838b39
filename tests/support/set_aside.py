"""An operation that sync set aside, as a test needs it."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.core import events, json
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import LogEntry
from fieldservice.inbox.models import InboxItem
from fieldservice.jobs.models import Job
from fieldservice.sync.events import OperationSetAside
from tests.builders import MOMENT


def set_aside(job: Job | None, author: Person, kind: str = "take_step", /, *, why: str = "job_reassigned",
              result: str = "quarantined", minutes: int = 0, **args: Any) -> InboxItem:
    """Writes what sync writes: the operation in the log, and the event."""
    args = {"take_step": {"step": "accept"}}.get(kind, {}) | args
    entry = LogEntry(
        origin="phone", device_id=author.id, seq=minutes + 1, person_id=author.id, kind=kind, entity_type="job",
        entity_id=job.id if job else new_id(), body=json.dumps({"kind": kind, "args": args}), result=result,
        note=json.dumps({"code": why}), happened_at=MOMENT + timedelta(minutes=minutes),
        device_at=MOMENT + timedelta(minutes=minutes - 5), received_at=MOMENT + timedelta(hours=2))
    db.session.add(entry)
    db.session.flush()
    events.publish(OperationSetAside(entry=entry, job=job, author=author, reason=why))
    db.session.commit()
    return db.session.scalars(sa.select(InboxItem).filter_by(op_id=entry.id)).one()
