"""The form of one phrase."""

from flask import g, render_template, request, url_for

from fieldservice.checklists.content import MALFORMED
from fieldservice.checklists.editing import PHRASES, found, fresh_key, kept
from fieldservice.checklists.models import DRAFT, ChecklistVersion
from fieldservice.checklists.payloads import add_faults, field_labels, phrase_fields, read_phrase
from fieldservice.checklists.queries import version_for
from fieldservice.checklists.rights import check_edits
from fieldservice.checklists.views.base import Page, blueprint, draft_to_edit, refused, save, to_version
from fieldservice.checklists.views.steps import faults_of, is_stale
from fieldservice.core.errors import Conflict, NotFound, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.web.forms import FormState
from fieldservice.web.notices import say


@blueprint.route("/versions/<version_id>/phrases/new", methods=["GET", "POST"])
@needs("checklists.edit")
def add_phrase(version_id: str) -> Page:
    """A new phrase."""
    return _page(version_id, "")


@blueprint.route("/versions/<version_id>/phrases/<key>", methods=["GET", "POST"])
@needs("checklists.edit")
def edit_phrase(version_id: str, key: str) -> Page:
    """Changes a phrase."""
    return _page(version_id, key)


def _page(version_id: str, key: str) -> Page:
    version = version_for(g.person, version_id)
    check_edits(g.person, version.template.branch_id)
    if version.state != DRAFT:
        refused(RuleBroken("not_a_draft"))
        return to_version(version_id)
    if request.method == "POST":
        return _save(version, key)
    if not key:
        return _form(version, "", FormState())
    phrase = found(version.content, PHRASES, key)
    if phrase is None:
        raise NotFound()
    state = FormState.of(phrase_fields(phrase))
    add_faults(state, faults_of(version.content, PHRASES, key))
    return _form(version, key, state, is_saved=True)


def _save(version: ChecklistVersion, key: str) -> Page:
    state = FormState.typed(request.form)
    old = found(version.content, PHRASES, key) if key else None
    if key and old is None:
        return _gone(version, state)
    if old and is_stale(version, state, phrase_fields(old)):
        return _conflict(version, key, state)
    phrase = read_phrase(
        request.form, state, key or fresh_key(one["key"] for one in version.content[PHRASES])
    )
    if phrase is None:
        return _form(version, key, state), 422
    content = kept(version.content, PHRASES, phrase)
    try:
        save(version, content)
    except Conflict:
        return _conflict(draft_to_edit(version.id), key, state)
    except RuleBroken as error:
        own = [fault for fault in faults_of(content, PHRASES, phrase["key"]) if fault.code in MALFORMED]
        add_faults(state, own or error.facts.get("faults", []))
        return _form(version, key, state), error.status
    is_faulty = bool(faults_of(version.content, PHRASES, phrase["key"]))
    say(_("Saved. Something is still missing in it: see what is marked.") if is_faulty else _("Saved."))
    return to_version(version.id, f"at-{phrase['key']}")


def _conflict(version: ChecklistVersion, key: str, state: FormState) -> Page:
    phrase = found(version.content, PHRASES, key)
    if phrase is None:
        return _gone(version, state)
    state.conflict(phrase_fields(phrase))
    return _form(version, key, state), 409


def _gone(version: ChecklistVersion, state: FormState) -> Page:
    state.errors[""] = _("Somebody deleted this phrase meanwhile. Save to add it again as a new one.")
    return _form(version, "", state), 409


def _form(version: ChecklistVersion, key: str, state: FormState, *, is_saved: bool = False) -> str:
    address = (
        url_for("checklists.edit_phrase", version_id=version.id, key=key)
        if key
        else url_for("checklists.add_phrase", version_id=version.id)
    )
    return render_template(
        "checklists/phrase.html",
        version=version,
        key=key,
        form=state,
        is_saved=is_saved,
        address=address,
        labels=field_labels(),
    )
