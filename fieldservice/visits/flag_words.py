"""Flags of photos in words: what it is, why, and what to do."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.core import i18n
from fieldservice.core.db import db
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.evidence.models import Evidence
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import jobs_for
from fieldservice.visits.models import PhotoFlag
from fieldservice.visits.stamps import span_words
from fieldservice.web.visit_words import SLOTS

NAMES = {
    "same_file": _l("Same file as before"),
    "alike": _l("Looks like an earlier photo"),
    "gallery": _l("From the gallery"),
    "far": _l("Far from the site"),
    "clock": _l("Time is doubtful"),
    "before_arrival": _l("Before the arrival"),
}
ICONS = {"same_file": "copy", "alike": "image", "gallery": "image-plus", "far": "map-pin-off", "clock": "clock-alert",
         "before_arrival": "clock-arrow-up"}  # fmt: skip

_TO_DO = {
    "same_file": _l("Look at both photos. If this one does not show this visit, have it taken again."),
    "alike": _l("Look at both photos side by side. Floors resemble one another: it may be chance."),
    "gallery": _l("Compare it with the other photos of the visit; if it matters, ask for a new one."),
    "far": _l("Check the position of the site first; then ask where the photo was taken."),
    "clock": _l("Go by the order of steps and photos, not by the minute."),
    "before_arrival": _l("Ask what it shows. The arrival may have been tapped late."),
}


@dataclass(frozen=True)
class Told:
    """A flag as the page shows it."""

    flag: PhotoFlag
    name: str
    icon: str
    why: list[str]
    to_do: str
    #: the other photo it is about, when this person may see it; None: there is none to look at
    other: Evidence | None


def told(flags: Collection[PhotoFlag], viewer: Person, timezone: str) -> dict[str, list[Told]]:
    """Photo → its flags in words; two queries whatever their number."""
    others = _others(flags, viewer)
    found: dict[str, list[Told]] = {}
    for flag in flags:
        other = others.get(flag.facts.get("photo", ""))
        one = Told(flag, str(NAMES[flag.kind]), ICONS[flag.kind], _why(flag, other, timezone), str(_TO_DO[flag.kind]),
                   other[0] if other else None)  # fmt: skip
        found.setdefault(flag.evidence_id, []).append(one)
    return found


def _others(flags: Collection[PhotoFlag], viewer: Person) -> dict[str, tuple[Evidence, str]]:
    """Id → photo and number of its job, of those in jobs this person may see."""
    wanted = {flag.facts["photo"] for flag in flags if "photo" in flag.facts}
    if not wanted:
        return {}
    seen = jobs_for(viewer).with_only_columns(Job.id)
    query = sa.select(Evidence, Job.number).join(Job, Job.id == Evidence.job_id)
    rows = db.session.execute(query.where(Evidence.id.in_(wanted), Evidence.job_id.in_(seen)))
    return {photo.id: (photo, number) for photo, number in rows}


def _why(flag: PhotoFlag, other: tuple[Evidence, str] | None, timezone: str) -> list[str]:
    facts = flag.facts
    if flag.kind in ("same_file", "alike"):
        return _used(flag.kind, facts, other, timezone)
    if flag.kind == "gallery":
        return [_("It was chosen from the gallery, not taken with the camera: when and where it was taken is not known.")]
    if flag.kind == "far":
        return _far(facts)
    if flag.kind == "clock":
        return _clock(facts)
    if facts.get("no_arrival"):
        return [_("No arrival is written down for this crew.")]
    if "declared" in facts:
        return [_("The file says it was taken on %(time)s, before the arrival.", time=facts["declared"])]
    return [_("It was taken %(span)s before the arrival was written down.", span=span_words(facts["before_ms"]))]


def _used(kind: str, facts: dict[str, Any], other: tuple[Evidence, str] | None, timezone: str) -> list[str]:
    if other is None:
        where = _("a job of another branch")
    else:
        photo, number = other
        time = i18n.day_and_time(photo.happened_at, timezone)
        where = _("job %(number)s, %(slot)s, %(time)s", number=number, slot=str(SLOTS[photo.slot]), time=time)
    said = [_("The very same file is a photo of %(where)s.", where=where) if kind == "same_file"
            else _("It looks almost the same as a photo of %(where)s.", where=where)]  # fmt: skip
    return [*said, _("Earlier photos like this: %(count)s", count=facts["count"])] if facts["count"] > 1 else said


def _far(facts: dict[str, Any]) -> list[str]:
    said = []
    if "metres" in facts:
        said.append(_("The phone was %(way)s from the site, give or take %(off)s m.", way=way_words(facts["metres"]),
                      off=facts["accuracy_m"]))  # fmt: skip
    if "declared_metres" in facts:
        said.append(_("The file says it was taken %(way)s from the site.", way=way_words(facts["declared_metres"])))
    return said


def _clock(facts: dict[str, Any]) -> list[str]:
    said = []
    if "uncertainty_ms" in facts:
        said.append(_("The time can be off by %(span)s.", span=span_words(facts["uncertainty_ms"])))
    if "off_ms" in facts:
        said.append(_("The phone's clock was off by %(span)s; the time shown is corrected.",
                      span=span_words(facts["off_ms"])))  # fmt: skip
    return said


def way_words(metres: int) -> str:
    """'820 m', '12.4 km'."""
    return f"{metres} m" if metres < 1000 else f"{metres / 1000:.1f} km"
