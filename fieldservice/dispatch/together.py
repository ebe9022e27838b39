"""One act on many visits: given to one technician, and taken back as one."""

from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.core.db import db
from fieldservice.core.errors import NotAllowed, NotFound, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.ids import is_id
from fieldservice.dispatch import queries, undo, undo_words
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ADDING, ENDED
from fieldservice.people.availability import Roster
from fieldservice.people.queries import skill_words
from fieldservice.web.words import reason_words

#: more is no choice made by hand
MOST = 200


@dataclass
class Done:
    """What came of it."""

    #: visits that were given
    given: list[Job] = field(default_factory=list)
    #: sentences about those that were not
    left: list[str] = field(default_factory=list)
    #: version of the act, to be taken back by; None: nothing was changed
    version: int | None = None
    words: str = ""


def read_chosen(texts: list[str]) -> dict[str, int]:
    """Job → version, of '<id>:<version>'. Raises RuleBroken for none, too many, or what is none of ours."""
    chosen: dict[str, int] = {}
    for text in texts:
        job_id, _colon, version = text.partition(":")
        if not is_id(job_id) or not (version.isascii() and version.isdigit() and len(version) < 20):
            raise RuleBroken("choose_one")
        chosen[job_id] = int(version)
    if not chosen:
        raise RuleBroken("nothing_chosen")
    if len(chosen) > MOST:
        raise RuleBroken("too_many_visits", most=MOST)
    return chosen


def assign(chosen: dict[str, int], lead_id: str, *, by: Person, at: datetime) -> Done:
    """Gives the visits to a technician of their branch; commits. What cannot be given stays as it is and is named.

    Raises NotFound for a visit or technician this person may not see: nothing is done then.
    """
    done = Done()
    jobs = [queries.job_to_change(by, job_id) for job_id in sorted(chosen)]
    offered = {person.id: person for person in queries.technicians_of(sorted({job.branch_id for job in jobs}))}
    lead = offered.get(lead_id)
    if lead is None:
        raise NotFound()
    skills = _skills_of(lead, {job.visit_on for job in jobs if job.visit_on and job.skills})
    for job in jobs:
        why = _why_not(job, chosen[job.id], lead, skills)
        if why:
            done.left.append(_("%(customer)s: %(why)s", customer=job.case.customer.address_form, why=why))
            continue
        helpers = [person for person in job.helpers if person.id != lead.id]
        actions.assign_job(job, lead, helpers, expected_version=job.version, by=by, at=at)
        done.given.append(job)
    ids = [job.id for job in done.given]
    db.session.commit()
    if ids:
        done.version = db.session.scalar(sa.select(sa.func.max(Job.version)).where(Job.id.in_(ids)))
    said = _("Given to %(name)s: %(count)s.", name=lead.name, count=len(ids)) if ids else _("Nothing was changed.")
    done.words = " ".join([said, *done.left])
    return done


def take_back(version: int, *, by: Person, at: datetime) -> str:
    """Takes back what this person did in one act; commits. What was changed since stays and is named; where the visits
    belong together, all of them stay then. Raises NotFound.
    """
    deed = undo.deed_to_undo(by, version)
    if deed is None:
        return _("Nothing was changed.")
    if "office.assign_job" in deed.kinds and not by.can("jobs.assign"):
        raise NotAllowed("not_allowed")
    left = [undo_words.blocked(act) for act in deed.blocked]
    if not deed.can_go:
        db.session.rollback()
        return _refused(left) if deed.is_whole else " ".join([_("Nothing was changed."), *left])
    count = 0
    for act in (act for act in deed.acts if not act.blocked_by):
        customer = act.job.case.customer.address_form
        try:
            with db.session.begin_nested():
                actions.undo_edits(act.job, act.entries, by=by, at=at)
            count += 1
        except RuleBroken as error:
            left.append(_("%(customer)s: %(why)s", customer=customer, why=reason_words(error.code, error.facts)))
    if deed.is_whole and left:
        db.session.rollback()
        return _refused(left)
    db.session.commit()
    said = _("Undone: %(count)s.", count=count) if count else _("Nothing was changed.")
    return " ".join([said, *left])


def _refused(left: list[str]) -> str:
    first, last = _("Nothing was undone: these visits were changed as one."), _("Put them right on the board.")
    return " ".join([first, *left, last])


def _why_not(job: Job, version: int, lead: Person, skills: dict[date, frozenset[str]]) -> str:
    """Why it is not given, in words; '' it is."""
    if any(change.kind not in ADDING for change in queries.changes_since(job, version)):
        return _("changed by somebody meanwhile, left as it is.")
    if job.state in ENDED:
        return _("has ended.")
    if job.branch_id != lead.branch_id:
        return _("is of another branch.")
    if job.lead_id == lead.id:
        return _("is with this technician already.")
    if job.pinned_lead and job.lead:
        return _("the customer asked for %(name)s.", name=job.lead.name)
    missing = set(job.skills) - skills.get(job.visit_on, frozenset(job.skills)) if job.visit_on else set()
    return _("needs %(skills)s.", skills=skill_words(sorted(missing))) if missing else ""


def _skills_of(lead: Person, days: set[date]) -> dict[date, frozenset[str]]:
    """What the technician can do on each of the days."""
    if not days:
        return {}
    roster = Roster([lead.branch_id], min(days), max(days), only=[lead.id])
    return {day: roster.on(person, day).skills for person in roster.people for day in days}
