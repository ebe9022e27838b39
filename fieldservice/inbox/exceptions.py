"""What phones sent and sync set aside, among what a desk handles first: one matter for an author and a job."""

from collections.abc import Iterator

from fieldservice.core import i18n
from fieldservice.core.i18n import gettext as _
from fieldservice.inbox import queries
from fieldservice.web.exceptions import Action, Asked, Matter, gives_matters
from fieldservice.web.job_words import TYPES


@gives_matters
def work_set_aside(asked: Asked) -> Iterator[Matter]:
    """What waits for a decision, by author and job."""
    for row in queries.waiting_of(asked.branch_ids):
        about = f"{row.customer} {TYPES[row.type]}" if row.type else _("a job we do not know")
        yield Matter(
            kind="inbox", key=row.item_id, subject=row.author, since=row.arrived_at,
            words=_("%(job)s: sent from the phone and not applied: %(count)s", job=about, count=row.count),
            clock=_("since %(time)s", time=i18n.day_and_time(row.arrived_at, asked.timezone)),
            detail=row.number, action=Action(_("Decide"), f"/inbox#item-{row.item_id}"))
