"""What the stamp of a photo says: job, time, place, who, for whom, and which file it was made of."""

import unicodedata
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from fieldservice.branches.models import HEAD_OFFICE, Branch
from fieldservice.core import i18n
from fieldservice.core.db import db
from fieldservice.core.i18n import gettext as _
from fieldservice.evidence.models import Evidence
from fieldservice.evidence.stamping import writes_stamps
from fieldservice.jobs.models import Job
from fieldservice.web.case_words import NO_PLACES
from fieldservice.web.visit_words import SLOTS

#: what is less than this off is right to the second
EXACT_MS = 1_500
#: characters of one part; names are shorter
_MOST_LETTERS = 80
_HASH_DIGITS = 16


@writes_stamps
def stamp_words(photo: Evidence, language: str) -> list[list[str]]:
    """Rows of parts, in `language` and on the clock of the branch."""
    with i18n.speaking(language):
        return _rows(photo, db.session.get_one(Job, photo.job_id))


def _rows(photo: Evidence, job: Job) -> list[list[str]]:
    who = [_("Technician: %(name)s", name=photo.by.name)]
    if photo.by.badge_no:
        who.append(_("badge %(number)s", number=photo.by.badge_no))
    rows = [
        [job.number, str(SLOTS[photo.slot])],
        [when_words(photo, job.branch.timezone), place_words(photo)],
        [*who, *_company(job.branch)],
        [_("Original: SHA-256 %(digits)s…", digits=photo.sha256[:_HASH_DIGITS])],
    ]
    return [[plain(part) for part in row] for row in rows]


def when_words(photo: Evidence, timezone: str) -> str:
    """When it was taken, or chosen, to the second, with the clock it is on; how far off that may be where it matters."""
    time = exact_time(photo.happened_at, timezone)
    if photo.uncertainty_ms >= EXACT_MS:
        time += f" ± {span_words(photo.uncertainty_ms)}"
    if photo.source == "gallery":
        return _("Chosen from the gallery: %(time)s", time=time)
    return _("Taken: %(time)s", time=time)


def exact_time(moment: datetime, timezone: str) -> str:
    """'2026-11-22 10:52:07 (UTC+08:00)', the same in both languages."""
    at = i18n.local(moment, timezone)
    offset = at.strftime("%z")
    return f"{at:%Y-%m-%d %H:%M:%S} (UTC{offset[:3]}:{offset[3:5]})"


def span_words(ms: int) -> str:
    """A span in the unit people would say it in, rounded up: '40 s', '7 min', '3 h', '2 days'."""
    for unit, words in ((timedelta(days=1), _("%(count)s days")), (timedelta(hours=1), _("%(count)s h")),
                        (timedelta(minutes=1), _("%(count)s min"))):  # fmt: skip
        unit_ms = unit // timedelta(milliseconds=1)
        if ms >= 2 * unit_ms:
            return words % {"count": -(-ms // unit_ms)}
    return _("%(count)s s") % {"count": -(-ms // 1000)}


def place_words(photo: Evidence) -> str:
    """Where the phone was, or why that is not known."""
    if photo.lat is None or photo.lng is None:
        return str(NO_PLACES.get(photo.no_place, _("No place: none was recorded")))
    words = f"{_degrees(photo.lat, 'NS')} {_degrees(photo.lng, 'EW')} (WGS-84)"
    return words if photo.accuracy_m is None else f"{words} ± {photo.accuracy_m} m"


def _degrees(value: float, letters: str) -> str:
    return f"{letters[value < 0]} {abs(value):.5f}°"


def _company(branch: Branch) -> list[str]:
    """The organisation by the name of its head office, then the branch."""
    query = sa.select(Branch.name).filter_by(kind=HEAD_OFFICE, is_active=True).order_by(Branch.code).limit(1)
    office = db.session.scalar(query)
    return [branch.name] if branch.is_head_office or not office else [office, branch.name]


def plain(text: Any) -> str:
    """A line of letters: no marks of direction, no line ends, nothing unseen; a long one is cut."""
    seen = "".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in str(text))
    words = " ".join(seen.split())
    return words if len(words) <= _MOST_LETTERS else f"{words[:_MOST_LETTERS]}…"
