"""Proposals for a day: asked for, watched, looked at as a difference, taken over whole or line by line."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.core import clock, queue
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, NotFound, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.dispatch import (
    accepting,
    proposal_actions,
    proposal_queries,
    proposal_words,
    queries,
    rules,
)
from fieldservice.dispatch.models import Proposal, ProposalLine
from fieldservice.dispatch.planning import midnight
from fieldservice.dispatch.proposal_words import Names
from fieldservice.dispatch.tasks import make_proposal
from fieldservice.dispatch.views.asked import read_asked
from fieldservice.dispatch.views.blueprint import blueprint
from fieldservice.jobs.models import Job
from fieldservice.routing import planner
from fieldservice.web.access import is_fragment_request, note_automatic_request
from fieldservice.web.notices import say

Answer = str | AnyResponse

#: nobody took it up for so long: the page says that the worker may be away
PATIENCE_SECONDS = 20
#: lines of one transaction
AT_ONCE = 50
#: numbers of lines are as short as this
_MOST_DIGITS = 6


@dataclass(frozen=True)
class Shown:
    """A line as the page shows it."""

    line: ProposalLine
    #: None: it is not yours to see any more
    job: Job | None
    why: str
    #: why it was not taken over; '' it was, or nobody tried
    refused: str
    #: the visit was changed since: it would be refused
    is_stale: bool

    @property
    def is_open(self) -> bool:
        """Whether it can still be ticked."""
        return self.line.outcome in ("", rules.REFUSED)


@dataclass(frozen=True)
class Card:
    """One technician's changes."""

    person_id: str
    name: str
    #: visits, travel, overtime, leave_at, home_at; {} where only times change
    before: dict[str, int]
    after: dict[str, int]
    comes: list[Shown]
    goes: list[Shown]


@dataclass(frozen=True)
class Unplaced:
    """A visit that finds no place."""

    job: Job
    #: who has it; '' nobody
    lead: str
    words: str
    code: str


@blueprint.get("/day/proposals")
@needs("jobs.assign")
def proposals() -> Answer:
    """The way to a proposal for a day, and the last ones of it."""
    return _ask_page()


@blueprint.post("/day/proposals")
@needs("jobs.assign")
def ask_proposal() -> Answer:
    """Asks for one; the one that is being made for the day is shown instead of doubled."""
    asked = read_asked(g.person)
    branch = _branch_given(asked.branches)
    mode = request.form.get("mode", "")
    wishes = {name: _level(request.form.get(name, "")) for name in rules.WISHES}
    if mode not in rules.PROPOSAL_MODES:
        raise AppError("bad_request")
    given: dict[str, Any] = {
        "with_undated": request.form.get("with_undated") == "1", "by": g.person, "at": clock.now()}
    try:
        found = proposal_actions.ask(branch, asked.day, mode, wishes, **given)
        proposal_id, is_new = found.id, found.state == rules.WAITING and found.asked_by_id == g.person.id
        db.session.commit()
    except sa.exc.IntegrityError:  # two asked in the same moment: one of them is enough
        db.session.rollback()
        running = proposal_queries.under_way(branch.id, asked.day)
        if running is None:
            raise
        proposal_id, is_new = running.id, False
    except RuleBroken as error:
        db.session.rollback()
        return make_response(_ask_page(error), 422)
    if is_new:
        queue.later(make_proposal, proposal_id)
    return _to(proposal_id)


@blueprint.get("/day/proposals/<proposal_id>")
@needs("jobs.assign")
def proposal(proposal_id: str) -> Answer:
    """The proposal as it stands; while it is being made the page asks again by itself."""
    note_automatic_request()
    return _page(proposal_queries.proposal_for(g.person, proposal_id))


@blueprint.post("/day/proposals/<proposal_id>/stop")
@needs("jobs.assign")
def stop_proposal(proposal_id: str) -> Answer:
    """Calls it off."""
    found = proposal_queries.proposal_for(g.person, proposal_id, to_change=True)
    proposal_actions.call_off(found, by=g.person, at=clock.now())
    db.session.commit()
    return _to(proposal_id)


