"""Tables of signatures and of visits that ended without one."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.accounts.models import Person
from fieldservice.core.db import Base, HasId, UTCDateTime
from fieldservice.core.happening import Happened, Placed
from fieldservice.jobs.models import Job

SIGN_OFF = "sign_off"
AGREEMENT = "agreement"
KINDS = (SIGN_OFF, AGREEMENT)

SIGNED = "signed"
REFUSED = "refused"
ABSENT = "absent"
NEIGHBOUR = "neighbour"
PAPER = "paper"
OUTCOMES = (SIGNED, REFUSED, ABSENT, NEIGHBOUR, PAPER)

VALID = "valid"
QUARANTINED = "quarantined"


class SignOff(HasId, Happened, Placed, Base):
    """What the customer was shown and what came of it: signature, refusal, absence, a neighbour's, paper.

    The texts are kept as they were signed, byte for byte: they re-verify for ever.
    """

    __tablename__ = "sign_off"
    __table_args__ = (
        sa.CheckConstraint(f"kind IN {KINDS!r}", name="kind"),
        sa.CheckConstraint(f"outcome IN {OUTCOMES!r}", name="outcome"),
        sa.CheckConstraint("state IN ('valid', 'quarantined')", name="state"),
        sa.CheckConstraint("attitude BETWEEN 1 AND 5", name="attitude"),
        sa.CheckConstraint("efficiency BETWEEN 1 AND 5", name="efficiency"),
        sa.CheckConstraint("skill BETWEEN 1 AND 5", name="skill"),
    )

    job_id: Mapped[str] = mapped_column(sa.ForeignKey("job.id"), index=True)
    run: Mapped[int]
    #: 'sign_off': the finished work; 'agreement': chargeable work before it starts
    kind: Mapped[str] = mapped_column(sa.String(10))
    #: from 1 within job, run and kind
    revision: Mapped[int]
    outcome: Mapped[str] = mapped_column(sa.String(10))
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    #: canonical JSON of what was shown, and its SHA-256
    presented: Mapped[str] = mapped_column(sa.Text)
    presented_sha256: Mapped[str] = mapped_column(sa.String(64))
    #: canonical JSON of what the device key signed
    payload: Mapped[str] = mapped_column(sa.Text, deferred=True)
    #: raw r‖s as unpadded base64url
    signature: Mapped[str] = mapped_column(sa.String(90))
    #: id of the device key
    key_id: Mapped[str] = mapped_column(sa.String(32))
    signer_name: Mapped[str] = mapped_column(sa.String(60), default="")
    #: 'customer', 'family', 'tenant', 'property', 'neighbour', 'other'; '' when nobody signed
    signer_role: Mapped[str] = mapped_column(sa.String(10), default="")
    #: why there is no signature, or why a neighbour signed
    reason: Mapped[str] = mapped_column(sa.String(500), default="")
    language: Mapped[str] = mapped_column(sa.String(8))
    #: 1 to 5; None: not rated
    attitude: Mapped[int | None]
    efficiency: Mapped[int | None]
    skill: Mapped[int | None]
    rating_words: Mapped[str] = mapped_column(sa.String(500), default="")
    #: sum of the lines shown
    total_fen: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(sa.String(12))
    #: why it is quarantined: a code with words; '' when it is valid
    fault: Mapped[str] = mapped_column(sa.String(40), default="")
    #: "job run kind revision" when valid: a revision is signed once
    revision_key: Mapped[str | None] = mapped_column(sa.String(80), unique=True)
    #: too few points: shown, not refused
    is_weak: Mapped[bool] = mapped_column(default=False)
    #: by somebody who was no longer of the crew, or after the job was cancelled
    is_late: Mapped[bool] = mapped_column(default=False)
    #: stands for the job as it is: nothing that was shown has changed since
    is_current: Mapped[bool] = mapped_column(default=True)

    job: Mapped[Job] = relationship(back_populates="sign_offs")
    by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


#: of all runs; read once a transaction, for each operation of a push asks what has been signed
Job.__mapper__.add_property("sign_offs", relationship(SignOff, back_populates="job"))


class LinkSignature(HasId, Base):
    """The customer's signature by the link of the case, under a sheet that was left unsigned on site. The sheet's text is
    the one that was shown then, byte for byte; it stands as long as the sheet does.
    """

    __tablename__ = "link_signature"

    #: the sheet; it is signed once
    sign_off_id: Mapped[str] = mapped_column(sa.ForeignKey("sign_off.id"), unique=True)
    #: of the sheet's text as it was shown
    presented_sha256: Mapped[str] = mapped_column(sa.String(64))
    #: canonical JSON of everything that was signed: the digest above, mark, name, consent, moment
    payload: Mapped[str] = mapped_column(sa.Text)
    payload_sha256: Mapped[str] = mapped_column(sa.String(64))
    signer_name: Mapped[str] = mapped_column(sa.String(60))
    #: 'customer', 'family', 'tenant', 'property' or 'other'
    signer_role: Mapped[str] = mapped_column(sa.String(10))
    #: version of the text agreed to (link_consents.json), and its language
    consent: Mapped[str] = mapped_column(sa.String(8))
    language: Mapped[str] = mapped_column(sa.String(8))
    is_weak: Mapped[bool]
    #: the link it came by
    link_id: Mapped[str] = mapped_column(sa.String(36))
    #: what tied the person: 'digits' (link and last four digits of the phone) or 'code' (by SMS); which code
    tied_by: Mapped[str] = mapped_column(sa.String(8), default="digits")
    code_id: Mapped[str | None] = mapped_column(sa.String(36))
    signed_at: Mapped[datetime] = mapped_column(UTCDateTime)

    sign_off: Mapped[SignOff] = relationship()
