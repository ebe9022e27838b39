"""Photos of ended visits that cannot be used or do not come, among what a desk handles first."""

from collections.abc import Iterator
from datetime import timedelta

from fieldservice.core import i18n
from fieldservice.core.i18n import gettext as _
from fieldservice.visits import queries
from fieldservice.visits.flag_words import NAMES as FLAG_NAMES
from fieldservice.visits.flags import MATTER
from fieldservice.web.exceptions import Action, Asked, Matter, gives_matters
from fieldservice.web.job_words import TYPES

#: bytes need signal; what has not come by then is asked for
MISSING_AFTER = timedelta(hours=4)
#: visits are looked at this far back
WITHIN = timedelta(days=30)


@gives_matters
def photos_in_trouble(asked: Asked) -> Iterator[Matter]:
    """One matter for each ended visit that is not closed."""
    since = i18n.local(asked.now, asked.timezone).date() - WITHIN
    rows = queries.photo_troubles(asked.branch_ids, since, asked.now - MISSING_AFTER, asked.most + 1)
    for row in rows:
        said = [_("Photos that cannot be used: %(count)s", count=row.unusable)] if row.unusable else []
        said += [_("Photos not here yet: %(count)s", count=row.missing)] if row.missing else []
        yield Matter(
            kind="photo", key=row.job_id, subject=f"{row.customer} {TYPES[row.type]}", words=_(", ").join(said),
            since=row.taken_at, clock=_("since %(time)s", time=i18n.day_and_time(row.taken_at, asked.timezone)),
            detail=" · ".join(filter(None, [row.lead, row.number])),
            action=Action(_("Look at the photos"), f"/jobs/{row.job_id}#photos"))


@gives_matters
def photos_to_look_at(asked: Asked) -> Iterator[Matter]:
    """One matter for each visit with photos that may show something else, and that nobody has looked at."""
    since = i18n.local(asked.now, asked.timezone).date() - WITHIN
    for row in queries.flagged_visits(asked.branch_ids, MATTER, since, asked.most + 1):
        said = [f"{FLAG_NAMES[kind]}: {row.counts[kind]}" for kind in MATTER if row.counts[kind]]
        yield Matter(
            kind="flag", key=row.job_id, subject=f"{row.customer} {TYPES[row.type]}", words=_(", ").join(said),
            since=row.found_at, clock=_("since %(time)s", time=i18n.day_and_time(row.found_at, asked.timezone)),
            detail=" · ".join(filter(None, [row.lead, row.number])),
            action=Action(_("Look at the photo"), f"/jobs/{row.job_id}/photos/{row.photo_id}"))  # fmt: skip
