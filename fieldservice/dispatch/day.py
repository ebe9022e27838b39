"""The day as it stands on the page: sections with their rows, counts, phones."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.dispatch import queries, rules
from fieldservice.dispatch.queries import Contact
from fieldservice.dispatch.rules import Late
from fieldservice.jobs import queries as job_queries
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import CANCELLED, UNASSIGNED
from fieldservice.visits.queries import OpenEnds, open_ends_of

BY_TECHNICIAN = "technician"
BY_STATE = "state"
VIEWS = (BY_TECHNICIAN, BY_STATE)


@dataclass(frozen=True)
class Choice:
    """What the address asks for."""

    day: date
    today: date
    view: str
    #: the branches shown
    branches: list[Branch]
    #: the one chosen; None: all that may be seen
    branch: Branch | None
    #: as typed into the search
    words: str
    #: who asks: may find a number by a part of it, or not
    viewer: Person


@dataclass(frozen=True)
class Row:
    """One visit, with what a dispatcher must not overlook."""

    job: Job
    late: Late | None
    #: which visit under its case; a cancelled one counts as the first
    visit_no: int
    needs: list[str]
    #: 'assign', 'plan', 'reassign', 'restore', 'revisit' or 'open'
    action: str
    #: what an ended visit lacks at the office; None: it has not ended, or was cancelled
    ends: OpenEnds | None = None


@dataclass(frozen=True)
class Section:
    """Rows that belong together; `kind` is 'unassigned', 'undated', 'technician', 'state' or 'cancelled'."""

    kind: str
    #: unique on the page: the kind, the state or the person's id
    key: str
    rows: list[Row]
    #: visits this person helps at, led by somebody else
    helping: list[Row] = field(default_factory=list)
    person: Person | None = None
    contact: Contact | None = None


@dataclass(frozen=True)
class Day:
    """Everything the page shows."""

    choice: Choice
    sections: list[Section]
    flow: list[tuple[str, int]]
    late_count: int
    #: the first that is late; None: none is
    first_late: Row | None
    #: visits of the day, without cancelled ones
    count: int
    #: visits the search found, on this day and without one
    found: int
    phones: list[tuple[Person, Contact | None]]


def read_day(choice: Choice, now: datetime) -> Day:
    """The day at this moment, in the same few queries whatever its length."""
    branch_ids = [branch.id for branch in choice.branches]
    people = queries.technicians_of(branch_ids)
    jobs = queries.jobs_on(branch_ids, choice.day, choice.words, viewer=choice.viewer)
    undated = queries.undated_jobs(branch_ids, choice.words, viewer=choice.viewer)
    visit_numbers = job_queries.visit_numbers([*jobs, *undated])
    contacts = queries.contacts_of(people)
    ends = open_ends_of(jobs)
    rows = [_row(job, visit_numbers, now, ends.get(job.id)) for job in jobs]
    waiting = _section("undated", [_row(job, visit_numbers, now) for job in undated])
    if choice.view == BY_STATE:
        sections = [*_by_state(rows), waiting]
    else:
        sections = _by_technician(rows, waiting, people, contacts, is_search=bool(choice.words))
    return Day(
        choice=choice, sections=[section for section in sections if _is_shown(section)],
        flow=rules.flow(job.state for job in jobs), late_count=sum(row.late is not None for row in rows),
        first_late=next((row for section in sections for row in section.rows if row.late), None),
        count=sum(job.state != CANCELLED for job in jobs), found=len(jobs) + len(undated),
        phones=[(person, contacts.get(person.id)) for person in people])


def _row(
    job: Job, visit_numbers: dict[str, tuple[int, int]], now: datetime, ends: OpenEnds | None = None
) -> Row:
    late = rules.lateness(job.state, job.window_start_at, job.window_end_at, now)
    visit_no, visits = visit_numbers.get(job.id, (1, 1))
    return Row(
        job=job, late=late, visit_no=visit_no,
        needs=list(dict.fromkeys([*job.case.customer.special_needs, *job.special_needs])),
        action=rules.obvious_action(job.state, late=late, has_day=job.visit_on is not None,
                                    has_window=job.window_start_at is not None, is_last=visit_no == visits),
        ends=ends)


def _by_technician(rows: list[Row], undated: Section, people: list[Person], contacts: dict[str, Contact], *,
                   is_search: bool) -> list[Section]:
    open_rows = [row for row in rows if row.job.state != CANCELLED]
    return [
        _section("unassigned", [row for row in open_rows if row.job.state == UNASSIGNED]),
        undated,
        *(section for section in (_of_person(person, open_rows, contacts) for person in _crew(people, open_rows))
          if not is_search or section.rows or section.helping),
        _section("cancelled", [row for row in rows if row.job.state == CANCELLED]),
    ]


def _crew(people: list[Person], rows: Iterable[Row]) -> list[Person]:
    """The technicians, and whoever leads a visit of the day without being one any more."""
    known = {person.id for person in people}
    others = {row.job.lead.id: row.job.lead for row in rows if row.job.lead and row.job.lead.id not in known}
    return [*people, *others.values()]


def _of_person(person: Person, rows: list[Row], contacts: dict[str, Contact]) -> Section:
    return Section(
        kind="technician", key=person.id, person=person, contact=contacts.get(person.id),
        rows=[row for row in rows if row.job.lead_id == person.id],
        helping=[row for row in rows if any(helper.person_id == person.id for helper in row.job.helper_rows)])


def _by_state(rows: list[Row]) -> list[Section]:
    return [Section(kind="state", key=state, rows=[row for row in rows if row.job.state == state])
            for state in rules.BY_NEED]


def _section(kind: str, rows: list[Row]) -> Section:
    return Section(kind=kind, key=kind, rows=rows)


def _is_shown(section: Section) -> bool:
    return bool(section.rows) or section.kind in ("unassigned", "technician")
