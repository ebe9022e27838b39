"""Sheets that the customer signed and that say something else than the job does now, among what a desk handles first."""

from collections.abc import Iterator
from datetime import timedelta

from fieldservice.core import i18n
from fieldservice.core.i18n import gettext as _
from fieldservice.signoff import queries
from fieldservice.web.exceptions import Action, Asked, Matter, gives_matters
from fieldservice.web.job_words import TYPES

#: visits are looked at this far back
WITHIN = timedelta(days=30)


@gives_matters
def signed_otherwise(asked: Asked) -> Iterator[Matter]:
    """One matter for each ended visit, not closed, whose signed version is not the current one."""
    since = i18n.local(asked.now, asked.timezone).date() - WITHIN
    for row in queries.outdated_since(asked.branch_ids, since, asked.most + 1):
        job = row.job
        yield Matter(
            kind="signature", key=row.id, subject=f"{job.case.customer.address_form} {TYPES[job.type]}",
            words=_("signed version %(number)s is not the current one", number=row.revision), since=row.happened_at,
            clock=_("signed %(time)s", time=i18n.day_and_time(row.happened_at, asked.timezone)),
            detail=" · ".join(filter(None, [job.lead.name if job.lead else "", job.number])),
            action=Action(_("See what changed"), f"/jobs/{job.id}/sheets/{row.id}/changes"))
