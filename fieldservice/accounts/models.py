"""Tables of people and of how they get in."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.branches.models import Branch
from fieldservice.core.db import Base, HasId, UTCDateTime
from fieldservice.core.permissions import ROLES, holds
from fieldservice.core.versions import Synced


class Person(HasId, Synced, Base):
    """Somebody of the staff, with an account."""

    __tablename__ = "person"

    #: number they sign in with, e.g. '0217'
    staff_no: Mapped[str] = mapped_column(sa.String(20), unique=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    #: mobile, digits only; also signs in; None: has none
    phone: Mapped[str | None] = mapped_column(sa.String(20), unique=True)
    #: number on the badge the customer sees; None: wears none
    badge_no: Mapped[str | None] = mapped_column(sa.String(20), unique=True)
    branch_id: Mapped[str] = mapped_column(sa.ForeignKey("branch.id"), index=True)
    #: 'zh' or 'en'; None: as the browser says
    language: Mapped[str | None] = mapped_column(sa.String(5))
    #: a disabled person cannot sign in, their sessions are ended, their work stays
    is_active: Mapped[bool] = mapped_column(default=True)
    #: argon2id; None: has never chosen one, gets in by one-time link only
    password_hash: Mapped[str | None] = mapped_column(sa.String(200))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: since when the office may see, while on duty, where the last step was taken; None: did not agree, or not any more
    shares_position_since: Mapped[datetime | None] = mapped_column(UTCDateTime)

    branch: Mapped[Branch] = relationship(lazy="joined", innerjoin=True)
    #: read when somebody asks: most people are only named; who lists roles joins them to the query
    role_rows: Mapped[list["PersonRole"]] = relationship(back_populates="person", cascade="all, delete-orphan")

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(row.role for row in self.role_rows)

    def can(self, permission: str) -> bool:
        """Whether one of this person's roles holds `permission`."""
        return self.is_active and holds(self.roles, permission)

    @property
    def sees_all_branches(self) -> bool:
        return self.branch.is_head_office


class PersonRole(Base):
    """One role of a person; several are common in a small store."""

    __tablename__ = "person_role"
    __table_args__ = (sa.CheckConstraint(f"role IN {ROLES!r}", name="role"),)

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    role: Mapped[str] = mapped_column(sa.String(24), primary_key=True)

    person: Mapped[Person] = relationship(back_populates="role_rows")


class Device(HasId, Base):
    """One copy of the technician app: a browser profile on a phone, of one person. The id is made on the phone."""

    __tablename__ = "device"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), index=True)
    #: as the person calls it, e.g. '门店手机 07'
    name: Mapped[str] = mapped_column(sa.String(60))
    #: browser and system as they name themselves, cut to 200
    user_agent: Mapped[str] = mapped_column(sa.String(200), default="")
    registered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: last answered sync; None: none yet
    last_contact_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: last contact after which nothing was left on the phone; bounds when an operation can have happened
    all_sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: highest operation taken in order; the next must be one more
    last_seq: Mapped[int] = mapped_column(default=0)
    #: what the phone said is still only there, and since when
    pending_count: Mapped[int] = mapped_column(default=0)
    oldest_pending_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: build of the app it last synced with
    build: Mapped[str] = mapped_column(sa.String(16), default="")
    #: how many of `pending_count` are photos, and how many of these can never be sent (their file is gone or too large)
    pending_photos: Mapped[int] = mapped_column(default=0)
    stuck_photos: Mapped[int] = mapped_column(default=0)
    #: how far its clock was ahead of ours at the last contact that was written down, milliseconds; None: none yet
    clock_off_ms: Mapped[int | None] = mapped_column(sa.BigInteger)
    #: runs from the home screen, not in a tab of the browser; None: it has not said, as all of the following
    is_installed: Mapped[bool | None]
    #: the browser has promised not to clear what the app stores
    is_persistent: Mapped[bool | None]
    #: bytes the app takes, and that the browser still grants it
    used_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    free_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    #: a blocked phone delivers what is unsent into quarantine and is then wiped; None: good
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: operations it has delivered since it was blocked
    quarantined_count: Mapped[int] = mapped_column(default=0)
    #: last told that nothing is left and that it is to wipe itself
    wipe_told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: said that it has wiped itself: this copy of the app is gone for good
    wiped_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class DeviceKey(Base):
    """The public half of a key that never leaves its phone; it signs what customers sign."""

    __tablename__ = "device_key"

    #: first 32 hex digits of the SHA-256 of `spki`
    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), index=True)
    #: the device that told of it last; both are revoked together
    device_id: Mapped[str] = mapped_column(sa.ForeignKey("device.id"), index=True)
    #: SubjectPublicKeyInfo (DER) of a P-256 key as base64
    spki: Mapped[str] = mapped_column(sa.String(200))
    registered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: not believed for anything signed later; None: good
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class LoginSession(HasId, Base):
    """One signed-in browser. The cookie holds a random token, the table only its SHA-256."""

    __tablename__ = "login_session"

    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), index=True)
    #: set when the technician app registered itself in this session
    device_id: Mapped[str | None] = mapped_column(sa.ForeignKey("device.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: absolute end, whatever the use
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: ended by sign-out, by the person elsewhere, by an administrator; None: runs
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    address: Mapped[str] = mapped_column(sa.String(45), default="")
    user_agent: Mapped[str] = mapped_column(sa.String(200), default="")
    #: came in by a one-time link and must choose a password before anything else
    must_choose_password: Mapped[bool] = mapped_column(default=False)

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class SetupLink(HasId, Base):
    """A one-time way in: to put the app on a phone, or to choose a new password."""

    __tablename__ = "setup_link"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), index=True)
    #: SHA-256 of the token in the link
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    #: SHA-256 of the short code typed where the link cannot be opened (the app on an iPhone's home screen)
    code_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    #: None: made at first start on the command line
    made_by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: None: not used yet
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    person: Mapped[Person] = relationship(foreign_keys=[person_id], lazy="joined", innerjoin=True)


class Throttle(Base):
    """Wrong tries per account or network, so that guessing slows down."""

    __tablename__ = "throttle"

    #: 'account:0217', 'network:203.0.113.0/24', 'code:…'
    key: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_failure_at: Mapped[datetime] = mapped_column(UTCDateTime)


class AccessEntry(HasId, Base):
    """Who looked at or did something that must be answered for: sign-ins, opened phone numbers, account changes."""

    __tablename__ = "access_log"

    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    #: None: nobody was signed in (a failed sign-in)
    person_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    #: e.g. 'signed_in', 'sign_in_failed', 'phone_opened', 'person_disabled'
    act: Mapped[str] = mapped_column(sa.String(40))
    subject_type: Mapped[str] = mapped_column(sa.String(20), default="")
    subject_id: Mapped[str] = mapped_column(sa.String(36), default="")
    address: Mapped[str] = mapped_column(sa.String(45), default="")
