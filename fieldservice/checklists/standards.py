"""The standard that comes with the product: `standard/<job type>.json`, its common steps in `standard/shared.json`.

A standard goes out under a name with a number, 'repair 1', and never changes under it: what was changed must get the
next number, or the installations that have it would keep the old words (a test holds this).
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "standard"
SHARED = "shared"


@dataclass(frozen=True)
class Standard:
    """One shipped content and the name it goes by."""

    job_type: str
    name: str
    content: dict[str, Any]


@cache
def shipped_standards() -> tuple[Standard, ...]:
    """All of them, by job type."""
    shared = _read(SHARED)
    names = sorted(path.stem for path in FOLDER.glob("*.json") if path.stem != SHARED)
    return tuple(_standard(job_type, _read(job_type), shared) for job_type in names)


def _standard(job_type: str, written: dict[str, Any], shared: dict[str, Any]) -> Standard:
    """A step given by its key alone is the shared one of that key."""
    items = [shared["items"][item] if isinstance(item, str) else item for item in written["items"]]
    phrases = [*written["phrases"], *shared["phrases"]]
    return Standard(job_type, written["standard"], {"format": 1, "items": items, "phrases": phrases})


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found
