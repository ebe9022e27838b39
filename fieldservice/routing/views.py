"""Travel times of a branch: what they are reckoned from, since when and by whom."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldservice.branches.models import Branch
from fieldservice.branches.queries import open_branches
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, NotFound, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.routing import actions, queries, services, travel
from fieldservice.routing.payloads import TravelForm
from fieldservice.web.forms import FormState, read_form
from fieldservice.web.notices import say
from fieldservice.web.travel_words import NAMES, TROUBLES
from fieldservice.web.words import reason_words

blueprint = Blueprint("routing", __name__)

Page = str | Response | tuple[str, int]
#: straight lines for which the page shows what the numbers come to, kilometres
EXAMPLES = (1, 3, 8, 20)


@blueprint.get("/travel")
@needs("travel.edit")
def show() -> Page:
    """The numbers of a branch and how they came to be."""
    branch = chosen_branch()
    return _page(branch, _stored(branch))


@blueprint.post("/travel")
@needs("travel.edit")
def change() -> Page:
    """New numbers from now on."""
    branch, state = chosen_branch(), FormState.typed(request.form)
    form = read_form(TravelForm, request.form, state)
    if form is None:
        return _page(branch, state), 422
    try:
        actions.set_travel(branch, form.model(), expected_id=request.form.get("setting", ""), by=g.person, at=clock.now())
        db.session.commit()
    except Conflict as error:
        db.session.rollback()
        state.add("", error.code)
        return _page(branch, state), error.status
    say(_("The travel times of %(branch)s are kept.", branch=branch.name))
    return redirect(_here(branch), 303)


@blueprint.post("/travel/return")
@needs("travel.edit")
def take_back() -> Page:
    """The numbers before the last change count again."""
    branch = chosen_branch()
    try:
        actions.take_back(branch, expected_id=request.form.get("setting", ""), by=g.person, at=clock.now())
        db.session.commit()
    except (Conflict, RuleBroken) as error:
        db.session.rollback()
        say(reason_words(error.code, error.facts))
        return redirect(_here(branch), 303)
    say(_("The numbers of before count again."))
    return redirect(_here(branch), 303)


def chosen_branch() -> Branch:
    """The branch of the address or form, else the person's own. Raises NotFound for one they may not see."""
    wanted = request.values.get("branch", "")
    offered = branches_offered()
    found = next((one for one in offered if one.code == wanted), None) if wanted else None
    if found is None and not wanted:
        found = next((one for one in offered if one.id == g.person.branch_id), offered[0] if offered else None)
    if found is None:
        raise NotFound()
    return found


def branches_offered() -> list[Branch]:
    """Those whose numbers this person may set."""
    return [one for one in open_branches() if g.person.sees_all_branches or one.id == g.person.branch_id]


def _here(branch: Branch) -> str:
    return url_for("routing.show", branch=branch.code)


def _stored(branch: Branch) -> FormState:
    model = queries.model_of(branch.id)
    values: dict[str, Any] = asdict(model)
    return FormState.of({
        **{name: _short(values[name]) for name in queries.NUMBERS if name != "parking_seconds"},
        "parking_minutes": _short(model.parking_seconds / 60),
        "factors": [str(factor // 10) for factor in model.factor_per_mille],
    })  # fmt: skip


def _short(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".")


def _page(branch: Branch, form: FormState) -> str:
    model, history = queries.model_of(branch.id), queries.history_of(branch.id)
    standing = services.standing(str(current_app.config["ROADS"]))
    examples = [(km, round(travel.estimate(km * 1000, model) / 60)) for km in EXAMPLES]
    trouble = standing and {"name": NAMES[standing.code], "why": TROUBLES[standing.trouble], "since": standing.since}
    return render_template(
        "routing/travel.html", branch=branch, branches=branches_offered(), form=form, history=history,
        setting=history[0].id if history else "", is_usual=actions.is_usual(model), examples=examples, trouble=trouble,
        roads=NAMES.get(current_app.config["ROADS"], ""))  # fmt: skip
