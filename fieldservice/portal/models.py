"""Tables of links that customers open without an account."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.accounts.models import Person
from fieldservice.cases.models import Case
from fieldservice.core.db import Base, HasId, UTCDateTime
from fieldservice.core.versions import Synced
from fieldservice.jobs.models import Job

CASE = "case"
BADGE = "badge"
SCOPES = (CASE, BADGE)

CONFIRMED = "confirmed"
DISPUTED = "disputed"
WISH = "wish"
RATING = "rating"
COMPLAINT = "complaint"
#: what a customer says by the link; the first two are about the finished work, and about the sheet that shows it
WORD_KINDS = (CONFIRMED, DISPUTED, WISH, RATING, COMPLAINT)

ACCEPTED = "accepted"
DECLINED = "declined"
NOTED = "noted"
ANSWER_KINDS = (ACCEPTED, DECLINED, NOTED)


class Link(HasId, Synced, Base):
    """An address that opens one thing to whoever has it. The address is worked out from the id and the link key, which is
    not in the database; only its hash is.
    """

    __tablename__ = "link"
    __table_args__ = (
        sa.CheckConstraint(f"scope IN {SCOPES!r}", name="scope"),
        sa.CheckConstraint("(scope = 'case') = (job_id IS NULL AND person_id IS NULL)", name="about"),
        sa.CheckConstraint("(job_id IS NULL) = (person_id IS NULL)", name="badge_whole"),
        sa.UniqueConstraint("job_id", "person_id"),
        # a case has one link: NULLs are never equal, so the pair above does not say it
        sa.Index("uq_link_case", "case_id", unique=True, sqlite_where=sa.text("scope = 'case'"),
                 postgresql_where=sa.text("scope = 'case'")),
    )

    #: 'case': where the customer's case stands; 'badge': who this technician is and whether a visit is due
    scope: Mapped[str] = mapped_column(sa.String(8))
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("case.id"), index=True)
    #: the visit and the technician of a badge; None: a case
    job_id: Mapped[str | None] = mapped_column(sa.ForeignKey("job.id"))
    person_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))
    #: from 1; a new one makes the address before it worthless
    rotation: Mapped[int] = mapped_column(default=1)
    #: SHA-256 of the token in the address
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: opens nothing from then on
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: None: not taken back
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    case: Mapped[Case] = relationship()
    job: Mapped[Job | None] = relationship()
    person: Mapped[Person | None] = relationship()


class LinkOpening(Base):
    """How often a link was opened and when last: no address, no browser, nothing about who."""

    __tablename__ = "link_opening"

    link_id: Mapped[str] = mapped_column(sa.ForeignKey("link.id"), primary_key=True)
    times: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(UTCDateTime)


class CustomerWord(HasId, Base):
    """What the customer said by the link. Rows are only ever added: a later one of the same kind about the same visit
    stands in the place of the earlier. The id is made with the form, so that a form sent twice says it once.
    """

    __tablename__ = "customer_word"
    __table_args__ = (
        sa.CheckConstraint(f"kind IN {WORD_KINDS!r}", name="kind"),
        sa.CheckConstraint("kind = 'complaint' OR job_id IS NOT NULL", name="about"),
        sa.CheckConstraint("(wish_start_at IS NULL) = (wish_end_at IS NULL)", name="wish_whole"),
        sa.CheckConstraint("wish_start_at < wish_end_at", name="wish_order"),
        sa.CheckConstraint("attitude BETWEEN 1 AND 5", name="attitude"),
        sa.CheckConstraint("efficiency BETWEEN 1 AND 5", name="efficiency"),
        sa.CheckConstraint("skill BETWEEN 1 AND 5", name="skill"),
        sa.Index("ix_customer_word_case", "case_id", "id"),
    )

    case_id: Mapped[str] = mapped_column(sa.ForeignKey("case.id"))
    #: the visit it is about; None: a complaint about the whole case
    job_id: Mapped[str | None] = mapped_column(sa.ForeignKey("job.id"), index=True)
    #: 'confirmed' or 'disputed' (the finished work), 'wish' (for another time), 'rating', 'complaint'
    kind: Mapped[str] = mapped_column(sa.String(10))
    #: '' where a tap says it all
    words: Mapped[str] = mapped_column(sa.String(1000), default="")
    #: the window wished for; None: said in words, or no wish
    wish_start_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    wish_end_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: 1 to 5; None: this one was left out, or it is no rating
    attitude: Mapped[int | None]
    efficiency: Mapped[int | None]
    skill: Mapped[int | None]
    said_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: until when an answer was promised; None: none is needed
    answer_by_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    #: what a dispute is about: 'work', 'amount', 'signature' (not mine) or 'other'; '' no dispute, or from before
    about: Mapped[str] = mapped_column(sa.String(10), default="")
    #: the sheet that was shown whole while this was said, with its digest and revision; None: there was none
    sheet_id: Mapped[str | None] = mapped_column(sa.String(36), index=True)
    presented_sha256: Mapped[str] = mapped_column(sa.String(64), default="")
    sheet_revision: Mapped[int | None]
    #: of the page it was said on; '' from before
    language: Mapped[str] = mapped_column(sa.String(8), default="")
    #: the link it came by, in its rotation; None: from before
    link_id: Mapped[str | None] = mapped_column(sa.String(36))
    link_rotation: Mapped[int | None]
    #: what tied the person to it: 'digits' (the last four of the phone) or 'code' (by SMS); '' from before
    tied_by: Mapped[str] = mapped_column(sa.String(8), default="")
    code_id: Mapped[str | None] = mapped_column(sa.String(36))

    case: Mapped[Case] = relationship()
    job: Mapped[Job | None] = relationship()
    answer: Mapped["WordAnswer | None"] = relationship(back_populates="word", lazy="joined")


class WordOwner(HasId, Base):
    """Who looks after what a customer said. Rows are only ever added: the last one counts."""

    __tablename__ = "word_owner"

    word_id: Mapped[str] = mapped_column(sa.ForeignKey("customer_word.id"), index=True)
    owner_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    #: None: chosen by the product when it was said
    by_id: Mapped[str | None] = mapped_column(sa.String(36))
    since_at: Mapped[datetime] = mapped_column(UTCDateTime)

    owner: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class SmsCode(HasId, Base):
    """A code that was sent to the customer's number. Of the code and the number only keyed digests are kept; the key is
    not in the database.
    """

    __tablename__ = "sms_code"

    link_id: Mapped[str] = mapped_column(sa.ForeignKey("link.id"), index=True)
    link_rotation: Mapped[int]
    code_hash: Mapped[str] = mapped_column(sa.String(64))
    number_hash: Mapped[str] = mapped_column(sa.String(64), index=True)
    #: '138****5678'
    number_masked: Mapped[str] = mapped_column(sa.String(30))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: each is counted before it is looked at
    tries: Mapped[int] = mapped_column(default=0)
    #: the gateway took it; None: not (yet)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: entered rightly; None: not (yet)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class WordAnswer(HasId, Base):
    """The desk's answer to what a customer said; each gets one."""

    __tablename__ = "word_answer"
    __table_args__ = (sa.CheckConstraint(f"kind IN {ANSWER_KINDS!r}", name="kind"),)

    word_id: Mapped[str] = mapped_column(sa.ForeignKey("customer_word.id"), unique=True)
    #: 'accepted' or 'declined' (a wish), 'noted' (everything else)
    kind: Mapped[str] = mapped_column(sa.String(8))
    #: what the customer reads; '' nothing beyond the kind
    words: Mapped[str] = mapped_column(sa.String(500), default="")
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    answered_at: Mapped[datetime] = mapped_column(UTCDateTime)

    word: Mapped[CustomerWord] = relationship(back_populates="answer")
    by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
