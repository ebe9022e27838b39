"""The page of a report, ready for the press: its content in words of its language, pictures under names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from typing import Any

from flask import current_app

from fieldservice.core import i18n
from fieldservice.core.clock import from_ms
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.reports import rules
from fieldservice.reports.content import Json
from fieldservice.reports.models import Report
from fieldservice.reports.queries import address_of
from fieldservice.signoff import drawing
from fieldservice.web import sheet_words
from fieldservice.web.job_words import STATES, TYPES
from fieldservice.web.qr import qr_svg
from fieldservice.web.visit_words import SLOTS, quantity

#: a phone's clock this far off is told beside the time
_TOLD_FROM_MS = 60_000

OUTCOMES = {
    "signed": _l("Signed"), "refused": _l("Not signed: refused"), "absent": _l("Not signed: nobody there"),
    "neighbour": _l("Witnessed by a neighbour"), "paper": _l("Signed on paper"),
}  # fmt: skip
MARKS = (("attitude", _l("Attitude")), ("efficiency", _l("Efficiency")), ("skill", _l("Skill")))


@dataclass(frozen=True)
class Pair:
    """Two photos side by side; None: there is none on that side."""

    title: str
    before: Json | None
    after: Json | None


def title_of(report: Report, content: Json) -> str:
    """'Service report BJ01-P261121-003, revision 2'."""
    with i18n.speaking(report.language):
        return _("Service report %(number)s, revision %(revision)s", number=content["job"]["number"],
                 revision=report.revision)  # fmt: skip


def page_of(report: Report, content: Json, replaced: Report | None) -> str:
    """HTML of a report. `replaced`: the revision it takes the place of; None: it is the first."""
    zone = content["job"]["timezone"]
    pairs, others = _arranged(content["photos"])
    with i18n.speaking(report.language):
        return current_app.jinja_env.get_template("reports/report.html").render(
            report=report, said=content, replaced=replaced, title=title_of(report, content),
            address=address_of(report.code), code=rules.shown_code(report.code), qr=qr_svg(address_of(report.code)),
            html_lang=i18n.language_tag(), pairs=pairs, others=others, types=TYPES, states=STATES, outcomes=OUTCOMES,
            roles=sheet_words.ROLES, slots=SLOTS, marks=MARKS, quantity=quantity, sum_words=i18n.sum_words,
            drawn=_drawn, times=_Times(zone), languages=sheet_words.LANGUAGES,
        )  # fmt: skip


@dataclass(frozen=True)
class _Times:
    """Moments in words, on the clock of the branch."""

    zone: str

    def day(self, iso: str) -> str:
        """'2026年11月21日'."""
        return i18n.full_date(date.fromisoformat(iso))

    def moment(self, at: int | datetime) -> str:
        """'2026年11月21日 10:42'."""
        found = self._local(at)
        return f"{i18n.full_date(found.date())} {found:%H:%M}"

    def clock(self, one: Mapping[str, Any]) -> str:
        """'10:42', with how far off it may be where that is told."""
        return f"{self._local(one['at_ms']):%H:%M}{self.margin(one)}"

    def seconds(self, one: Mapping[str, Any]) -> str:
        """'2026年11月21日 10:42:07', likewise."""
        found = self._local(one["at_ms"])
        return f"{i18n.full_date(found.date())} {found:%H:%M:%S}{self.margin(one)}"

    def margin(self, one: Mapping[str, Any]) -> str:
        """' (± 3 min)'; '' when it is known well."""
        off_ms = one.get("uncertainty_ms", 0)
        minutes = -(-off_ms // 60_000)
        return "" if off_ms < _TOLD_FROM_MS else " " + _("(± %(minutes)s min)", minutes=minutes)

    def is_same_day(self, one: int, other: int) -> bool:
        return self._local(one).date() == self._local(other).date()

    def _local(self, at: int | datetime) -> datetime:
        return i18n.local(at if isinstance(at, datetime) else from_ms(at), self.zone)


def _drawn(strokes: Sequence[Any]) -> drawing.Drawing | None:
    return drawing.drawing_of(strokes) if strokes else None


def _arranged(photos: Sequence[Json]) -> tuple[list[Pair], list[Json]]:
    """Before beside after: of the items that ask for both, then of what else was taken on both sides; then the others."""
    items = dict.fromkeys(photo["item"] for photo in photos if photo["is_pair"])
    pairs = [pair for item in items for pair in _pairs([one for one in photos if one["is_pair"] and one["item"] == item])]
    rest = [photo for photo in photos if not photo["is_pair"]]
    free = [photo for photo in rest if photo["slot"] in ("before", "after")]
    if {photo["slot"] for photo in free} == {"before", "after"}:
        pairs += _pairs(free)
        rest = [photo for photo in rest if photo not in free]
    return pairs, rest


def _pairs(photos: Sequence[Json]) -> list[Pair]:
    before, after = ([one for one in photos if one["slot"] == slot] for slot in ("before", "after"))
    return [Pair((one or other)["title"], one, other) for one, other in zip_longest(before, after)]
