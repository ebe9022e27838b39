"""How the phone will show a version, with sample values and switches for what decides which steps are asked."""

from dataclasses import dataclass
from typing import Any

from flask import g, render_template, request
from markupsafe import Markup

from fieldservice.branches.models import STORE, Branch
from fieldservice.branches.queries import open_branches
from fieldservice.checklists.conditions import condition_words, in_words, values_of
from fieldservice.checklists.items.base import Json
from fieldservice.checklists.models import ChecklistVersion
from fieldservice.checklists.queries import version_for
from fieldservice.checklists.rules import PHASES, applying, progress
from fieldservice.checklists.views.base import Page, blueprint, is_editable
from fieldservice.core import i18n
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.web.forms import FormState
from fieldservice.web.job_words import NEEDS, TYPES
from fieldservice.web.listing import asked_text

#: yuan of the sample; a charge is either this or none
SAMPLE_FEN = 18_000
SAMPLE_BADGE = "0217"
#: facts of a job that are yes or no → how the switch is called
SWITCHES = ("charge", "under_warranty", "stops_supply")


@dataclass(frozen=True)
class Switch:
    """An earlier answer that decides about later steps."""

    key: str
    words: str
    #: (code, words)
    answers: list[tuple[str, str]]
    chosen: str


@blueprint.get("/versions/<version_id>/preview")
@needs("desk.read")
def preview_version(version_id: str) -> Page:
    """Both languages beside each other."""
    version = version_for(g.person, version_id)
    content = version.content
    form = FormState.typed(request.args)
    asks_special = [need for need in NEEDS if _mentions(content, "special_needs", need)] or ["elderly"]
    switches = [_switch(item, content) for item in _deciding(content)]
    facts = {
        "job_type": version.template.job_type,
        "special_needs": [need for need in form.all("needs") if need in NEEDS],
        **{fact: bool(form.value(fact)) for fact in SWITCHES},
    }
    answers = {switch.key: answer for switch in switches if (answer := _answer(content, switch))}
    shown = [item["key"] for item in applying(content, facts, answers)]
    return render_template(
        "checklists/preview.html",
        version=version,
        form=form,
        editable=is_editable(version),
        needs=[(need, NEEDS[need]) for need in asks_special],
        switches=switches,
        phones=[(language, _phone(version, language, facts, answers)) for language in i18n.LANGUAGES],
        left_out=[
            (item, [condition_words(one, content["items"]).words for one in item["when"]])
            for item in content["items"]
            if item["key"] not in shown
        ],
        shown_count=len(shown),
    )


def _phone(version: ChecklistVersion, language: str, facts: Json, answers: Json) -> Markup:
    """The screen in one language: words of the product and of the checklist."""
    seen = {"photos": [], "signed": False}
    with i18n.speaking(language):
        return Markup(  # noqa: S704 a rendered template
            render_template(
                "checklists/_phone.html",
                language=language,
                job_type=version.template.job_type,
                phases=PHASES,
                items=applying(version.content, facts, answers),
                phrases=version.content["phrases"],
                progress=progress(version.content, facts, {}, seen),
                fill=lambda text: _filled(text, version, facts["charge"]),
            )
        )


def _filled(text: str, version: ChecklistVersion, is_charged: bool) -> str:
    sample = {
        "address_form": _("Ms Zhang"),
        "customer": _("Zhang Lihua"),
        "technician": _("Wang Jianguo"),
        "badge_no": SAMPLE_BADGE,
        "visit_type": str(TYPES.get(version.template.job_type, "")),
        "amount": i18n.sum_words(SAMPLE_FEN if is_charged else 0),
        "branch": _sample_branch(version).name,
    }
    for name, value in sample.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _sample_branch(version: ChecklistVersion) -> Branch:
    """The branch it is for; of the organisation's the viewer's own, or where that is head office the first store."""
    own: Branch = version.template.branch or g.person.branch
    stores = [branch for branch in open_branches() if branch.kind == STORE] if own.is_head_office else []
    return stores[0] if stores else own


def _deciding(content: Json) -> list[Json]:
    """Steps whose answer decides about others, in order."""
    named = {one["item"] for item in content["items"] for one in item["when"] if "item" in one}
    return [item for item in content["items"] if item["key"] in named and any(True for _v in values_of(item))]


def _switch(item: Json, content: Json) -> Switch:
    """What it can be answered; not answered at all stands last. The first answer holds until another is chosen."""
    answers = [(option["key"], in_words(option["words"])) for option in item.get("options", ())]
    if not answers:
        said = {True: _("done"), False: _("not done")}
        if item["type"] in ("number", "text"):
            said = {True: _("answered")}
        answers = [("+" if value else "-", words) for value, words in said.items()]
    answers.append(("none", _("not answered")))
    asked = asked_text(f"a_{item['key']}")
    chosen = asked if asked in dict(answers) else answers[0][0]
    return Switch(item["key"], in_words(item["words"]), answers, chosen)


def _answer(content: Json, switch: Switch) -> Json | None:
    """A value that says what the switch says; None: not answered."""
    item = next(item for item in content["items"] if item["key"] == switch.key)
    if switch.chosen == "none":
        return None
    is_yes = switch.chosen == "+"
    values: dict[str, Any] = {
        "confirm": {"done": True} if is_yes else {"done": False, "why": "–"},
        "say": {"said": True, "language": "zh"} if is_yes else {"said": False, "why": "–"},
        "choose": {"chosen": [switch.chosen], "text": "–"},
        "text": {"text": "–"},
    }
    if item["type"] == "number":
        limits = [item[name] for name in ("least_milli", "most_milli") if item[name] is not None]
        return {"milli": limits[0] if limits else 0}
    found: Json = values[item["type"]]
    return found


def _mentions(content: Json, fact: str, value: str) -> bool:
    return any(one == {"fact": fact, "is": value} for item in content["items"] for one in item["when"])
