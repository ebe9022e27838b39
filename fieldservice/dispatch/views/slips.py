"""The page of slips: what went otherwise than planned, what helps, whom to tell; somebody called in sick."""

from json import dumps as ascii_json

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldservice.core import clock, versions
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, NotFound, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.dispatch import slip_changes, slip_page, slip_words, undo
from fieldservice.dispatch.views.asked import read_asked
from fieldservice.dispatch.views.blueprint import blueprint
from fieldservice.dispatch.views.take_back import own_deeds
from fieldservice.people import actions as people_actions
from fieldservice.people.availability import available
from fieldservice.people.queries import planned_person
from fieldservice.web.access import is_fragment_request, note_automatic_request
from fieldservice.web.addresses import local_address
from fieldservice.web.notices import say
from fieldservice.web.words import reason_words

Answer = str | Response

SICK = "sick"


@blueprint.get("/day/slips", endpoint="slips")
@needs("jobs.assign")
def page() -> str:
    """Every slip of the day; the address carries day and branch."""
    note_automatic_request()
    version = versions.current()[1]  # first: what is committed after it is announced and read again
    asked, now = read_asked(g.person), clock.now()
    shown = slip_page.read_page(asked.branch_ids, asked.day, now)
    return render_template(
        "dispatch/_slips.html" if is_fragment_request() else "dispatch/slips.html",
        page=shown, asked=asked, at=now, version=version, timezone=asked.timezone, address=asked.addresses("slips"),
        words=slip_words, is_part=is_fragment_request(), changed=slip_page.changed_by(own_deeds(), asked.day))


@blueprint.post("/day/slips/changes")
@needs("jobs.assign")
def accept_change() -> Answer:
    """Does what was proposed, all that is ticked; what somebody was faster with is told, and nothing is done."""
    try:
        jobs = slip_changes.accept(slip_changes.read_lines(request.form.getlist("line")), by=g.person, at=clock.now())
        names = _(", ").join(dict.fromkeys(job.case.customer.address_form for job in jobs))
        db.session.commit()
    except (Conflict, RuleBroken) as error:
        db.session.rollback()
        return _answer(reason_words(error.code, error.facts))
    undone = [job.version for job in jobs if undo.last_act_on(job, g.person)]
    return _answer(
        _("Done: %(customers)s. Tell the customers for whom it is another time or another technician.", customers=names),
        url_for("dispatch.take_back_together", version=max(undone)) if undone else "")


@blueprint.post("/day/slips/absence")
@needs("jobs.assign")
def call_in_sick() -> Answer:
    """Somebody is sick on that day. Done twice, the second changes nothing."""
    asked, person_id = read_asked(g.person), request.form.get("person", "")
    found = planned_person(g.person, person_id, to_change=True)
    there = next((one for one in available([found.branch_id], asked.day) if one.person.id == found.id), None)
    if there is None or found.branch_id not in asked.branch_ids:
        raise NotFound()
    if asked.day < asked.today:
        return _answer(_("This day is over. Nothing was changed."))
    name = found.name
    if there.why_not != SICK:
        people_actions.change_days(found, [asked.day], SICK, None, "", by=g.person, at=clock.now())
    db.session.commit()
    return _answer(_("%(name)s is noted as sick for this day. Below is who could take the visits.", name=name))


@blueprint.get("/day/slips/changes")
@blueprint.get("/day/slips/absence")
@needs("jobs.assign")
def back_to_slips() -> Answer:
    """Where a reloaded page leads back to."""
    return redirect(url_for("dispatch.slips"))


def _answer(said: str, undo_at: str = "") -> Answer:
    """Told to the page that asked by htmx, which reads itself again; else on the next page."""
    if is_fragment_request():
        told = {"words": said, "undo": undo_at}
        # ascii_json: a header holds no Chinese
        return Response(status=204, headers={"HX-Trigger": ascii_json({"fieldservice:done": told})})
    say(said)
    return redirect(_back(), 303)


def _back() -> str:
    return local_address(request.form.get("next"), url_for("dispatch.slips"))
