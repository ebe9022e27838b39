"""What the chain tells of a customer or a person. The views find the customer or person first, as this viewer may."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.audit.models import HeadSending
from fieldservice.cases.models import Case
from fieldservice.core import json
from fieldservice.core.audit import Entry, Fact, TreeHead
from fieldservice.core.db import db
from fieldservice.core.oplog import LogEntry
from fieldservice.customers.models import Customer, Product, Site
from fieldservice.jobs.models import Job
from fieldservice.people.models import PersonPlanning
from fieldservice.people.queries import known_changes

ROWS_A_PAGE = 50

#: entries of which the history says what the log kept
_PLANNINGS = frozenset({"office.change_planning", "office.change_days", "office.take_back_days"})
#: rows that came with an entry of the log, which tells it already
_TOLD_BY_LOG = ("evidence", "sign_off", "charge_statement", "incident", "job_step")


@dataclass(frozen=True)
class Line:
    """One entry as people read it."""

    seq: int
    at_ms: int
    kind: str
    person_id: str | None
    entity_type: str
    entity_id: str
    is_erased: bool
    #: the row it stands for, '' none
    source_id: str = ""


@dataclass(frozen=True)
class History:
    """A page of it, the newest first."""

    lines: Sequence[Line]
    #: person's id → name, job's id → number
    names: Mapping[str, str]
    numbers: Mapping[str, str]
    #: number of an entry → whose planning it is about ('' the one whose history it is), and what the log kept
    plannings: Mapping[int, tuple[str, dict[str, Any]]]
    #: number of the entry the next page begins below; None: it ends here
    below: int | None


def customer_history(customer: Customer, below: int | None, *, viewer: Person) -> History:
    """Everything that was done to a customer, the addresses, floors, cases and visits."""
    sites = _ids(sa.select(Site.id).where(Site.customer_id == customer.id))
    about = {
        "customer": [customer.id],
        "site": sites,
        "product": _ids(sa.select(Product.id).where(Product.site_id.in_(sites))),
        "case": _ids(sa.select(Case.id).where(Case.customer_id == customer.id)),
        "job": _ids(sa.select(Job.id).where(Job.site_id.in_(sites))),
    }
    # ids, not queries: the index then finds their entries, however long the chain is
    each = (sa.and_(Fact.entity_type == kind, Fact.entity_id.in_(ids)) for kind, ids in about.items())
    return _page(sa.or_(*each), below, viewer=viewer)


def _ids(query: sa.Select[Any]) -> list[str]:
    return list(db.session.scalars(query))


def person_history(person: Person, below: int | None, *, viewer: Person) -> History:
    """Everything that a person did, and that was done to the account and the planning."""
    planning = _ids(sa.select(PersonPlanning.id).where(PersonPlanning.person_id == person.id))
    about = {"person": [person.id], "person_planning": planning}
    each = (sa.and_(Fact.entity_type == kind, Fact.entity_id.in_(ids)) for kind, ids in about.items())
    return _page(sa.or_(Fact.person_id == person.id, *each), below, viewer=viewer, whose=person.id)


def _page(about: sa.ColumnElement[bool], below: int | None, *, viewer: Person, whose: str = "") -> History:
    query = (
        sa.select(Fact.seq, Entry.at, Entry.kind, Fact.person_id, Fact.entity_type, Fact.entity_id, Fact.salt == "",
                  Fact.source_id)
        .join(Entry, Entry.seq == Fact.seq)
        .where(about, Fact.source_table.not_in(_TOLD_BY_LOG))
        .order_by(Fact.seq.desc())
        .limit(ROWS_A_PAGE + 1)
    )
    if below is not None:
        query = query.where(Fact.seq < below)
    lines = [Line(*row) for row in db.session.execute(query)]
    shown = lines[:ROWS_A_PAGE]
    planned = _plannings(shown, viewer)
    names = _named(Person.name, Person.id, {line.person_id for line in shown} | {one for one, _body in planned.values()})
    return History(
        shown,
        names,
        _named(Job.number, Job.id, {line.entity_id for line in shown if line.entity_type == "job"}),
        {seq: ("" if one == whose else names.get(one, ""), body) for seq, (one, body) in planned.items()},
        shown[-1].seq if len(lines) > ROWS_A_PAGE else None,
    )


def _plannings(lines: Sequence[Line], viewer: Person) -> dict[int, tuple[str, dict[str, Any]]]:
    """Number of an entry about somebody's planning → whose, and what the log kept of it; of days with what they are as
    `kind`, if the viewer may know and nobody has said anything else of them since.
    """
    seqs = {line.source_id: line.seq for line in lines if line.kind in _PLANNINGS and not line.is_erased}
    query = sa.select(LogEntry.id, LogEntry.entity_id, LogEntry.body, LogEntry.happened_at).where(LogEntry.id.in_(seqs))
    rows = [(row, json.loads(row.body)) for row in db.session.execute(query)]
    days = {row.id: [(row.entity_id, date.fromisoformat(day)) for day in body.get("days", ())] for row, body in rows}
    known = known_changes(viewer, [one for some in days.values() for one in some])
    found = {}
    for row, body in rows:
        still = [known[one] for one in days[row.id] if one in known and known[one].made_at == row.happened_at]
        kind = {"kind": still[0].kind} if still else {}
        found[seqs[row.id]] = (str(body.get("person_id", row.entity_id)), body | kind)
    return found


def _named(column: Any, key: Any, ids: set[Any]) -> dict[str, str]:
    rows = db.session.execute(sa.select(key, column).where(key.in_(ids - {None, ""})))
    return {row[0]: row[1] for row in rows}


def latest_heads(count: int) -> list[tuple[TreeHead, HeadSending | None]]:
    """The newest heads with what became of sending them."""
    query = sa.select(TreeHead, HeadSending).outerjoin(HeadSending, HeadSending.size == TreeHead.size)
    return [(row[0], row[1]) for row in db.session.execute(query.order_by(TreeHead.size.desc()).limit(count))]
