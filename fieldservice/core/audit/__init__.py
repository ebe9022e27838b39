"""The audit chain: everything that matters, each entry bound to all before it (docs/audit.md).

`audit` holds no words and no ids: number, moment, kind, a salted commitment to the facts, and hashes. The facts stand in
`audit_fact`, which an erasure replaces by an empty stub; the chain stays whole. Both are append-only by triggers.

Entries are written in the transaction of the change they stand for, as its last act: after everything is locked and
flushed and after the version was taken (`core/versions.py`), one writer after the other. Who holds the chain waits for
nobody, so numbers have no gaps and nobody is locked out.
"""

from fieldservice.core.audit.beginning import chain_what_is_there
from fieldservice.core.audit.entries import BEGAN, BEGINNING, ERASED, Links, entry_hash_of, opens
from fieldservice.core.audit.heads import Head, head, head_of, make_head, proof, proofs, sign, signs_heads
from fieldservice.core.audit.positions import Position, entry_of, position_of, positions_of, size
from fieldservice.core.audit.rows import Told, chains, stands_for
from fieldservice.core.audit.tables import Entry, Fact, TreeHead
from fieldservice.core.audit.walking import look_at, slice_of, walk
from fieldservice.core.audit.writing import erase_facts, note
from fieldservice.core.audit.wrong import Found, Wrong

__all__ = [
    "BEGAN", "BEGINNING", "ERASED", "Entry", "Fact", "Found", "Head", "Links", "Position", "Told", "TreeHead", "Wrong",
    "chain_what_is_there", "chains", "entry_hash_of", "entry_of", "erase_facts", "head", "head_of", "look_at",
    "make_head", "note", "opens", "position_of", "positions_of", "proof", "proofs", "sign", "signs_heads", "size",
    "slice_of", "stands_for", "walk",
]  # fmt: skip
