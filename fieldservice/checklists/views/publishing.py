"""Before a draft comes into force: what is wrong, what differs, for whom it changes what."""

from flask import g, render_template, request

from fieldservice.checklists import actions, queries
from fieldservice.checklists.content import check_content
from fieldservice.checklists.differences import phrase_differences, step_differences
from fieldservice.checklists.items.base import Json
from fieldservice.checklists.models import DRAFT, EVERYWHERE, ChecklistVersion
from fieldservice.checklists.rights import check_edits
from fieldservice.checklists.views.base import (
    Page,
    blueprint,
    draft_to_edit,
    refused,
    to_template,
    to_version,
)
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.web.forms import FormState, expected_version
from fieldservice.web.notices import say

_NOTHING: Json = {"items": [], "phrases": []}


@blueprint.route("/versions/<version_id>/publishing", methods=["GET", "POST"])
@needs("checklists.edit")
def publish_version(version_id: str) -> Page:
    """Shows what publishing would change, and publishes."""
    version = queries.version_for(g.person, version_id)
    check_edits(g.person, version.template.branch_id)
    if version.state != DRAFT:
        refused(RuleBroken("not_a_draft"))
        return to_version(version_id)
    if request.method == "GET":
        return _form(version, FormState.of({"note": version.note}))
    return _publish(version, FormState.typed(request.form))


def _publish(version: ChecklistVersion, state: FormState) -> Page:
    note, expected = state.value("note"), expected_version(request.form)
    try:
        actions.publish(version, _storable(note), expected_version=expected, by=g.person, at=clock.now())
        db.session.commit()
    except Conflict as error:
        db.session.rollback()
        version, state.version = draft_to_edit(version.id), None
        state.errors[""] = _(
            "Somebody changed this draft meanwhile. Look at the differences again, then publish."
        )
        return _form(version, state), error.status
    except RuleBroken as error:
        db.session.rollback()
        state.add_rule("note" if error.code == "note_too_long" else "", error)
        return _form(version, state), error.status
    say(_("Published. Visits that begin from now on are done by it."))
    return to_template(version.template_id)


def _storable(text: str) -> str:
    """Without NUL and half characters, which no database takes."""
    return text.replace("\0", "").replace("\r\n", "\n").encode("utf-8", "replace").decode()


def _form(version: ChecklistVersion, state: FormState) -> str:
    template = version.template
    own = queries.published_of(template)
    organisation = queries.template_of(template.job_type, None)
    of_all = queries.published_of(organisation) if organisation else None
    before = own or (of_all if template.branch_id else None)
    content = before.content if before else _NOTHING
    return render_template(
        "checklists/publishing.html",
        version=version,
        template=template,
        form=state,
        before=before,
        step_differences=step_differences(content, version.content),
        phrase_differences=phrase_differences(content, version.content),
        fault_count=len(check_content(version.content)),
        own_branches=queries.branches_with_their_own(g.person, template.job_type)
        if template.scope == EVERYWHERE
        else [],
        note_most=actions.NOTE_MOST,
    )
