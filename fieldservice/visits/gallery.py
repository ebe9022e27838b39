"""The photos of a visit as the desk looks at them: before beside after, then by slot, what was taken out last."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from fieldservice.evidence.models import ANNOUNCED, RECEIVING, SLOTS, UNCHECKED, USABLE, Evidence
from fieldservice.evidence.rules import is_left_unchecked
from fieldservice.visits.models import PhotoFlag
from fieldservice.visits.rules import can_be_waived

BEFORE, AFTER = "before", "after"


@dataclass(frozen=True)
class Shot:
    """One photo."""

    photo: Evidence
    #: 'on_phone', 'arriving', 'checking', 'unchecked' (for long), 'usable', 'unusable' or 'waived'
    state: str
    #: words of the checklist item it answers; '' when it answers none that is known
    title: str
    #: of another crew than the present one
    is_earlier_run: bool
    #: another photo was taken in its place
    is_retaken: bool
    #: the office may do without it
    can_be_waived: bool
    #: what a person should look at, those first that nobody has looked at
    flags: list[PhotoFlag]

    @property
    def is_visible(self) -> bool:
        """Whether there is a picture to look at."""
        return self.state == "usable"


@dataclass(frozen=True)
class Pair:
    """What is compared: the photos before and those after, in the order they were taken."""

    #: words of the checklist item; '' for photos of none
    title: str
    before: list[Shot]
    after: list[Shot]

    @property
    def rows(self) -> list[tuple[Shot | None, Shot | None]]:
        """Side by side; None where one side has fewer."""
        return list(zip_longest(self.before, self.after))


@dataclass(frozen=True)
class Gallery:
    """All photos of a visit."""

    pairs: list[Pair]
    #: the others, by slot
    slots: list[tuple[str, list[Shot]]]
    #: taken again or removed
    void: list[Shot]
    #: those that stand
    count: int


def gallery_of(
    photos: Sequence[Evidence], items: Sequence[Mapping[str, Any]], language: str, *, run: int, at: datetime,
    flags: Mapping[str, list[PhotoFlag]],
) -> Gallery:
    """`items`: those of the checklist, in its order; `language`: of its words; `run`: of the present crew; `at`: now;
    `flags`: of these photos, by id.
    """
    titles = {item["key"]: item["words"][language] for item in items}
    replaced = {photo.replaces_id for photo in photos}
    shots = [_shot(photo, titles, run, replaced, at, flags) for photo in sorted(photos, key=_taken)]
    standing = [shot for shot in shots if not shot.photo.is_void]
    pairs = [*_pairs_of_items(standing, items, titles), *_free_pair(standing, items)]
    paired = {id(shot) for pair in pairs for shot in (*pair.before, *pair.after)}
    others = [shot for shot in standing if id(shot) not in paired]
    slots = [(slot, [shot for shot in others if shot.photo.slot == slot]) for slot in SLOTS]
    return Gallery(
        pairs=pairs,
        slots=[(slot, found) for slot, found in slots if found],
        void=[shot for shot in shots if shot.photo.is_void],
        count=len(standing),
    )


def state_of(photo: Evidence, at: datetime) -> str:
    """Where its bytes are and what became of them at that moment, as one of the states of a `Shot`."""
    blob = photo.blob
    if blob.picture == USABLE:
        return "usable"
    if photo.waived_at is not None:
        return "waived"
    if blob.state in (ANNOUNCED, RECEIVING):
        return "on_phone" if blob.state == ANNOUNCED else "arriving"
    if is_left_unchecked(blob, at):
        return "unchecked"
    return "checking" if blob.picture == UNCHECKED else "unusable"


def _taken(photo: Evidence) -> Any:
    return photo.happened_at, photo.id


def _shot(
    photo: Evidence, titles: Mapping[str, str], run: int, replaced: set[str | None], at: datetime,
    flags: Mapping[str, list[PhotoFlag]],
) -> Shot:
    title = titles.get(photo.item, "")
    is_open = not photo.is_void and photo.waived_at is None
    return Shot(photo, state_of(photo, at), title, photo.run != run, photo.id in replaced,
                is_open and can_be_waived(photo, at), flags.get(photo.id, []))  # fmt: skip


def _pairs_of_items(
    shots: Sequence[Shot], items: Sequence[Mapping[str, Any]], titles: Mapping[str, str]
) -> list[Pair]:
    """Of the items that ask for both sides and have one of them, in the order of the checklist."""
    keys = [item["key"] for item in items if item["type"] == "photo_pair"]
    pairs = [_pair(titles[key], [shot for shot in shots if shot.photo.item == key]) for key in keys]
    return [pair for pair in pairs if pair.before or pair.after]


def _free_pair(shots: Sequence[Shot], items: Sequence[Mapping[str, Any]]) -> list[Pair]:
    """Everything else that was taken before and after, if there is something on both sides."""
    paired = {item["key"] for item in items if item["type"] == "photo_pair"}
    pair = _pair("", [shot for shot in shots if shot.photo.item not in paired])
    return [pair] if pair.before and pair.after else []


def _pair(title: str, shots: Iterable[Shot]) -> Pair:
    found = list(shots)
    sides = ([shot for shot in found if shot.photo.slot == slot] for slot in (BEFORE, AFTER))
    return Pair(title, *sides)
