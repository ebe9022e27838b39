"""What all pages of checklists share: finding, saving, going back."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, g, redirect, url_for
from werkzeug.wrappers import Response

from fieldservice.checklists import actions
from fieldservice.checklists.conditions import condition_words, in_words
from fieldservice.checklists.items.base import Fault, Json
from fieldservice.checklists.models import DRAFT, ChecklistVersion
from fieldservice.checklists.payloads import milli_text
from fieldservice.checklists.queries import version_for
from fieldservice.checklists.rights import check_edits, edits
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, Conflict, RuleBroken
from fieldservice.web import checklist_words, visit_words
from fieldservice.web.notices import say
from fieldservice.web.words import reason_words

blueprint = Blueprint("checklists", __name__, url_prefix="/checklists")

Page = str | Response | tuple[str, int]


def _helpers() -> dict[str, Any]:
    return {
        **checklist_words.helpers(),
        **visit_words.helpers(),
        "in_words": in_words,
        "condition_words": condition_words,
        "milli_text": milli_text,
    }


blueprint.context_processor(_helpers)


def draft_to_edit(version_id: str) -> ChecklistVersion:
    """A draft this person may change. Raises NotFound, NotAllowed, RuleBroken('not_a_draft')."""
    version = version_for(g.person, version_id)
    check_edits(g.person, version.template.branch_id)
    if version.state != DRAFT:
        raise RuleBroken("not_a_draft")
    return version


def is_editable(version: ChecklistVersion) -> bool:
    """Whether it is a draft this person may change."""
    return version.state == DRAFT and edits(g.person, version.template)


def save(version: ChecklistVersion, content: Json) -> list[Fault]:
    """Keeps a draft's content that was made from what it is now."""
    faults = actions.save_draft(
        version, content, expected_version=version.version, by=g.person, at=clock.now()
    )
    db.session.commit()
    return faults


def at_once(version_id: str, change: Callable[[ChecklistVersion], str]) -> Response:
    """Does something to a draft that needs no form of its own, and goes back to the place `change` names; a refusal is
    said there.
    """
    anchor = ""
    try:
        anchor = change(draft_to_edit(version_id))
    except (Conflict, RuleBroken) as error:
        refused(error)
    return to_version(version_id, anchor)


def refused(error: AppError) -> None:
    """Undoes what was begun and says why on the page that comes next."""
    db.session.rollback()
    say(reason_words(error.code, error.facts))


def to_version(version_id: str, anchor: str = "") -> Response:
    """To a version's page."""
    return redirect(url_for("checklists.show_version", version_id=version_id, _anchor=anchor or None), 303)


def to_template(template_id: str) -> Response:
    """To a template's page."""
    return redirect(url_for("checklists.show_template", template_id=template_id), 303)