@blueprint.post("/day/proposals/<proposal_id>/accept")
@needs("jobs.assign")
def accept_proposal(proposal_id: str) -> Answer:
    """Takes it over: all lines, or those that were ticked."""
    found = proposal_queries.proposal_for(g.person, proposal_id, to_change=True)
    numbers = {line.number for line in found.lines} if request.form.get("what") == "all" else _ticked()
    if not numbers:
        raise RuleBroken("no_line_ticked")
    tried, at = [], clock.now()
    ordered = sorted(numbers)
    for begin in range(0, len(ordered), AT_ONCE):
        found = proposal_queries.proposal_for(g.person, proposal_id, to_change=True)
        tried += accepting.accept(found, ordered[begin : begin + AT_ONCE], among=numbers, by=g.person, at=at)
        db.session.commit()  # on SQLite nobody else can write meanwhile
    say(_accepted_words(*accepting.counts(tried)))
    return _to(proposal_id)


@blueprint.post("/day/proposals/<proposal_id>/undo")
@needs("jobs.assign")
def undo_proposal(proposal_id: str) -> Answer:
    """Takes back what this person took over of it, as far as nobody changed it since."""
    found = proposal_queries.proposal_for(g.person, proposal_id, to_change=True)
    tried = accepting.take_back(found, by=g.person, at=clock.now())
    left = [line for line in tried if line.outcome != rules.TAKEN_BACK]
    db.session.commit()
    if left:
        say(_("Taken back: %(done)s. Not taken back: %(left)s, each says why.", done=len(tried) - len(left),
              left=len(left)))
    else:
        say(_("Taken back: %(done)s.", done=len(tried)))
    return _to(proposal_id)


@blueprint.get("/day/proposals/<proposal_id>/accept")
@blueprint.get("/day/proposals/<proposal_id>/stop")
@blueprint.get("/day/proposals/<proposal_id>/undo")
@needs("jobs.assign")
def proposal_reloaded(proposal_id: str) -> Answer:
    """Where a page that is loaded again after a form leads back to."""
    return _to(proposal_queries.proposal_for(g.person, proposal_id).id)


@blueprint.app_context_processor
def _last_proposal() -> dict[str, Any]:
    """For the board: the last proposal of the day that is shown."""
    return {"last_proposal": _of_board, "propose_words": proposal_words.state_words}


def _of_board(asked: Any) -> Proposal | None:
    return proposal_queries.last_of(asked.branch.id, asked.day) if asked.branch else None


def _accepted_words(done: int, refused: int) -> str:
    if refused:
        return _("Accepted: %(done)s. Not accepted: %(refused)s, each says why.", done=done, refused=refused)
    return _("Accepted: %(done)s.", done=done)


def _to(proposal_id: str) -> AnyResponse:
    return redirect(url_for("dispatch.proposal", proposal_id=proposal_id), 303)


def _level(text: str) -> int:
    return int(text) if text in map(str, rules.LEVELS) else rules.USUAL_LEVEL


def _ticked() -> set[int]:
    texts = request.form.getlist("line")
    return {int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS}


def _branch_given(offered: list[Branch]) -> Branch:
    """The branch of the form, else the only one of the address. Raises NotFound, AppError."""
    wanted = request.form.get("branch_id", "")
    if not wanted and len(offered) == 1:
        return offered[0]
    found = next((branch for branch in offered if branch.id == wanted), None)
    if found is None:
        raise NotFound() if wanted else AppError("bad_request")
    return found


def _ask_page(error: AppError | None = None) -> str:
    asked = read_asked(g.person)
    branch = asked.branch or (asked.branches[0] if len(asked.branches) == 1 else None)
    return render_template(
        "dispatch/_proposal_ask.html" if is_fragment_request() else "dispatch/proposals.html",
        asked=asked, branch=branch, address=asked.addresses("proposals"), habit=proposal_queries.habit_of(g.person),
        running=proposal_queries.under_way(branch.id, asked.day) if branch else None,
        latest=proposal_queries.latest_of(g.person, branch.id, asked.day) if branch else [],
        error=error, words=proposal_words, is_dialog=is_fragment_request(), seconds=_seconds_of_search(),
        is_ready=planner.is_ready())


