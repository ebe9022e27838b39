"""The form of one step."""

from typing import Any

from flask import g, render_template, request, url_for

from fieldservice.checklists.conditions import Offer, condition_of, condition_words, fact_offers, step_offers
from fieldservice.checklists.content import CONDITIONS_MOST, MALFORMED, check_content
from fieldservice.checklists.editing import ITEMS, found, fresh_key, kept, place_of
from fieldservice.checklists.items import ITEM_TYPES
from fieldservice.checklists.items.base import Fault, Json
from fieldservice.checklists.items.photo import SLOTS
from fieldservice.checklists.models import DRAFT, ChecklistVersion
from fieldservice.checklists.payloads import (
    PHOTOS_MOST,
    SHEETS,
    add_faults,
    field_labels,
    fresh_step,
    option_names,
    read_step,
    rows_of,
    step_fields,
    swap_rows,
)
from fieldservice.checklists.queries import version_for
from fieldservice.checklists.rights import check_edits
from fieldservice.checklists.rules import PHASES
from fieldservice.checklists.views.base import Page, blueprint, draft_to_edit, refused, save, to_version
from fieldservice.core.errors import Conflict, NotFound, RuleBroken
from fieldservice.core.i18n import LANGUAGES
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.web.checklist_words import KINDS, PLACEHOLDERS, placeholder_names
from fieldservice.web.checklist_words import PHASES as PHASE_WORDS
from fieldservice.web.checklist_words import SHEETS as SHEET_WORDS
from fieldservice.web.forms import FormState, expected_version
from fieldservice.web.listing import asked_text
from fieldservice.web.notices import say
from fieldservice.web.visit_words import SLOTS as SLOT_WORDS

#: buttons of the form that only show it anew: other fields, one more answer, another order
SHOW = "show"


@blueprint.route("/versions/<version_id>/steps/new", methods=["GET", "POST"])
@needs("checklists.edit")
def add_step(version_id: str) -> Page:
    """A new step: first of which kind, then its words."""
    version = _draft(version_id)
    if not isinstance(version, ChecklistVersion):
        return version
    if request.method == "POST":
        return _save(version, "")
    phase, kind = asked_text("phase"), asked_text("kind")
    phase = phase if phase in PHASES else PHASES[0]
    if kind not in ITEM_TYPES:
        return render_template("checklists/kind.html", version=version, phase=phase, kinds=ITEM_TYPES)
    return _form(version, "", FormState.of(fresh_step(kind, phase)))


@blueprint.route("/versions/<version_id>/steps/<key>", methods=["GET", "POST"])
@needs("checklists.edit")
def edit_step(version_id: str, key: str) -> Page:
    """Changes a step; what is still wrong with it stands beside its fields."""
    version = _draft(version_id)
    if not isinstance(version, ChecklistVersion):
        return version
    if request.method == "POST":
        return _save(version, key)
    item = found(version.content, ITEMS, key)
    if item is None:
        raise NotFound()
    state = FormState.of(step_fields(item))
    add_faults(state, faults_of(version.content, ITEMS, key))
    return _form(version, key, state, is_saved=True)


def faults_of(content: Json, part: str, key: str) -> list[Fault]:
    """What is wrong with one step or phrase; paths within it."""
    start = f"{part}.{place_of(content, part, key)}"
    return [
        Fault(fault.path[len(start) + 1 :], fault.code)
        for fault in check_content(content)
        if f"{fault.path}.".startswith(f"{start}.")
    ]


def is_stale(version: ChecklistVersion, state: FormState, stored: dict[str, Any]) -> bool:
    """Whether somebody changed this very step or phrase since the form was opened; another one does no harm."""
    if expected_version(request.form) == version.version:
        return False
    now = FormState.of(stored).opened
    return any(state.opened.get(name, []) != texts for name, texts in now.items())


def _draft(version_id: str) -> Any:
    """The draft, or the way to the version that is none any more."""
    version = version_for(g.person, version_id)
    check_edits(g.person, version.template.branch_id)
    if version.state == DRAFT:
        return version
    refused(RuleBroken("not_a_draft"))
    return to_version(version_id)


def _save(version: ChecklistVersion, key: str) -> Page:
    state = FormState.typed(request.form)
    if request.form.get("act", "").startswith(SHOW):
        _show_anew(state, request.form["act"])
        return _form(version, key, state)
    old = found(version.content, ITEMS, key) if key else None
    if key and old is None:
        return _gone(version, state)
    if old and is_stale(version, state, step_fields(old)):
        return _conflict(version, key, state)
    item = read_step(request.form, state, key or _new_key(version), _option_keys(old))
    if item is None:
        return _form(version, key, state), 422
    try:
        faults = save(version, kept(version.content, ITEMS, item))
    except Conflict:
        return _conflict(draft_to_edit(version.id), key, state)
    except RuleBroken as error:
        return _refused(version, key, state, item, error)
    _say_saved(bool(faults_of(version.content, ITEMS, item["key"])), bool(faults))
    return to_version(version.id, f"at-{item['key']}")


