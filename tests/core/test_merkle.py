"""The tree over the chain: the test vectors of RFC 6962's authors, and what is no proof."""

import hashlib

import pytest

from fieldservice.core import merkle


def entries(count: int) -> list[str]:
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(count)]


def root_by_definition(leaves: list[str]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + bytes.fromhex(leaves[0])).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + root_by_definition(leaves[:split]) + root_by_definition(leaves[split:])).digest()


@pytest.mark.parametrize("size", [*range(10), 31, 32, 33])
def test_a_tree_is_that_of_the_rfc_and_proves_each_entry_alone(size):
    leaves = entries(size)
    root = merkle.root_of(leaves)
    assert root == root_by_definition(leaves).hex()
    for index, leaf in enumerate(leaves):
        path = merkle.path_of(leaves, index)
        assert merkle.is_in(leaf, index, size, path, root)
        for other in range(size):
            assert merkle.is_in(leaves[other], index, size, path, root) == (other == index)
            assert merkle.is_in(leaf, other, size, path, root) == (other == index)
        assert not merkle.is_in(leaf, index, size, [*path, root], root)
        assert not path or not merkle.is_in(leaf, index, size, path[:-1], root)


def test_a_tree_goes_on_from_its_peaks():
    leaves = entries(21)
    tree = merkle.Tree()
    for leaf in leaves[:13]:
        tree.add(leaf)
    later = merkle.Tree(tree.size, tree.peaks)
    for leaf in leaves[13:]:
        later.add(leaf)
    assert later.root == merkle.root_of(leaves)
    with pytest.raises(ValueError, match="peaks"):
        merkle.Tree(12, tree.peaks)


@pytest.mark.parametrize("path", [["no hex"], [3], ["ab"], ["é" * 64]])
def test_what_is_no_proof_is_refused_not_an_error(path):
    leaves = entries(2)
    assert not merkle.is_in(leaves[0], 0, 2, path, merkle.root_of(leaves))
    assert not merkle.is_in("no hash", 0, 2, [], merkle.root_of(leaves))
