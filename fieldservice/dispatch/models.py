"""Tables of dispatch."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.accounts.models import Person
from fieldservice.core.db import Base, HasId, UTCDateTime
from fieldservice.jobs.models import Job

#: a message says when we come now, or asks for another time
LATER, ASK_TIME = "later", "ask_time"
MESSAGE_KINDS = (LATER, ASK_TIME)

SENDING, SENT, FAILED, TOLD = "sending", "sent", "failed", "told"
MESSAGE_STATES = (SENDING, SENT, FAILED, TOLD)

GATEWAY = "gateway"
#: how a customer was told; all but the first by somebody's own hand
CHANNELS = (GATEWAY, "call", "sms", "wechat", "other")

MESSAGE_LIMIT = 500  # characters; some seven parts of a text message


class CustomerMessage(HasId, Base):
    """What a customer is told about the time of a visit. The id is made with the form, so that a form sent twice tells
    once; it is also the id the gateway knows it by.
    """

    __tablename__ = "customer_message"
    __table_args__ = (
        sa.CheckConstraint(f"kind IN {MESSAGE_KINDS!r}", name="kind"),
        sa.CheckConstraint(f"state IN {MESSAGE_STATES!r}", name="state"),
        sa.CheckConstraint(f"channel IN {CHANNELS!r}", name="channel"),
        sa.CheckConstraint("(kind = 'later') = (expected_at IS NOT NULL)", name="expected"),
        sa.CheckConstraint("(state IN ('sent', 'told')) = (told_at IS NOT NULL)", name="told_whole"),
        sa.CheckConstraint("(channel = 'gateway') = (state <> 'told')", name="by_hand"),
    )

    job_id: Mapped[str] = mapped_column(sa.ForeignKey("job.id"), index=True)
    #: 'later': when we come now; 'ask_time': that another time is needed
    kind: Mapped[str] = mapped_column(sa.String(10))
    #: the window it is about; None: no time was agreed. Another window since: it is over
    window_start_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: who was said to come; None: nobody was named
    lead_id: Mapped[str | None] = mapped_column(sa.String(36))
    #: when the customer was told that we come; None: another time is asked for
    expected_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    words: Mapped[str] = mapped_column(sa.String(MESSAGE_LIMIT))
    #: of the words
    language: Mapped[str] = mapped_column(sa.String(8))
    #: 'gateway', or how somebody told by own hand: 'call', 'sms', 'wechat', 'other'
    channel: Mapped[str] = mapped_column(sa.String(8))
    #: '138****5678'; '' told by own hand
    number_masked: Mapped[str] = mapped_column(sa.String(30), default="")
    #: 'sending' (the gateway is being asked), 'sent' (it took it), 'failed' (it did not), 'told' (by own hand)
    state: Mapped[str] = mapped_column(sa.String(8))
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    begun_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: None: not told (yet)
    told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    job: Mapped[Job] = relationship()
    by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
