"""Heads: the tree over the chain at a moment, signed, and paths from an entry to it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from fieldservice.core import canonical, clock
from fieldservice.core.audit.entries import BEGINNING
from fieldservice.core.audit.tables import BATCH, LOCK, Entry, TreeHead
from fieldservice.core.db import db
from fieldservice.core.merkle import Tree, path_of


@dataclass(frozen=True)
class Head:
    """The chain at a moment."""

    size: int
    entry_hash: str
    root: str
    at: datetime

    @property
    def text(self) -> str:
        """What is signed and sent, canonical JSON."""
        return canonical.dumps(
            {"at": clock.to_ms(self.at), "entry_hash": self.entry_hash, "root": self.root, "size": self.size}
        )


_signers: list[Callable[[bytes], str]] = []


def signs_heads(function: Callable[[bytes], str]) -> Callable[[bytes], str]:
    """Registers who signs tree heads; '' as answer: cannot now."""
    _signers[:] = [function]
    return function


def head() -> Head:
    """The chain as this transaction sees it: what is committed."""
    entry_hash, tree = _tree()
    return Head(tree.size, entry_hash, tree.root, clock.now())


def _tree() -> tuple[str, Tree]:
    """(hash of the last entry, tree over all), from the last stored head on."""
    last = db.session.scalar(sa.select(TreeHead).order_by(TreeHead.size.desc()).limit(1))
    tree = Tree(last.size, last.peaks) if last else Tree()
    entry_hash = last.entry_hash if last else BEGINNING
    query = sa.select(Entry.entry_hash).where(Entry.seq > tree.size).order_by(Entry.seq)
    for entry_hash in db.session.scalars(query.execution_options(yield_per=BATCH)):
        tree.add(entry_hash)
    return entry_hash, tree


def proof(seq: int, size: int) -> list[str]:
    """The RFC 6962 path from entry `seq` to the head over the first `size` entries. Raises ValueError: there is none."""
    hashes = db.session.scalars(sa.select(Entry.entry_hash).where(Entry.seq <= size).order_by(Entry.seq)).all()
    if len(hashes) != size:
        raise ValueError("the chain is shorter")
    return path_of(hashes, seq - 1)


def proofs(seqs: Collection[int], size: int) -> dict[int, list[str]]:
    """The same for several entries. Raises ValueError when one has none."""
    hashes = db.session.scalars(sa.select(Entry.entry_hash).where(Entry.seq <= size).order_by(Entry.seq)).all()
    return {seq: path_of(hashes, seq - 1) for seq in seqs}


def make_head(at: datetime) -> TreeHead | None:
    """Writes down the head of now, with the sealing key's signature when there is one; None: nothing new since the last.
    One at a time: two workers make one.
    """
    session: Session = db.session()
    if session.connection().dialect.name == "postgresql":
        session.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    entry_hash, tree = _tree()
    if not tree.size or session.scalar(sa.select(TreeHead.size).where(TreeHead.size == tree.size)):
        return None
    found = Head(tree.size, entry_hash, tree.root, at)
    signature = sign(found.text)
    row = TreeHead(size=found.size, entry_hash=entry_hash, root=found.root, peaks=tree.peaks, at=at, signature=signature)
    session.add(row)
    return row


def sign(text: str) -> str:
    """The sealing key's signature of a head; '' when there is none."""
    return _signers[0](text.encode()) if _signers else ""


def head_of(row: TreeHead) -> Head:
    """A stored head as it is sent and signed."""
    return Head(row.size, row.entry_hash, row.root, row.at)