def _seconds_of_search() -> int:
    return int(current_app.config["PROPOSAL_SECONDS"])


def _page(found: Proposal) -> str:
    now = clock.now()
    lines = list(found.lines) if not found.is_under_way else []
    names = _names(found, lines)
    shown = [_shown(line, names) for line in lines]
    waited = (now - found.touched_at).total_seconds()
    return render_template(
        "dispatch/_proposal.html" if is_fragment_request() else "dispatch/proposal.html",
        found=found, cards=_cards(found, shown, names), shown=shown, names=names, unplaced=_unplaced(found, names),
        words=proposal_words, can_accept=proposal_actions.can_be_taken_over(found, now) and any(
            one.is_open for one in shown),
        is_over=proposal_actions.is_over(found, now), own_applied=_own_applied(lines),
        is_slow=found.state == rules.WAITING and waited > PATIENCE_SECONDS,
        clock=lambda seconds: midnight(found.on_day, found.branch.timezone) + _duration(seconds),
        board=url_for("dispatch.board", day=found.on_day.isoformat(),
                      branch=found.branch.code if g.person.sees_all_branches else None))


def _duration(seconds: int) -> timedelta:
    return timedelta(seconds=seconds)


def _own_applied(lines: Iterable[ProposalLine]) -> int:
    return sum(line.outcome == rules.APPLIED and line.applied_by_id == g.person.id for line in lines)


def _names(found: Proposal, lines: list[ProposalLine]) -> Names:
    """Everything the page calls by name, in two queries."""
    reasons = [one["facts"] for one in found.unplaced] + [line.why for line in lines]
    job_ids = {line.job_id for line in lines} | {one["job_id"] for one in found.unplaced}
    people = {line.to_lead_id for line in lines} | {line.from_lead_id for line in lines}
    people |= {one["lead_id"] for one in found.unplaced} | {route["id"] for route in found.routes}
    for facts in reasons:
        people |= {facts.get("technician")}
        job_ids |= {facts["after"]} if facts.get("after") else set()
        job_ids |= {facts["visit_id"]} if facts.get("visit_id") else set()
    jobs = {job.id: job for job in queries.jobs_with(g.person, job_ids)}
    query = sa.select(Person.id, Person.name).where(Person.id.in_(people - {None}))
    return Names(jobs, {row.id: row.name for row in db.session.execute(query)})


def _shown(line: ProposalLine, names: Names) -> Shown:
    job = names.jobs.get(line.job_id)
    refused = proposal_words.refused_words(line.refused) if line.refused else ""
    is_stale = job is None or job.version != line.job_version
    return Shown(line, job, proposal_words.why_words(line.why, names), refused, is_stale and not line.outcome)


def _cards(found: Proposal, shown: list[Shown], names: Names) -> list[Card]:
    """By technician, in the order of the lines, then those from whom something only goes."""
    routes = {route["id"]: route for route in found.routes}
    comes: dict[str, list[Shown]] = defaultdict(list)
    goes: dict[str, list[Shown]] = defaultdict(list)
    for one in shown:
        comes[one.line.to_lead_id].append(one)
        if one.line.kind == rules.CHANGE and one.line.from_lead_id:
            goes[one.line.from_lead_id].append(one)
    return [
        Card(person_id, names.person(person_id), routes.get(person_id, {}).get("before", {}),
             routes.get(person_id, {}).get("after", {}), comes.get(person_id, []), goes.get(person_id, []))
        for person_id in [*comes, *(one for one in goes if one not in comes)]
    ]


def _unplaced(found: Proposal, names: Names) -> list[Unplaced]:
    return [
        Unplaced(job, names.person(one["lead_id"]) if one["lead_id"] else "",
                 proposal_words.reason_of_unplaced(one["code"], one["facts"], job, names), one["code"])
        for one in found.unplaced if (job := names.jobs.get(one["job_id"]))
    ]
