"""What the customer's page shows: all of it when the four digits are known, else only where the case stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from fieldservice.cases.models import Case
from fieldservice.core import i18n, json
from fieldservice.core.clock import from_ms
from fieldservice.core.i18n import gettext as _
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ABSENT, CANCELLED, ENDED
from fieldservice.people.queries import portrait_marks
from fieldservice.portal import queries, rules
from fieldservice.portal.models import COMPLAINT, CONFIRMED, DISPUTED, RATING, WISH, CustomerWord, Link
from fieldservice.portal.rules import Window
from fieldservice.portal.standing import Moment, Standing, standing_of
from fieldservice.signoff import drawing
from fieldservice.signoff import queries as sign_queries
from fieldservice.signoff.models import LinkSignature, SignOff
from fieldservice.visits import charges
from fieldservice.visits import queries as visit_queries
from fieldservice.visits.queries import Visit


@dataclass(frozen=True)
class Price:
    """What is to be paid at most, fen, as agreed before the work."""

    lines: list[charges.Line]
    most_fen: int
    #: the customer agreed to more than was planned, on this moment; None: only the plan
    agreed_at: datetime | None


@dataclass(frozen=True)
class Report:
    """What a visit came to, as it was shown and signed; empty where nothing was."""

    found: list[str]
    done: list[str]
    results: list[dict[str, str]]
    lines: list[charges.Line]
    total_fen: int
    #: None: there is no sheet
    sheet: SignOff | None
    #: the signature as lines; None: nobody signed on a screen
    mark: drawing.Drawing | None
    #: the customer signed by this link afterwards; None: not so
    by_link: LinkSignature | None = None
    #: it was left unsigned and can be signed by this link
    can_be_signed: bool = False


@dataclass(frozen=True)
class ShownVisit:
    """One visit on the page."""

    job: Job
    #: None: not before the visit, or nothing is to be paid
    price: Price | None
    #: None: it has not ended
    report: Report | None
    photo_count: int
    #: what the customer said about it and still stands
    judged: CustomerWord | None
    rated: CustomerWord | None
    wished: CustomerWord | None
    #: how often the rating was changed
    ratings: int

    @property
    def can_be_judged(self) -> bool:
        return rules.can_be_judged(self.job.state)

    @property
    def sheet(self) -> SignOff | None:
        """The sheet that shows what was done; None: there is none."""
        return self.report.sheet if self.report else None

    @property
    def is_judged_as_it_is(self) -> bool:
        """Whether what was said about the work was said about the sheet as it is now, not about an earlier one."""
        return self.judged is not None and self.judged.sheet_id == (self.sheet.id if self.sheet else None)

    @property
    def marks(self) -> tuple[int | None, int | None, int | None]:
        """Attitude, efficiency, skill as they stand: by link, else as given on site."""
        source = self.rated or (self.report and self.report.sheet)
        return (source.attitude, source.efficiency, source.skill) if source else (None, None, None)

    @property
    def is_rated_on_site(self) -> bool:
        return self.rated is None and any(self.marks)


@dataclass(frozen=True)
class CustomerPage:
    """Everything the template needs."""

    link: Link
    case: Case
    now: datetime
    standing: Standing
    #: the four digits were given in this browser
    is_open: bool
    #: day the link opens something till, as things stand
    good_until: datetime
    #: person → what tells the portrait
    portraits: dict[str, str]
    #: visits that have not ended, in order; then those that have, the newest first
    planned: list[ShownVisit] = field(default_factory=list)
    ended: list[ShownVisit] = field(default_factory=list)
    complaints: list[CustomerWord] = field(default_factory=list)
    offers: list[Window] = field(default_factory=list)

    @property
    def zone(self) -> str:
        return self._moment.zone

    @property
    def _moment(self) -> Moment:
        return Moment(self.case, self.now)

    @property
    def current(self) -> ShownVisit | None:
        """The visit the page begins with, where it has not ended."""
        visit = self.standing.visit
        return next((one for one in self.planned if visit and one.job.id == visit.id), None)

    def when(self, moment: datetime) -> str:
        """'today 10:42'."""
        return self._moment.time(moment)

    def day(self, moment: datetime) -> str:
        """'today', '21 Nov'."""
        return self._moment.day(i18n.local(moment, self.zone).date())

    def window(self, start_at: datetime, end_at: datetime) -> str:
        """'tomorrow 14:00–16:00'."""
        return f"{self.day(start_at)} {i18n.window(start_at, end_at, self.zone)}"


def page_of(link: Link, *, is_open: bool, now: datetime) -> CustomerPage:
    """Reads it; a fixed number of queries whatever the number of visits."""
    case, jobs = link.case, queries.visits_of(link.case)
    standing = standing_of(case, jobs, now)
    lead_ids = [job.lead_id for job in jobs]
    common: dict[str, Any] = {
        "link": link, "case": case, "now": now, "standing": standing, "is_open": is_open,
        "good_until": queries.good_until(link, at=now), "portraits": portrait_marks(lead_ids),
    }  # fmt: skip
    if not is_open:
        return CustomerPage(**common)
    words = queries.words_of(case.id)
    shown = _shown(jobs, words)
    current = standing.visit
    return CustomerPage(
        **common,
        planned=[one for one in shown if one.job.state not in ENDED],
        ended=[one for one in reversed(shown) if one.job.state in ENDED],
        complaints=[word for word in words if word.kind == COMPLAINT],
        offers=queries.offers_for(current, at=now) if current and current.state not in ENDED else [],
    )


def heading(case: Case) -> str:
    """What the page is about, without a word that says whose."""
    words = {
        "repair": _("Your floor repair"), "installation": _("Your new floor"), "survey": _("Your survey"),
        "maintenance": _("Your floor care"), "complaint": _("Your complaint"), "enquiry": _("Your enquiry"),
        "return_exchange": _("Your return or exchange"), "suggestion": _("Your suggestion"),
    }  # fmt: skip
    return words.get(case.kind, _("Your request"))


def _shown(jobs: Sequence[Job], words: Sequence[CustomerWord]) -> list[ShownVisit]:
    visits, sheets = visit_queries.visits_of(jobs), queries.signed_sheets(jobs)
    photos, standing = queries.photos_of(jobs), queries.standing_ids(words)
    signed = sign_queries.link_signatures({sheet.id for sheet in sheets.values()})
    waiting = sign_queries.sheets_to_sign(jobs)
    shown = [_one(job, visits[job.id], sheets.get(job.id), len(photos[job.id]), words, standing) for job in jobs]
    return [_with_signature(one, signed, waiting) for one in shown]


def _with_signature(
    one: ShownVisit, signed: Mapping[str, LinkSignature], waiting: Mapping[str, SignOff]
) -> ShownVisit:
    sheet = one.report.sheet if one.report else None
    if one.report is None or sheet is None:
        return one
    found = signed.get(sheet.id)
    mark = _strokes_drawn(found.payload) if found else one.report.mark
    report = replace(one.report, by_link=found, mark=mark, can_be_signed=one.job.id in waiting)
    return replace(one, report=report)


def _one(
    job: Job, visit: Visit, sheet: SignOff | None, photo_count: int, words: Sequence[CustomerWord], standing: set[str]
) -> ShownVisit:
    own = [word for word in words if word.job_id == job.id]
    last = {word.kind: word for word in own if word.id in standing}
    has_ended = job.state in ENDED
    return ShownVisit(
        job=job,
        price=None if has_ended else _price(visit),
        report=_report(visit, sheet) if has_ended and job.state not in (CANCELLED, ABSENT) else None,
        photo_count=photo_count,
        judged=last.get(CONFIRMED) or last.get(DISPUTED),
        rated=last.get(RATING),
        wished=last.get(WISH),
        ratings=sum(word.kind == RATING for word in own),
    )


def _price(visit: Visit) -> Price | None:
    lines = visit.final_lines
    if not lines:
        return None
    agreed = max((sheet["at_ms"] for sheet in visit.sheets if sheet["kind"] == "agreement" and sheet["current"]
                  and sheet["state"] == "valid" and sheet["outcome"] in ("signed", "paper")), default=None)  # fmt: skip
    return Price(lines, charges.total_fen(lines), None if agreed is None else from_ms(agreed))


def _report(visit: Visit, sheet: SignOff | None) -> Report:
    shown: dict[str, Any] = json.loads(sheet.presented) if sheet else {}
    lines = shown["lines"] if sheet else visit.final_lines
    return Report(
        found=shown.get("found", []),
        done=shown.get("done", []),
        results=shown.get("results", []),
        lines=lines,
        total_fen=charges.total_fen(lines),
        sheet=sheet,
        mark=_strokes_drawn(sheet.payload) if sheet else None,
    )


def _strokes_drawn(payload: str) -> drawing.Drawing | None:
    strokes = json.loads(payload).get("strokes") or []
    return drawing.drawing_of(strokes) if strokes else None
