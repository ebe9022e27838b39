"""Pages of branches, for the administrator."""

from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldservice.branches import actions, exports
from fieldservice.branches.models import STORE, Branch
from fieldservice.branches.payloads import BranchForm
from fieldservice.branches.queries import all_branches, branch_by_id
from fieldservice.branches.rules import NEAR_ZONES, other_zones
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.web import exports as web_exports
from fieldservice.web.forms import FormState, expected_version, read_form
from fieldservice.web.notices import say

blueprint = Blueprint("branches", __name__, url_prefix="/branches")

Page = str | Response | tuple[str, int]
FIELDS = ("code", "name", "kind", "timezone", "phone", "address")


@blueprint.get("")
@needs("branches.manage")
def list_branches() -> Page:
    """All branches."""
    if web_exports.asked():
        return web_exports.send_list("branches", _("Branches"), exports.columns(), all_branches)
    return render_template("branches/list.html", branches=all_branches())


@blueprint.get("/new")
@needs("branches.manage")
def new_branch() -> Page:
    """The form of a new branch."""
    return _page(None, FormState.of({"kind": STORE, "timezone": current_app.config["TIMEZONE"]}))


@blueprint.post("")
@needs("branches.manage")
def add_branch() -> Page:
    """Adds a branch."""
    form = FormState.typed(request.form)
    given = read_form(BranchForm, request.form, form)
    if given is None:
        return _page(None, form), 422
    try:
        actions.add_branch(given.entry(), by=g.person, at=clock.now())
        db.session.commit()
    except RuleBroken as error:
        return _refused(None, form, error)
    say(_("The branch is added."))
    return redirect(url_for("branches.list_branches"), 303)


@blueprint.get("/<branch_id>")
@needs("branches.manage")
def show_branch(branch_id: str) -> Page:
    """The form of a branch."""
    branch = branch_by_id(branch_id)
    return _page(branch, FormState.of(_stored(branch)))


@blueprint.post("/<branch_id>")
@needs("branches.manage")
def change_branch(branch_id: str) -> Page:
    """Changes a branch; when somebody else did meanwhile, shows what differs."""
    branch, form = branch_by_id(branch_id, to_change=True), FormState.typed(request.form)
    given = read_form(BranchForm, request.form, form)
    if given is None:
        return _page(branch, form), 422
    try:
        actions.change_branch(branch, given.entry(), expected_version=expected_version(request.form), by=g.person,
                              at=clock.now())
        db.session.commit()
    except Conflict as error:
        db.session.rollback()
        form.conflict(_stored(branch))
        return _page(branch, form), error.status
    except RuleBroken as error:
        return _refused(branch, form, error)
    say(_("The branch is saved."))
    return redirect(url_for("branches.list_branches"), 303)


@blueprint.post("/<branch_id>/closure")
@needs("branches.manage")
def close_branch(branch_id: str) -> Response:
    """Closes a branch."""
    actions.close_branch(branch_by_id(branch_id, to_change=True), by=g.person, at=clock.now())
    db.session.commit()
    say(_("The branch is closed: it takes no new people or jobs."))
    return redirect(url_for("branches.list_branches"), 303)


@blueprint.post("/<branch_id>/reopening")
@needs("branches.manage")
def reopen_branch(branch_id: str) -> Response:
    """Opens a branch again."""
    actions.reopen_branch(branch_by_id(branch_id, to_change=True), by=g.person, at=clock.now())
    db.session.commit()
    say(_("The branch is open again."))
    return redirect(url_for("branches.list_branches"), 303)


def _refused(branch: Branch | None, form: FormState, error: RuleBroken) -> Page:
    db.session.rollback()
    form.add_rule(error.facts.get("field", ""), error)
    return _page(branch, form), error.status


def _page(branch: Branch | None, form: FormState) -> str:
    zones: dict[str, Any] = {"near_zones": NEAR_ZONES, "other_zones": other_zones()}
    return render_template("branches/form.html", branch=branch, form=form, **zones)


def _stored(branch: Branch) -> dict[str, Any]:
    return {name: getattr(branch, name) for name in FIELDS}
