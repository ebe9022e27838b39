"""Puts what sync set aside into the inbox, in the same transaction."""

from fieldservice.core.db import db
from fieldservice.core.events import listens_to
from fieldservice.inbox.models import InboxItem
from fieldservice.sync.events import OperationSetAside


@listens_to(OperationSetAside)
def put_into_inbox(event: OperationSetAside) -> None:
    """One item for the operation; the job's branch decides, else the author's."""
    branch_id = event.job.branch_id if event.job else event.author.branch_id
    db.session.add(InboxItem(
        op_id=event.entry.id, job_id=event.job.id if event.job else None, branch_id=branch_id,
        author_id=event.author.id, reason=event.reason[:40], arrived_at=event.entry.received_at))
