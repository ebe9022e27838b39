"""What a branch's own trips say of its travel times, and taking that over."""

import hashlib

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldservice.branches.models import Branch
from fieldservice.branches.queries import open_branches
from fieldservice.core import clock, json
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, NotFound
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.dispatch.trips import WITHIN, trips_of
from fieldservice.dispatch.views.blueprint import blueprint
from fieldservice.routing.actions import set_travel
from fieldservice.routing.calibration import LEAST_TRIPS, Calibration, calibrate
from fieldservice.routing.queries import model_of, setting_of
from fieldservice.web.notices import say
from fieldservice.web.travel_words import LEFT_OUT
from fieldservice.web.words import reason_words


@blueprint.get("/travel/calibration", endpoint="calibration")
@needs("travel.edit")
def show() -> str:
    """The trips by distance and hour beside the estimates; nothing is changed."""
    branch = _branch()
    setting, found = setting_of(branch.id), _calibration(branch)
    return render_template(
        "dispatch/calibration.html", branch=branch, found=found, model=model_of(branch.id), least=LEAST_TRIPS,
        setting=setting.id if setting else "", shown=_mark(found), left_out=LEFT_OUT, days=WITHIN.days)  # fmt: skip


@blueprint.post("/travel/calibration", endpoint="calibrate")
@needs("travel.edit")
def take_over() -> Response:
    """The proposed numbers count from now on, if they are still those that were looked at."""
    branch = _branch()
    found = _calibration(branch)
    here = url_for("dispatch.calibration", branch=branch.code)
    if found.proposal is None or _mark(found) != request.form.get("shown", ""):
        say(_("There are other trips by now. Nothing was changed: look at the numbers again."))
        return redirect(here, 303)
    try:
        set_travel(branch, found.proposal, expected_id=request.form.get("setting", ""), by=g.person, at=clock.now(),
                   basis=found.basis())  # fmt: skip
        db.session.commit()
    except Conflict as error:
        db.session.rollback()
        say(reason_words(error.code, error.facts))
        return redirect(here, 303)
    say(_("The travel times of %(branch)s are kept.", branch=branch.name))
    return redirect(url_for("routing.show", branch=branch.code), 303)


def _calibration(branch: Branch) -> Calibration:
    return calibrate(trips_of(branch, clock.now()), model_of(branch.id))


def _branch() -> Branch:
    """Raises NotFound for one this person may not see."""
    wanted = request.values.get("branch", "") or g.person.branch.code
    found = next((one for one in open_branches() if one.code == wanted), None)
    if found is None or not (g.person.sees_all_branches or found.id == g.person.branch_id):
        raise NotFound()
    return found


def _mark(found: Calibration) -> str:
    """Tells one proposal from another."""
    return hashlib.sha256(json.dumps(found.basis() | {"then": repr(found.proposal)}).encode()).hexdigest()[:16]
