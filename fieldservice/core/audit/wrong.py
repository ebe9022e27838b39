"""What can be wrong with a chain, in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fieldservice.core.audit.heads import Head
from fieldservice.core.i18n import lazy_gettext as _l


@dataclass(frozen=True)
class Wrong:
    """The first entry that is wrong, and in which way: one of the codes of `what`."""

    seq: int
    code: str
    facts: Mapping[str, Any]

    @property
    def what(self) -> str:
        """In plain words."""
        return _words_of(self)


@dataclass(frozen=True)
class Found:
    """What a walk along the chain found."""

    entries: int
    #: facts that were erased, as an entry of the chain says
    erased: int
    #: tree heads that were compared
    heads: int
    wrong: Wrong | None
    #: `entry_hash` of the last entry that was looked at, and the head over them; None: something is wrong
    head: Head | None = None


_WORDS = {
    "number": _l("Entry %(seq)s is missing: the next one there is has number %(next)s."),
    "link": _l("Entry %(seq)s does not name the one before it: an entry was changed, put in or taken out here."),
    "hash": _l("Entry %(seq)s was changed: it does not come to its own hash."),
    "facts": _l("The facts of entry %(seq)s were changed: they are not those that were chained."),
    "gone": _l("The facts of entry %(seq)s are gone, and no entry says that they were erased."),
    "row_gone": _l("What entry %(seq)s stands for is gone: %(table)s %(id)s."),
    "row_edited": _l("What entry %(seq)s stands for was edited afterwards: %(table)s %(id)s."),
    "unchained": _l("%(table)s %(id)s stands in no entry: it was put in past the chain."),
    "head": _l("The head made at %(at)s does not fit entry %(seq)s: the chain was computed anew up to here."),
    "short": _l(
        "The chain ends before entry %(seq)s, but the head made at %(at)s covers %(size)s entries: its end was cut off."
    ),
}


def _words_of(wrong: Wrong) -> str:
    said = {name: _utc(value) if isinstance(value, datetime) else value for name, value in wrong.facts.items()}
    return str(_WORDS[wrong.code]) % {"seq": wrong.seq, **said}


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
