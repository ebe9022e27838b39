"""What a desk must handle first, told by every feature that knows of something.

A feature's module `exceptions.py` registers functions that give matters for some branches at a moment; the first page
shows them in one list, the least time left first. The module is loaded at start, wherever the feature stands.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fieldservice.core.i18n import lazy_gettext as _l

#: of one kind; who has more to handle first needs a list, not a longer page
MOST = 200
#: a promise that breaks within this long is marked
SOON = timedelta(minutes=60)


@dataclass(frozen=True)
class Kind:
    """A kind of matter, as its chip and its rows name it."""

    code: str
    words: Any
    icon: str


#: in the order of their chips; a feature may use one that another one names too
KINDS = {
    kind.code: kind
    for kind in (
        Kind("late", _l("Late"), "clock-alert"),
        Kind("unassigned", _l("Not assigned"), "calendar-clock"),
        Kind("slip", _l("Slip"), "clock-arrow-down"),
        Kind("dispute", _l("Dispute"), "message-square-warning"),
        Kind("complaint", _l("Complaint"), "megaphone"),
        Kind("rating", _l("Low rating"), "thumbs-down"),
        Kind("wish", _l("Wish for another time"), "calendar-sync"),
        Kind("absence", _l("Visits on days off"), "calendar-off"),
        Kind("certificate", _l("Certificates"), "badge-check"),
        Kind("inbox", _l("To decide"), "inbox"),
        Kind("phone", _l("Phone"), "smartphone"),
        Kind("signature", _l("Signature"), "signature"),
        Kind("photo", _l("Photos"), "image-off"),
        Kind("flag", _l("Doubtful photos"), "flag"),
        Kind("report", _l("Service report"), "file-text"),
        Kind("revisit", _l("Visit again"), "repeat-2"),
        Kind("position", _l("Address"), "map-pin-off"),
    )
}


@dataclass(frozen=True)
class Asked:
    """For whom and when: the branches shown, who looks, the moment, the zone of the page's times."""

    branch_ids: list[str]
    viewer: Any
    now: datetime
    timezone: str
    #: matters of a kind that are looked for; who only counts needs fewer
    most: int = MOST


@dataclass(frozen=True)
class Action:
    """The one obvious thing to do; `opens_dialog`: its form opens in front of the page."""

    words: str
    address: str
    opens_dialog: bool = False


@dataclass(frozen=True)
class Matter:
    """One thing to handle first, in the words of the person who looks."""

    kind: str
    #: unique within its kind and the same at the next look: the id of what it is about
    key: str
    #: who or what it is about, in bold
    subject: str
    #: what is wrong
    words: str
    #: the moment a promise breaks or broke; None: none does, `since` counts
    due_at: datetime | None = None
    #: since when it stands so
    since: datetime | None = None
    #: below the clock: what is due at that time, e.g. 'before 11:00'
    clock: str = ""
    #: the second line
    detail: str = ""
    action: Action | None = None
    #: 'tel:' link beside the action; '' none
    phone: str = ""

    def minutes_left(self, now: datetime) -> int | None:
        """Whole minutes till it is due, negative when it is over; None: nothing is due."""
        return None if self.due_at is None else _whole_minutes(self.due_at - now)

    def minutes_since(self, now: datetime) -> int:
        """How long it has stood so."""
        return 0 if self.since is None else max(0, _whole_minutes(now - self.since))

    def urgency(self, now: datetime) -> str:
        """'over', 'soon' or '' for the others."""
        if self.due_at is None:
            return ""
        return "over" if self.due_at <= now else "soon" if self.due_at - now <= SOON else ""


@dataclass(frozen=True)
class Found:
    """All matters, the least time left first; those without a time last, the oldest of them first."""

    matters: list[Matter]
    #: kinds of which there are more than the page shows
    cut: frozenset[str]

    @property
    def counts(self) -> list[tuple[Kind, str]]:
        """Each kind there is, with how many; '200+' when not all are shown."""
        counted = Counter(matter.kind for matter in self.matters)
        return [(kind, f"{counted[code]}{'+' if code in self.cut else ''}")
                for code, kind in KINDS.items() if counted[code]]

    @property
    def total(self) -> str:
        """How many in all."""
        return f"{len(self.matters)}{'+' if self.cut else ''}"


Reader = Callable[[Asked], Iterable[Matter]]
_readers: list[Reader] = []


def gives_matters(reader: Reader) -> Reader:
    """Registers a function; registering it twice changes nothing. It may give up to `most` + 1 matters of a kind."""
    if reader not in _readers:
        _readers.append(reader)
    return reader


def find(asked: Asked) -> Found:
    """What these branches must handle first; as many queries as the readers make, whatever the number of matters."""
    by_kind: dict[str, list[Matter]] = {code: [] for code in KINDS}
    for reader in _readers:
        for matter in reader(asked):
            by_kind[matter.kind].append(matter)
    cut = frozenset(code for code, matters in by_kind.items() if len(matters) > asked.most)
    shown = [matter for matters in by_kind.values() for matter in sorted(matters, key=_order)[:asked.most]]
    return Found(sorted(shown, key=_order), cut)


def _order(matter: Matter) -> tuple[bool, float, str, str]:
    at = matter.due_at or matter.since
    return (matter.due_at is None, at.timestamp() if at else 0.0, matter.kind, matter.key)


def _whole_minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
