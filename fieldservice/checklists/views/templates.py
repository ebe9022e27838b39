"""The list of what is in force, and the page of one checklist with its versions."""

from collections import defaultdict
from typing import Annotated

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldservice.branches.models import STORE, Branch
from fieldservice.branches.queries import open_branches
from fieldservice.checklists import actions, exports, queries
from fieldservice.checklists.models import EVERYWHERE, PUBLISHED, ChecklistTemplate, ChecklistVersion
from fieldservice.checklists.rights import check_edits, edits, edits_all, edits_branch
from fieldservice.checklists.views.base import Page, blueprint, refused, to_template, to_version
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.web import exports as web_exports
from fieldservice.web.forms import Form, FormState, expected_version, one_of, read_form
from fieldservice.web.job_words import TYPES
from fieldservice.web.notices import say


class StartForm(Form):
    """The first draft of a job type."""

    job_type: Annotated[str, one_of(TYPES)]
    #: '': for the whole organisation
    branch_id: str = ""
    #: the version whose steps it begins with; '' for none
    like: str = ""


@blueprint.get("")
@needs("desk.read")
def index() -> Page:
    """Per job type what is in force and what is being worked on."""
    standings = queries.standings_for(g.person)
    by_type = defaultdict(list)
    for standing in standings:
        by_type[standing.template.job_type].append(standing)
    versions = [version for found in standings for version in (found.in_force, *found.drafts) if version]
    if web_exports.asked():
        columns = exports.columns(_names(versions), g.person.branch.timezone)
        return web_exports.send_list("checklists", _("Checklists"), columns, lambda: queries.standings_for(g.person))
    return render_template(
        "checklists/list.html",
        by_type=by_type,
        job_types=list(TYPES),
        names=_names(versions),
        may_start=edits_branch(g.person, None),
        in_force=[standing.in_force for standing in standings if standing.in_force],
    )


@blueprint.post("")
@needs("checklists.edit")
def start() -> Page:
    """The first draft of a job type that has no checklist."""
    given = read_form(StartForm, request.form, FormState())
    if given is None:
        say(_("Choose the kind of visit."))
        return redirect(url_for("checklists.index"), 303)
    check_edits(g.person, given.branch_id or None)
    branch = _branch(given.branch_id) if given.branch_id else None
    like = queries.version_for(g.person, given.like) if given.like else None
    try:
        version = actions.start_template(
            given.job_type, branch=branch, like=like, by=g.person, at=clock.now()
        )
        db.session.commit()
    except RuleBroken as error:
        refused(error)
        return redirect(url_for("checklists.index"), 303)
    return to_version(version.id)


@blueprint.get("/<template_id>")
@needs("desk.read")
def show_template(template_id: str) -> Page:
    """One checklist: what is in force, drafts, every version there was."""
    template = queries.template_for(g.person, template_id)
    versions = sorted(template.versions, key=lambda version: -version.number)
    in_force = next((version for version in versions if version.state == PUBLISHED), None)
    organisation = queries.template_of(template.job_type, None) if template.branch_id else template
    return render_template(
        "checklists/template.html",
        template=template,
        versions=versions,
        in_force=in_force,
        organisation=organisation,
        of_organisation=queries.published_of(organisation) if organisation else None,
        own_branches=queries.branches_with_their_own(g.person, template.job_type)
        if template.scope == EVERYWHERE
        else [],
        names=_names(versions),
        may_edit=edits(g.person, template),
        copy_to=_branches_to_copy_to(template),
    )


@blueprint.post("/<template_id>/drafts")
@needs("checklists.edit")
def add_draft(template_id: str) -> Page:
    """A draft with what is in force; of a branch without its own, with the organisation's."""
    template = queries.template_for(g.person, template_id)
    check_edits(g.person, template.branch_id)
    try:
        version = _draft_of(template)
        db.session.commit()
    except RuleBroken as error:
        refused(error)
        return to_template(template_id)
    return to_version(version.id)


@blueprint.post("/versions/<version_id>/copies")
@needs("checklists.edit")
def copy_version(version_id: str) -> Page:
    """A draft with the same content: for a branch, or where the version is."""
    version = queries.version_for(g.person, version_id)
    branch_id = request.form.get("branch_id") or version.template.branch_id
    check_edits(g.person, branch_id)
    branch = _branch(branch_id) if branch_id else None
    try:
        copy = actions.copy_template(version, branch=branch, by=g.person, at=clock.now())
        db.session.commit()
    except RuleBroken as error:
        refused(error)
        there = queries.template_of(version.template.job_type, branch_id)
        return to_template(there.id if there else version.template_id)
    say(_("Copied. Change what you like, then publish it."))
    return to_version(copy.id)


@blueprint.post("/versions/<version_id>/withdrawal")
@needs("checklists.edit")
def withdraw_version(version_id: str) -> Response:
    """A branch goes back to the organisation's."""
    version = queries.version_for(g.person, version_id)
    template = version.template
    check_edits(g.person, template.branch_id)
    try:
        actions.withdraw(
            version, expected_version=expected_version(request.form), by=g.person, at=clock.now()
        )
        db.session.commit()
    except (Conflict, RuleBroken) as error:
        refused(error)
    else:
        say(_("From now on visits that begin are done by the organisation's checklist."))
    return to_template(template.id)


def _draft_of(template: ChecklistTemplate) -> ChecklistVersion:
    own, of_all = queries.published_of(template), queries.template_of(template.job_type, None)
    model = own or (queries.published_of(of_all) if of_all else None)
    if model is None or model is own:
        return actions.new_draft(template, by=g.person, at=clock.now())
    return actions.copy_template(model, branch=template.branch, by=g.person, at=clock.now())


def _branch(branch_id: str | None) -> Branch | None:
    """An open branch this person may make a checklist for. Raises RuleBroken('branch_closed')."""
    found = next((branch for branch in open_branches() if branch.id == branch_id), None)
    if found is None:
        raise RuleBroken("branch_closed")
    return found


def _branches_to_copy_to(template: ChecklistTemplate) -> list[Branch]:
    """Stores this person may copy the organisation's checklist for."""
    if template.scope != EVERYWHERE or not g.person.can("checklists.edit"):
        return []
    stores = [branch for branch in open_branches() if branch.kind == STORE]
    return stores if edits_all(g.person) else [branch for branch in stores if branch.id == g.person.branch_id]


def _names(versions: list[ChecklistVersion]) -> dict[str, str]:
    """Who made and published them."""
    return queries.names_of(
        person_id for version in versions for person_id in (version.created_by_id, version.published_by_id)
    )
