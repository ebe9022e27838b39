"""A visit as the desk looks at it, read in the same few queries whatever its length."""

from dataclasses import dataclass
from typing import Any

from fieldservice.checklists.models import ChecklistVersion
from fieldservice.core import clock, i18n
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ARRIVED, EN_ROUTE, FINISHED, WORKING
from fieldservice.visits import charges, queries, rules
from fieldservice.visits.conduct import Conduct, Line, conduct_of, earlier_of
from fieldservice.visits.flags import flags_of
from fieldservice.visits.gallery import Gallery, gallery_of
from fieldservice.visits.models import ChargeStatement, Incident, JobClosure
from fieldservice.visits.queries import Visit

#: the checklist is being worked on
RUNNING = frozenset({EN_ROUTE, ARRIVED, WORKING})


@dataclass(frozen=True)
class Charges:
    """From what was planned to what is asked for, fen."""

    planned_fen: int
    planned_text: str
    #: the latest the customer agreed to, as on the wire; None: none
    agreement: dict[str, Any] | None
    agreed_fen: int
    #: what counts
    lines: list[charges.Line]
    #: by how much that is less than what was stated or agreed, because the customer signed for less
    unsigned_fen: int
    #: as the technician stated it; None: not stated
    statement: ChargeStatement | None

    @property
    def extra_fen(self) -> int:
        """What was agreed on site."""
        return self.agreed_fen - self.planned_fen

    @property
    def total_fen(self) -> int:
        """What the customer is asked for."""
        return charges.total_fen(self.lines)

    @property
    def less_fen(self) -> int:
        """By how much that is less than agreed."""
        return self.agreed_fen - self.total_fen

    @property
    def is_overruled(self) -> bool:
        """More was stated than is agreed now, so that what was agreed counts."""
        return self.statement is not None and self.statement.total_fen > self.agreed_fen


@dataclass(frozen=True)
class DeskVisit:
    """Everything of a visit that the page of its job shows."""

    job: Job
    gallery: Gallery
    #: None: there is no checklist, or nothing of it was begun
    conduct: Conduct | None
    #: None: no money is asked for
    charges: Charges | None
    incidents: list[Incident]
    #: None: the office has not closed it
    closure: JobClosure | None
    #: what stands in the way of closing
    faults: list[rules.Fault]
    #: id of a person → name: who waived, took out, published
    names: dict[str, str]
    #: of the checklist's words
    language: str

    @property
    def can_close(self) -> bool:
        """Whether it has ended in a way that is to be closed, and was not yet."""
        return self.job.state in rules.CLOSABLE and self.closure is None

    @property
    def missing(self) -> list[Line]:
        """Of the checklist: while the visit runs, or when it was finished all the same."""
        is_due = self.job.state in RUNNING or self.job.state == FINISHED
        return self.conduct.missing(at_base=False) if self.conduct and is_due else []

    @property
    def missing_at_base(self) -> list[Line]:
        """What is left to do after a visit that has ended."""
        is_due = self.job.state in rules.CLOSABLE
        return self.conduct.missing(at_base=True) if self.conduct and is_due else []


def desk_visit(job: Job) -> DeskVisit:
    """Reads it."""
    visit, language = queries.visit_of(job), content_language()
    earlier = queries.earlier_answers(visit)
    versions = queries.versions_by_id(
        one for one in (visit.checklist_id, *(row.checklist_id for row in earlier)) if one
    )
    version = versions.get(visit.checklist_id or "")
    is_begun = job.state in RUNNING or bool(visit.answers or earlier)
    people = [version.published_by_id if version else None]
    people += [person_id for photo in visit.photos for person_id in (photo.waived_by_id, photo.voided_by_id)]
    return DeskVisit(
        job=job,
        gallery=gallery_of(visit.photos, _items(version), language, run=job.run, at=clock.now(),
                           flags=flags_of(visit.photos)),
        conduct=conduct_of(version, visit.answers, earlier_of(earlier, versions, language),
                           queries.facts_of(visit), queries.seen_of(visit), language)
        if version and is_begun else None,
        charges=_charges(visit),
        incidents=visit.incidents,
        closure=queries.closure_of(job) if visit.is_closed else None,
        faults=rules.closing_faults(visit.photos),
        names=queries.names_of(people),
        language=language,
    )  # fmt: skip


def content_language() -> str:
    """The reader's language, if the words of checklists are written in it."""
    language = i18n.chosen_language()
    return language if language in i18n.LANGUAGES else i18n.DEFAULT_LANGUAGE


def _items(version: ChecklistVersion | None) -> list[dict[str, Any]]:
    return version.content["items"] if version else []


def _charges(visit: Visit) -> Charges | None:
    job, agreement = visit.job, rules.latest_agreement(visit.sheets)
    if not (job.amount_fen or agreement or visit.charge):
        return None
    return Charges(
        planned_fen=job.amount_fen or 0,
        planned_text=job.amount_reason,
        agreement=agreement,
        agreed_fen=charges.agreed_fen(job.amount_fen, agreement["lines"] if agreement else None),
        lines=visit.charged_lines,
        unsigned_fen=charges.total_fen(visit.final_lines) - charges.total_fen(visit.charged_lines),
        statement=visit.charge,
    )
