"""What customers were told about when we come: who was told what, when, how; and whether that still covers it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa

from fieldservice.core.db import db
from fieldservice.dispatch.models import FAILED, SENDING, SENT, TOLD, CustomerMessage
from fieldservice.jobs.models import Job

#: what somebody began to send is being sent for so long; after that nobody knows what became of it
SENDING_FOR = timedelta(minutes=2)
#: as long as it gets no later by this, the customer knows
TELL_AGAIN_AFTER = timedelta(minutes=15)


class Standing(Protocol):
    """How a visit stands: what a message is about."""

    @property
    def lead_id(self) -> str | None: ...
    @property
    def window_start_at(self) -> datetime | None: ...


def messages_of(job_ids: Collection[str]) -> dict[str, list[CustomerMessage]]:
    """By job, the oldest first; one query."""
    found: dict[str, list[CustomerMessage]] = {}
    if not job_ids:
        return found
    query = sa.select(CustomerMessage).where(CustomerMessage.job_id.in_(list(job_ids)))
    for row in db.session.scalars(query.order_by(CustomerMessage.begun_at, CustomerMessage.id)).unique():
        found.setdefault(row.job_id, []).append(row)
    return found


def last_told(messages: Sequence[CustomerMessage], job: Standing) -> CustomerMessage | None:
    """What the customer knows of how the visit stands now; None: nothing that still counts.

    Another window since is another promise, and what was told about the one before is over. Another technician changes
    who comes, not when.
    """
    told = [one for one in messages if one.state in (SENT, TOLD)]
    last = told[-1] if told else None
    return last if last and last.window_start_at == job.window_start_at else None


def is_covered(told: CustomerMessage | None, lead_id: str | None, expected_at: datetime | None) -> bool:
    """Whether the customer need not be told again: knows that another time is needed, or a time that will about hold, and
    who comes.
    """
    if told is None:
        return False
    if told.expected_at is None or expected_at is None:
        return told.expected_at is None
    return told.lead_id == lead_id and expected_at - told.expected_at < TELL_AGAIN_AFTER


def is_being_sent(message: CustomerMessage, at: datetime) -> bool:
    """Whether the gateway is being asked right now."""
    return message.state == SENDING and at - message.begun_at < SENDING_FOR


def mark_of(messages: Sequence[CustomerMessage]) -> str:
    """What a form carries to say which message it was opened behind; '' none."""
    return f"{messages[-1].id}.{messages[-1].state}" if messages else ""


def told_about(job: Job) -> CustomerMessage | None:
    """What the customer knows of this visit; None: nothing that still counts. One query."""
    return last_told(messages_of([job.id]).get(job.id, []), job)


__all__ = ["FAILED", "SENDING", "SENT", "TOLD", "CustomerMessage", "is_being_sent", "is_covered", "last_told", "mark_of",
           "messages_of", "told_about"]  # fmt: skip
