"""The page behind the code of a badge `/b/<token>`: who this is, and whether a visit is due; nothing of the customer."""

from datetime import datetime

from flask import Response, render_template

from fieldservice.accounts.models import Person
from fieldservice.branches.queries import head_office
from fieldservice.core import clock, i18n
from fieldservice.core.errors import NotFound
from fieldservice.core.permissions import public
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ARRIVED, WORKING
from fieldservice.people.queries import portrait_bytes, portrait_marks
from fieldservice.people.rules import initials
from fieldservice.portal import queries, rules
from fieldservice.portal.models import BADGE, Link
from fieldservice.portal.standing import hotline_hours
from fieldservice.portal.views.blueprint import pages
from fieldservice.portal.views.public import opened


@pages.get("/b/<token>")
@public
def badge(token: str) -> str:
    """Who shows this badge, and whether they are expected now."""
    link = opened(token, BADGE)
    job, person = _about(link)
    now, zone = clock.now(), job.branch.timezone
    return render_template(
        "portal/badge.html", token=token, whose=person, job=job, is_due=_is_due(job, person, now), now=now, zone=zone,
        is_here=job.state in (ARRIVED, WORKING), portrait=portrait_marks([person.id]).get(person.id),
        initials=initials, hours=hotline_hours(), head_office=head_office(), today=i18n.local(now, zone).date(),
    )  # fmt: skip


@pages.get("/b/<token>/portrait")
@public
def badge_portrait(token: str) -> Response:
    """What they look like."""
    link = queries.link_of(token, BADGE, at=clock.now())
    _job, person = _about(link)
    found = portrait_bytes(person.id) if person.is_active else None
    if found is None:
        raise NotFound("link_gone")
    answer = Response(found[0], mimetype="image/jpeg")
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@pages.route("/b/", defaults={"token": ""})
@pages.get("/b/<path:token>")
@public
def no_badge(token: str) -> str:
    """Whatever else begins like a badge's address."""
    raise NotFound("link_gone")


def _about(link: Link) -> tuple[Job, Person]:
    assert link.job
    assert link.person
    return link.job, link.person


def _is_due(job: Job, person: Person, now: datetime) -> bool:
    today = i18n.local(now, job.branch.timezone).date()
    goes = job.is_crew(person.id)
    return rules.is_due(job.state, job.visit_on, today, goes=goes, is_active=person.is_active)
