"""The page of one version: steps by phase and phrases; of a draft with all that can be done to it."""

from collections import defaultdict
from typing import Any

from flask import g, render_template, request

from fieldservice.checklists import actions
from fieldservice.checklists.content import check_content
from fieldservice.checklists.editing import ITEMS, PHRASES, found, moved, place_of, removed
from fieldservice.checklists.items.base import Fault
from fieldservice.checklists.models import DRAFT, ChecklistVersion
from fieldservice.checklists.payloads import field_labels, field_of
from fieldservice.checklists.queries import names_of, version_for
from fieldservice.checklists.rights import edits
from fieldservice.checklists.rules import PHASES
from fieldservice.checklists.views.base import (
    Page,
    at_once,
    blueprint,
    draft_to_edit,
    is_editable,
    refused,
    save,
    to_template,
    to_version,
)
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, NotFound, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.web.checklist_words import PHASES as PHASE_WORDS
from fieldservice.web.checklist_words import fault_words
from fieldservice.web.forms import expected_version
from fieldservice.web.notices import say

PARTS = {"steps": ITEMS, "phrases": PHRASES}


@blueprint.get("/versions/<version_id>")
@needs("desk.read")
def show_version(version_id: str) -> Page:
    """Any version to look at; a draft to work on."""
    version = version_for(g.person, version_id)
    faults = check_content(version.content) if version.state == DRAFT else []
    return render_template(
        "checklists/version.html",
        version=version,
        content=version.content,
        phases=PHASES,
        faults=_by_entry(faults),
        fault_count=len(faults),
        names=names_of([version.created_by_id, version.published_by_id]),
        editable=is_editable(version),
        may_edit=edits(g.person, version.template),
    )


@blueprint.post("/versions/<version_id>/discarding")
@needs("checklists.edit")
def discard(version_id: str) -> Page:
    """Throws a draft away."""
    version = version_for(g.person, version_id)
    template_id = version.template_id
    try:
        version = draft_to_edit(version_id)
        actions.discard_draft(
            version, expected_version=expected_version(request.form), by=g.person, at=clock.now()
        )
        db.session.commit()
    except (Conflict, RuleBroken) as error:
        refused(error)
        return to_version(version_id)
    say(_("The draft is thrown away. Its content stays in the history."))
    return to_template(template_id)


@blueprint.post("/versions/<version_id>/<part>/<key>/place")
@needs("checklists.edit")
def move(version_id: str, part: str, key: str) -> Page:
    """One place up or down."""

    def change(version: ChecklistVersion) -> str:
        _must_have(version, part, key)
        content = moved(version.content, PARTS[part], key, up=request.form.get("to") == "up")
        save(version, content)
        entry = found(content, PARTS[part], key)
        place = place_of(content, PARTS[part], key) + 1
        if entry and "phase" in entry:
            first = next(n for n, item in enumerate(content[ITEMS]) if item["phase"] == entry["phase"])
            phase = str(PHASE_WORDS[entry["phase"]])
            say(_("Moved: now step %(place)s in “%(phase)s”.", place=place - first, phase=phase))
        else:
            say(_("Moved: now number %(place)s.", place=place))
        return f"at-{key}"

    return at_once(version_id, change)


@blueprint.post("/versions/<version_id>/<part>/<key>/removal")
@needs("checklists.edit")
def remove(version_id: str, part: str, key: str) -> Page:
    """Takes it out, unless somebody changed the draft since this page was shown."""

    def change(version: ChecklistVersion) -> str:
        _must_have(version, part, key)
        if version.version != expected_version(request.form):
            raise Conflict("changed_meanwhile")
        content, place = (
            removed(version.content, PARTS[part], key),
            place_of(version.content, PARTS[part], key),
        )
        save(version, content)
        say(_("Deleted."))
        left = content[PARTS[part]]
        return f"at-{left[min(place, len(left) - 1)]['key']}" if left else part

    return at_once(version_id, change)


def _must_have(version: ChecklistVersion, part: str, key: str) -> None:
    if part not in PARTS or found(version.content, PARTS[part], key) is None:
        raise NotFound()


def _by_entry(faults: list[Fault]) -> dict[str, list[str]]:
    """'items.3' → sentences, each with its field; 'items' and 'phrases' → what is wrong with all of them."""
    labels: dict[str, Any] = field_labels()
    said: dict[str, list[str]] = defaultdict(list)
    for fault in faults:
        parts = fault.path.split(".", 2)
        label = labels.get(field_of(parts[2]), "") if len(parts) > 2 else ""
        words = f"{label}{_(': ')}{fault_words(fault.code)}" if label else fault_words(fault.code)
        if words not in said[".".join(parts[:2])]:
            said[".".join(parts[:2])].append(words)
    return said
