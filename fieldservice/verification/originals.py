"""Photos as they came, against the hashes that a report names."""

import hashlib
from pathlib import Path


def states_of(places: dict[str, Path]) -> dict[str, str]:
    """Photo's hash → whether its original is what it was; every byte is read."""
    return {digest: _state_of(digest, path) for digest, path in places.items()}


def _state_of(digest: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            return "good" if hashlib.file_digest(file, "sha256").hexdigest() == digest else "changed"
    except OSError:
        return "missing"
