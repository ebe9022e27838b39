"""Two people change the same thing: field by field.

A form carries the row's version and its fields as they were when it was opened. When somebody was faster, what only they
changed is taken over and said, what only this person changed is kept, and what both changed is shown side by side to
choose from. Nothing typed is lost.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

#: the name of the choice between theirs and mine begins with this
CHOICE = "choose-"
THEIRS = "theirs"


@dataclass(frozen=True)
class Edit:
    """Something that was done to the thing meanwhile: by whom ('' the system), to which fields (None: unknown)."""

    at: datetime
    name: str
    kind: str
    fields: frozenset[str] | None


@dataclass(frozen=True)
class Clash:
    """A field (or fields that are one thing) that both changed."""

    #: the fields of it
    names: tuple[str, ...]
    #: what they made of it and what was typed here, in words
    theirs: str
    mine: str
    #: who changed it last and when; '' and None: not known
    by: str = ""
    at: datetime | None = None

    def __str__(self) -> str:
        return self.theirs

    def __bool__(self) -> bool:
        return bool(self.theirs)


@dataclass(frozen=True)
class Row:
    """The thing as it is now, as its form would show it."""

    version: int
    values: Mapping[str, Any]
    #: words for values that are codes
    shown: Mapping[str, str]
    #: fields that are one thing, taken over all or none
    together: Sequence[tuple[str, ...]] = ()
    #: what was done to it since the form was opened
    edits: Sequence[Edit] = ()
    #: field of the form → columns of the log it is made of, where the names differ
    columns: Mapping[str, tuple[str, ...]] | None = None
    #: fields that are shown as this and only ever typed anew; empty means untouched
    masked: Mapping[str, str] | None = None

    def last_edit(self, names: Iterable[str]) -> Edit | None:
        """The last that changed one of these fields; None: not known."""
        wanted = {column for name in names for column in (self.columns or {}).get(name, (name,))}
        return next((edit for edit in reversed(self.edits) if edit.fields is None or edit.fields & wanted), None)


def texts_of(value: Any) -> list[str]:
    """A value as a form sends it."""
    if value is None or value == "":
        return []
    if isinstance(value, (list, tuple)):
        return [str(one) for one in value]
    return [str(value)]


def plain(texts: Iterable[str]) -> list[str]:
    """What was typed, as it would be kept; several ticks in no order."""
    kept = (text.replace("\r\n", "\n").strip() for text in texts)
    found = [text for text in kept if text]
    return sorted(found) if len(found) > 1 else found


def choose(values: dict[str, list[str]], opened: Mapping[str, list[str]]) -> None:
    """Puts theirs where the person chose theirs; `opened` is what they had been shown it to be."""
    for choice in [name for name in values if name.startswith(CHOICE)]:
        chosen, *names = (values.pop(choice) or [""])[0].split(" ")
        if chosen == THEIRS:
            values.update({name: list(opened.get(name, [])) for name in names})


def merge(values: dict[str, list[str]], opened: Mapping[str, list[str]], row: Row) -> tuple[dict[str, Clash], list[str]]:
    """Takes over into `values` what only others changed. The clashes by their first field, and what was taken over."""
    stored = {name: texts_of(value) for name, value in row.values.items()}
    clashes: dict[str, Clash] = {}
    taken: list[str] = []
    done: set[str] = set()
    for name in stored:
        if name in done:
            continue
        group = [one for one in group_of(name, row) if one in stored]
        done.update(group)
        theirs = [one for one in group if one not in opened or plain(stored[one]) != plain(opened[one])]
        mine = [one for one in group if one not in opened or plain(values.get(one, [])) != plain(opened[one])]
        differs = [one for one in group if plain(stored[one]) != plain(values.get(one, []))]
        if not differs or not theirs:
            continue
        if mine:
            clashes[differs[0]] = _clash(differs, group, values, stored, row)
        else:
            for one in group:
                values[one] = list(stored[one])
            taken += theirs
    for name, mask in (row.masked or {}).items():
        if opened.get(name) != [mask]:
            if plain(values.get(name, [])):
                clashes[name] = _of(row, (name,), mask, values[name][0])
            else:
                taken.append(name)
    return clashes, taken


def unmask(values: dict[str, list[str]], row: Row) -> None:
    """A mask is not what somebody typed."""
    for name, mask in (row.masked or {}).items():
        if values.get(name) == [mask]:
            values[name] = []


def group_of(name: str, row: Row) -> tuple[str, ...]:
    """The fields that are one thing with this one."""
    return next((group for group in row.together if name in group), (name,))


def _clash(
    differs: list[str], group: list[str], values: Mapping[str, list[str]], stored: Mapping[str, list[str]], row: Row
) -> Clash:
    theirs = " ".join(row.shown.get(name) or ", ".join(stored[name]) for name in differs)
    mine = " ".join(filter(None, (", ".join(values.get(name, [])) for name in differs)))
    return _of(row, tuple(group), theirs, mine)


def _of(row: Row, names: tuple[str, ...], theirs: str, mine: str) -> Clash:
    edit = row.last_edit(names)
    return Clash(names, theirs, mine, edit.name if edit else "", edit.at if edit else None)
