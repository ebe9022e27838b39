"""Decisions about what sync had set aside, in a timeline."""

from collections import Counter
from typing import Any

from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.web.job_words import ACTS
from fieldservice.web.timeline import Entry, Fact, Log, Told, tells

_DECISIONS = {
    "accepted": _l("Accepted what had been set aside"), "declined": _l("Declined what had been set aside"),
    "seen": _l("Took note of what had been set aside"),
}  # fmt: skip


@tells("office.decide_inbox")
def decided(entry: Entry, log: Log) -> Told:
    """What was decided, and about whose acts."""
    decision = str(entry.body.get("decision", ""))
    kinds = Counter(log.kinds[one] for one in entry.body.get("op_ids", []) if one in log.kinds)
    facts = [Fact(_("About"), _(", ").join(_act(kind, count) for kind, count in kinds.items()))] if kinds else []
    author = log.names.get(str(entry.body.get("author_id", "")))
    if author:
        facts.insert(0, Fact(_("Who did it"), author))
    return Told(words=str(_DECISIONS.get(decision, ACTS[entry.kind])), icon="inbox", facts=facts)


def _act(kind: str, count: int) -> str:
    words: Any = ACTS.get(kind, kind)
    return f"{words} × {count}" if count > 1 else str(words)
