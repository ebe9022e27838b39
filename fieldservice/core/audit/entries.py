"""What an entry is made of: its hash, its commitment, the chain they make. Pure, for whoever has only the entries."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from fieldservice.core.json import writer
from fieldservice.core.merkle import Tree

#: what stands before the first entry
BEGINNING = "0" * 64
#: kind of the entry that says which facts were erased
ERASED = "audit.erased"
#: kind of the first entry of an installation that is older than its chain
BEGAN = "audit.began"


_write = writer(json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True))


def compact(document: Any) -> str:
    """RFC 8785 for what we put in: keys of ASCII letters, whole numbers."""
    return _write(document)


def entry_hash_of(seq: int, at_ms: int, kind: str, commitment: str, prev_hash: str) -> str:
    """SHA-256 of the entry's canonical JSON. Pure, for whoever checks an entry elsewhere."""
    # each of a hundred in a push: the same as `compact` of an object, with its keys in order
    text = (f'{{"at":{compact(at_ms)},"commitment":{compact(commitment)},"kind":{compact(kind)},'
            f'"prev_hash":{compact(prev_hash)},"seq":{compact(seq)}}}')  # fmt: skip
    return hashlib.sha256(text.encode()).hexdigest()


def commitment_of(salt: str, facts: str) -> str:
    """SHA-256 over both: without the salt (hex digits) nobody can guess the facts."""
    return hashlib.sha256(bytes.fromhex(salt) + facts.encode("utf-8", "surrogatepass")).hexdigest()


def opens(entry: Mapping[str, Any]) -> bool:
    """Whether an entry of `slice_of` comes to its own hash and its facts, unless they were erased, open it. Pure."""
    try:
        own = entry_hash_of(*(entry[name] for name in ("seq", "at", "kind", "commitment", "prev_hash")))
        is_open = not entry["salt"] or commitment_of(entry["salt"], entry["facts"]) == entry["commitment"]
    except (KeyError, TypeError, ValueError):
        return False
    return is_open and own == entry["entry_hash"]


class Links:
    """Numbers, links, hashes and heads of a chain, one entry after the other; without a database, for whoever has only
    the entries.
    """

    def __init__(self, heads: Iterable[tuple[int, str, str]] = ()) -> None:
        """`heads`: (size, entry_hash, root) of trees that were made over it."""
        self.seq = 0
        self._prev_hash, self._tree = BEGINNING, Tree()
        self._heads = {size: (entry_hash, root) for size, entry_hash, root in heads}

    def fits(self, seq: int, at_ms: int, kind: str, commitment: str, prev_hash: str, entry_hash: str) -> bool:
        """Whether this is the next entry."""
        if seq != self.seq + 1 or prev_hash != self._prev_hash:
            return False
        if entry_hash != entry_hash_of(seq, at_ms, kind, commitment, prev_hash):
            return False
        self._tree.add(entry_hash)
        if self._heads.pop(seq, (entry_hash, self._tree.root)) != (entry_hash, self._tree.root):
            return False
        self.seq, self._prev_hash = seq, entry_hash
        return True

    @property
    def is_complete(self) -> bool:
        """Whether no head speaks of entries that did not come."""
        return not self._heads
