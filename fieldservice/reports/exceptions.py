"""Reports that could not be made, among what a desk handles first."""

from collections.abc import Iterator
from datetime import timedelta

from fieldservice.core import i18n
from fieldservice.core.i18n import gettext as _
from fieldservice.reports import queries, rules
from fieldservice.reports.queries import Trouble
from fieldservice.reports.words import advice, fault_words
from fieldservice.web.exceptions import Action, Asked, Matter, gives_matters
from fieldservice.web.job_words import TYPES

#: a failure of less is mended by trying again
AFTER = timedelta(minutes=10)


@gives_matters
def reports_in_trouble(asked: Asked) -> Iterator[Matter]:
    """One matter for each visit without its report; one for all that wait for the same thing of the installation."""
    for row in queries.troubled(asked.branch_ids, asked.now - AFTER, asked.most + 1):
        is_shared = rules.is_shared(row.fault)
        yield Matter(
            kind="report", key=row.fault if is_shared else row.job_id,
            subject=_("Service reports") if is_shared else f"{row.customer} {TYPES[row.type]}",
            words=fault_words(row.fault), since=row.since,
            clock=_("since %(time)s", time=i18n.day_and_time(row.since, asked.timezone)),
            detail=" · ".join(_parts(row, is_shared)), action=_action(asked, row))


def _parts(row: Trouble, is_shared: bool) -> list[str]:
    named = [_("Visits waiting: %(count)s", count=row.jobs)] if is_shared else [row.lead, row.number]
    return list(filter(None, [*named, advice(row.fault)]))


def _action(asked: Asked, row: Trouble) -> Action:
    if row.fault.startswith(rules.SEAL_FAULTS) and asked.viewer.can("keys.read"):
        return Action(_("Look at the keys"), "/keys")
    return Action(_("See the report"), f"/jobs/{row.job_id}#reports")
