"""Tables of the chain. They are append-only by triggers (migration 0015)."""

from datetime import datetime
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldservice.core.db import Base, UTCDateTime

#: key of the advisory lock on PostgreSQL under which entries are written
LOCK = 7403_2607
#: entries read, or written, at once
BATCH = 1_000


class Entry(Base):
    """One link of the chain. Without any word: it says that something was written then, not what."""

    __tablename__ = "audit"

    #: from 1, without gaps
    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    #: when it was done or taken in, milliseconds since 1970 (UTC)
    at: Mapped[int] = mapped_column(sa.BigInteger)
    #: e.g. 'op.take_step', 'access.signed_in', 'report.sealed'
    kind: Mapped[str] = mapped_column(sa.String(60))
    #: SHA-256 over salt and facts
    commitment: Mapped[str] = mapped_column(sa.String(64))
    #: `entry_hash` of the one before; sixty-four zeros for the first
    prev_hash: Mapped[str] = mapped_column(sa.String(64))
    #: SHA-256 over the canonical JSON of all of the above but the facts
    entry_hash: Mapped[str] = mapped_column(sa.String(64))


class Fact(Base):
    """What an entry stands for. Erased, it is a stub: pointers without salt and facts."""

    __tablename__ = "audit_fact"
    __table_args__ = (
        sa.Index("ix_audit_fact_entity", "entity_type", "entity_id"),
        sa.Index("ix_audit_fact_source", "source_table", "source_id"),
    )

    seq: Mapped[int] = mapped_column(sa.ForeignKey("audit.seq"), primary_key=True, autoincrement=False)
    #: 32 hex digits; '' erased
    salt: Mapped[str] = mapped_column(sa.String(32))
    #: canonical JSON: by, entity, row (what it stands for, with its digest), said; '' erased
    facts: Mapped[str] = mapped_column(sa.Text)
    entity_type: Mapped[str] = mapped_column(sa.String(20))
    entity_id: Mapped[str] = mapped_column(sa.String(64))
    #: who did it; None: nobody of the staff
    person_id: Mapped[str | None] = mapped_column(sa.String(36), index=True)
    #: the row it stands for; '' none
    source_table: Mapped[str] = mapped_column(sa.String(40))
    source_id: Mapped[str] = mapped_column(sa.String(64))


class TreeHead(Base):
    """The RFC 6962 tree over the chain as it was at a moment; sent out, it holds everything before it fast."""

    __tablename__ = "tree_head"

    #: entries it covers
    size: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    #: hash of the last of them
    entry_hash: Mapped[str] = mapped_column(sa.String(64))
    root: Mapped[str] = mapped_column(sa.String(64))
    #: roots of the tree's whole parts, so that the next head need not begin anew (`merkle.Tree.peaks`)
    peaks: Mapped[list[str]] = mapped_column(sa.JSON)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: by the sealing key over `Head.text`; '' there was none
    signature: Mapped[str] = mapped_column(sa.Text)
    #: when it arrived elsewhere; None: not (yet)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


ENTRY, FACT = cast(sa.Table, Entry.__table__), cast(sa.Table, Fact.__table__)
