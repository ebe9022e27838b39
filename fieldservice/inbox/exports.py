"""The inbox as a file: everything that was ever set aside, what waits first."""

from collections.abc import Callable, Iterator
from datetime import datetime

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.checklists.models import ChecklistVersion
from fieldservice.core.db import db
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.inbox.models import ACCEPTED, DECLINED, OPEN, SEEN, InboxItem
from fieldservice.inbox.queries import Act, act_of, facts_of, items_for
from fieldservice.web.exports import Columns, on_clock, rows_of
from fieldservice.web.job_words import ACTS, STEPS
from fieldservice.web.visit_words import INCIDENTS, SLOTS
from fieldservice.web.words import reason_words

STATES = {OPEN: _l("to decide"), ACCEPTED: _l("accepted"), DECLINED: _l("declined"), SEEN: _l("seen")}
_CODES = {**STEPS, **SLOTS, **INCIDENTS}


def columns(timezone: str) -> Columns:
    """What a row of the file says of an item; `timezone` for what belongs to no job."""
    versions = {version.id: version for version in db.session.scalars(sa.select(ChecklistVersion))}

    def act(item: InboxItem) -> Act:
        return act_of(item.op, versions)

    def at(read: Callable[[InboxItem], datetime | None]) -> Callable[[InboxItem], datetime | None]:
        return lambda item: on_clock(read(item), item.job.branch.timezone if item.job else timezone)

    return (
        (_l("State"), lambda item: str(STATES[item.state])),
        (_l("Who did it"), lambda item: item.author.name),
        (_l("Job number"), lambda item: item.job.number if item.job else ""),
        (_l("Customer"), lambda item: item.job.case.customer.address_form if item.job else ""),
        (_l("What"), lambda item: _what(item.op.kind, act(item))),
        (_l("Words"), lambda item: act(item).text),
        (_l("Why it was set aside"), lambda item: str(reason_words(item.reason, facts_of(item.op)))),
        (_l("Done at"), at(lambda item: item.op.happened_at)),
        (_l("Reached the server"), at(lambda item: item.op.received_at)),
        (_l("Decided by"), lambda item: item.decided_by.name if item.decided_by else ""),
        (_l("Decided"), at(lambda item: item.decided_at)),
    )


def rows(person: Person) -> Iterator[InboxItem]:
    """All items of this person's desk."""
    return rows_of(items_for(person))


def _what(kind: str, act: Act) -> str:
    said = [str(ACTS.get(kind, kind)), str(_CODES.get(act.code, act.code)), act.item]
    return " · ".join(filter(None, said))
