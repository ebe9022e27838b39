"""Merkle trees as RFC 6962 has them, over the entries of the audit chain. Pure: no database, no settings.

Everything is text of 64 hex digits. Leaves are the entries' hashes; what RFC 6962 puts before leaves and nodes (0x00,
0x01) is put there here, so callers pass `entry_hash` as it stands in the chain.
"""

import hashlib
from collections.abc import Iterable, Sequence

_EMPTY = hashlib.sha256(b"").hexdigest()


class Tree:
    """A tree that grows by one leaf at a time and keeps only the roots of its whole parts."""

    def __init__(self, size: int = 0, peaks: Iterable[str] = ()) -> None:
        """`size` leaves that come to `peaks`, as another tree gave them."""
        self.size = size
        self._peaks = [bytes.fromhex(peak) for peak in peaks]
        if len(self._peaks) != size.bit_count():
            raise ValueError("these peaks are not of a tree of this size")

    @property
    def peaks(self) -> list[str]:
        """Roots of the whole parts, the largest first: all that is needed to go on."""
        return [peak.hex() for peak in self._peaks]

    @property
    def root(self) -> str:
        """The tree head."""
        if not self._peaks:
            return _EMPTY
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = _node(peak, root)
        return root.hex()

    def add(self, entry_hash: str) -> None:
        """One more leaf, at the end."""
        found = _leaf(entry_hash)
        size = self.size
        while size & 1:
            found = _node(self._peaks.pop(), found)
            size >>= 1
        self._peaks.append(found)
        self.size += 1


def root_of(entry_hashes: Iterable[str]) -> str:
    """The tree head over these entries, in their order."""
    tree = Tree()
    for entry_hash in entry_hashes:
        tree.add(entry_hash)
    return tree.root


def path_of(entry_hashes: Sequence[str], index: int) -> list[str]:
    """What proves that the entry at `index` (from 0) is in the tree over all of them; the sibling nearest to it first."""
    if not 0 <= index < len(entry_hashes):
        raise ValueError("there is no such entry in this tree")
    level = [_leaf(entry_hash) for entry_hash in entry_hashes]
    path: list[str] = []
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling].hex())
        # the odd one at the end goes up as it is
        pairs = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
        index >>= 1
    return path


def is_in(entry_hash: str, index: int, size: int, path: Sequence[str], root: str) -> bool:
    """Whether `path` proves that the entry stands at `index` (from 0) of the tree of `size` entries with this head.

    Takes anything: what is no proof is False.
    """
    try:
        found, parts = _leaf(entry_hash), [bytes.fromhex(part) for part in path]
    except (ValueError, TypeError):
        return False
    if not 0 <= index < size or any(len(part) != 32 for part in parts):
        return False
    place, last = index, size - 1
    for part in parts:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = _node(part, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = _node(found, part)
        place, last = place >> 1, last >> 1
    return last == 0 and found.hex() == root


def _leaf(entry_hash: str) -> bytes:
    content = bytes.fromhex(entry_hash)
    if len(content) != 32:
        raise ValueError("an entry's hash has 64 hex digits")
    return hashlib.sha256(b"\0" + content).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