def _say_saved(is_faulty: bool, _draft_is_faulty: bool) -> None:
    say(_("Saved. Something is still missing in it: see what is marked.") if is_faulty else _("Saved."))


def _show_anew(state: FormState, act: str) -> None:
    """`show` alone, `show:more` for one more row, `show:up:3` to move an answer."""
    if act.startswith(f"{SHOW}:up:") and act.rsplit(":", 1)[1].isdigit():
        row = int(act.rsplit(":", 1)[1])
        if 0 < row < rows_of(state):
            swap_rows(state, row, row - 1)


def _refused(version: ChecklistVersion, key: str, state: FormState, item: Json, error: RuleBroken) -> Page:
    refused_faults = error.facts.get("faults", [])
    if not refused_faults:
        refused(error)
        return to_version(version.id)
    content = kept(version.content, ITEMS, item)
    own = [fault for fault in faults_of(content, ITEMS, item["key"]) if fault.code in MALFORMED]
    add_faults(state, own or refused_faults)
    return _form(version, key, state), error.status


def _conflict(version: ChecklistVersion, key: str, state: FormState) -> Page:
    item = found(version.content, ITEMS, key)
    if item is None:
        return _gone(version, state)
    stored = step_fields(item)
    shown = _shown(stored, version.content)
    groups = [option_names(row) for row in range(12)]
    state.conflict(stored, shown, together=groups)
    return _form(version, key, state), 409


def _gone(version: ChecklistVersion, state: FormState) -> Page:
    """Somebody deleted it: what was typed can be added anew."""
    state.errors[""] = _("Somebody deleted this step meanwhile. Save to add it again as a new one.")
    return _form(version, "", state), 409


def _shown(stored: dict[str, Any], content: Json) -> dict[str, str]:
    """Words for values that are codes."""
    words = {
        "type": str(KINDS.get(stored["type"], "")),
        "phase": str(PHASE_WORDS.get(stored["phase"], "")),
        "sheet": str(SHEET_WORDS.get(stored["sheet"], "")),
        "slot": str(SLOT_WORDS.get(stored.get("slot", ""), "")),
        "optional": _("yes") if stored["optional"] else _("no"),
        "many": _("yes") if stored.get("many") else _("no"),
    }
    conditions = [condition_of(code) for code in stored["when"]]
    words["when"] = _("; ").join(condition_words(one, content["items"]).words for one in conditions if one)
    return {name: said for name, said in words.items() if said}


def _form(version: ChecklistVersion, key: str, state: FormState, *, is_saved: bool = False) -> str:
    kind = state.value("type") if state.value("type") in ITEM_TYPES else "confirm"
    phase = state.value("phase")
    address = (
        url_for("checklists.edit_step", version_id=version.id, key=key)
        if key
        else url_for("checklists.add_step", version_id=version.id)
    )
    return render_template(
        "checklists/step.html",
        version=version,
        key=key,
        form=state,
        is_saved=is_saved,
        address=address,
        kind=kind,
        kinds=KINDS,
        phases=PHASE_WORDS,
        slots=[(slot, SLOT_WORDS[slot]) for slot in SLOTS],
        sheets=[(code, SHEET_WORDS[code]) for code in SHEETS if not code or code in ITEM_TYPES[kind].sheets],
        photos_most=PHOTOS_MOST,
        rows=rows_of(state),
        labels=field_labels(),
        facts=fact_offers(),
        steps=step_offers(_earlier(version.content, key, phase)),
        chosen=_chosen(state, version.content),
        placeholders=_placeholders(),
    )


def _earlier(content: Json, key: str, phase: str) -> list[Json]:
    """The steps that stand before it; a new one, or one that goes to another phase, is last there."""
    if phase not in PHASES:
        return []
    item = found(content, ITEMS, key)
    if item and item["phase"] == phase:
        return list(content[ITEMS][: place_of(content, ITEMS, key)])
    reached = PHASES.index(phase)
    return [one for one in content[ITEMS] if PHASES.index(one["phase"]) <= reached and one["key"] != key]


def _chosen(state: FormState, content: Json) -> list[Offer]:
    """What each list of conditions has chosen, also when it is no longer offered; and one that is still free."""
    codes = [code for code in state.all("when") if code][:CONDITIONS_MOST]
    known = [(code, condition_of(code)) for code in codes]
    offers = [condition_words(condition, content["items"]) for _code, condition in known if condition]
    return [*offers, Offer("", "")][:CONDITIONS_MOST]


def _placeholders() -> dict[str, list[tuple[str, str]]]:
    """Language → (name in it, what it is in the page's language)."""
    return {
        language: [(name, str(PLACEHOLDERS[key])) for key, name in placeholder_names(language).items()]
        for language in LANGUAGES
    }


def _new_key(version: ChecklistVersion) -> str:
    return fresh_key(item["key"] for item in version.content[ITEMS])


def _option_keys(item: Json | None) -> list[str]:
    return [option["key"] for option in (item or {}).get("options", ())]
