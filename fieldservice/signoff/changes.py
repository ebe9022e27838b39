"""What differs between two sheets, or between a sheet and the work as it is: field by field, in words to be read.

Both sides are `presented`, or the part of it that `shown.work_shown` makes. Pure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fieldservice.signoff.shown import is_as_shown

Json = dict[str, Any]

ADDED, REMOVED, EDITED = "added", "removed", "edited"

#: in the order of the page; the last ones are of a whole sheet only
FIELDS = ("found", "done", "results", "checklist", "photos", "lines", "total_fen", "agreed_fen", "customer", "site",
          "technician", "statement", "language")  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One difference. `before` and `after`: what stood there, None: nothing; texts, or the thing itself (line, photo)."""

    kind: str
    before: Any = None
    after: Any = None


@dataclass(frozen=True)
class Compared:
    """One field of both sides."""

    name: str
    changes: list[Change]

    @property
    def is_same(self) -> bool:
        return not self.changes


def compared(before: Json, after: Json) -> list[Compared]:
    """Every field that both sides have, changed or not."""
    return [
        Compared(name, _DIFFER.get(name, _plain)(before[name], after[name]))
        for name in FIELDS
        if name in before and name in after
    ]


def _plain(before: Any, after: Any) -> list[Change]:
    return [] if before == after else [Change(EDITED, before, after)]


def _texts(before: list[str], after: list[str]) -> list[Change]:
    """Sentences: one that begins alike (what was asked, up to its colon) is the same one, edited."""
    return _keyed(before, after, _asked)


def _asked(text: str) -> str:
    for colon in ("：", ": "):
        if colon in text:
            return text.split(colon, 1)[0]
    return text


def _results(before: list[Json], after: list[Json]) -> list[Change]:
    return _keyed(before, after, lambda one: str(one["label"]))


def _lines(before: list[Json], after: list[Json]) -> list[Change]:
    return _keyed(before, after, lambda one: str(one["text"]))


def _photos(before: list[Json], after: list[Json]) -> list[Change]:
    """Without moments, which are corrected, as for what outdates a sheet."""
    if is_as_shown({"photos": before}, {"photos": after}, frozenset({"photos"})):
        return []
    return [
        change
        for change in _keyed(before, after, lambda one: str(one["sha256"]))
        if change.kind != EDITED or _bare(change.before) != _bare(change.after)
    ]


def _bare(photo: Json) -> tuple[str, str, str]:
    return photo["sha256"], photo["slot"], photo["caption"]


def _checklist(before: Json, after: Json) -> list[Change]:
    tally = {"done", "of"}
    counted = [Change(EDITED, before, after)] if any(before[name] != after[name] for name in tally) else []
    version = [Change(EDITED, before, after)] if not counted and before["id"] != after["id"] else []
    return [*counted, *version, *_keyed(before["not_done"], after["not_done"], lambda one: str(one["words"]))]


def _keyed(before: list[Any], after: list[Any], key: Callable[[Any], str]) -> list[Change]:
    """Things with a name: those that are gone, other, or new, in their order. Of a name that stands there twice, the
    first is compared with the first.
    """
    named = [(_nth(before, at, key), one) for at, one in enumerate(before)]
    now = {_nth(after, at, key): one for at, one in enumerate(after)}
    changes = [
        Change(REMOVED, one) if name not in now else Change(EDITED, one, now[name])
        for name, one in named
        if name not in now or now[name] != one
    ]
    known = {name for name, _one in named}
    return [*changes, *(Change(ADDED, None, one) for name, one in now.items() if name not in known)]


def _nth(things: list[Any], at: int, key: Callable[[Any], str]) -> tuple[str, int]:
    name = key(things[at])
    return name, sum(key(one) == name for one in things[:at])


_DIFFER: dict[str, Callable[[Any, Any], list[Change]]] = {
    "found": _texts, "done": _texts, "results": _results, "checklist": _checklist, "photos": _photos, "lines": _lines,
}  # fmt: skip
