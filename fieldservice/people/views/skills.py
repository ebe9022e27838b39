"""The catalogue of skills: looked at by whoever plans, kept by head office and the administrator."""

from collections.abc import Callable
from typing import Any

from flask import g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldservice.accounts.queries import edits_since
from fieldservice.core import clock, i18n
from fieldservice.core.db import db
from fieldservice.core.errors import RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.people import catalogue, exports
from fieldservice.people.models import Skill
from fieldservice.people.payloads import SkillForm
from fieldservice.people.queries import all_skills, name_of
from fieldservice.people.rules import SkillEntry
from fieldservice.people.views.blueprint import SKILL_KINDS, blueprint
from fieldservice.web import exports as web_exports
from fieldservice.web.field_words import saved_words
from fieldservice.web.forms import FormState, read_form
from fieldservice.web.merging import Row
from fieldservice.web.notices import say

#: field of the form → column of the log
_COLUMNS = {"kind": ("is_certificate",)}


@blueprint.get("/team/skills")
@needs("skills.read")
def skills() -> str | Response:
    """Every skill: what it is called, who has it, what needs it."""
    branches = catalogue.seen_branches(g.person)
    if web_exports.asked():
        return web_exports.send_list(
            "skills", _("Skills"), exports.skill_columns(_today()), lambda: catalogue.with_use(branches))
    found, used = all_skills(), catalogue.uses(branches)
    return render_template(
        "people/skills.html", skills=found, uses=used, without_any=catalogue.without_any(branches), branches=branches,
        today=_today(), kinds=SKILL_KINDS)  # fmt: skip


@blueprint.get("/team/skills/new")
@needs("skills.edit")
def new_skill() -> Response:
    """The form of a new one."""
    return _page(None, FormState.of({"kind": "craft"}))


@blueprint.post("/team/skills")
@needs("skills.edit")
def add_skill() -> Response:
    """Adds one; the same name again is told, not doubled."""
    state = FormState.typed(request.form)
    form = read_form(SkillForm, request.form, state)
    if form is None:
        return _page(None, state, 422)
    try:
        name = name_of(catalogue.add_skill(_entry(form), by=g.person, at=clock.now()))
        db.session.commit()
    except RuleBroken as error:
        return _refused(None, state, error)
    say(_("%(skill)s is in the catalogue. Enter who has it on the pages of the team.", skill=name))
    return redirect(url_for("people.skills"), 303)


@blueprint.get("/team/skills/<skill>")
@needs("skills.read")
def one_skill(skill: str) -> Response:
    """One skill: who has it, what it is called."""
    found = catalogue.skill_by_code(skill)
    return _page(found, FormState.of(_values(found)))


@blueprint.post("/team/skills/<skill>")
@needs("skills.edit")
def change_skill(skill: str) -> Response:
    """Calls it otherwise; what somebody else changed meanwhile is brought together."""
    found, state = catalogue.skill_by_code(skill, to_change=True), FormState.typed(request.form)
    row = Row(version=catalogue.version_of(found), values=_values(found),
              shown={"kind": str(SKILL_KINDS[_values(found)["kind"]])},
              edits=edits_since("skill", found.code, state.since), columns=_COLUMNS)  # fmt: skip
    if not state.merge(row):
        return _page(found, state, 409)
    form = read_form(SkillForm, request.form, state)
    if form is None:
        return _page(found, state, 422)
    try:
        catalogue.change_skill(found, _entry(form), by=g.person, at=clock.now())
        db.session.commit()
    except RuleBroken as error:
        return _refused(skill, state, error)
    say(saved_words(state.taken))
    return redirect(url_for("people.one_skill", skill=skill), 303)


@blueprint.post("/team/skills/<skill>/retirement")
@needs("skills.edit")
def retire_skill(skill: str) -> Response:
    """It is offered no more."""
    name = _done(skill, catalogue.retire_skill)
    say(_("%(skill)s is not offered any more. Whoever has it keeps it.", skill=name))
    return redirect(url_for("people.one_skill", skill=skill), 303)


@blueprint.post("/team/skills/<skill>/return")
@needs("skills.edit")
def bring_back_skill(skill: str) -> Response:
    """It is offered again."""
    name = _done(skill, catalogue.bring_back_skill)
    say(_("%(skill)s is offered again.", skill=name))
    return redirect(url_for("people.one_skill", skill=skill), 303)


@blueprint.get("/team/skills/<skill>/retirement")
@blueprint.get("/team/skills/<skill>/return")
@needs("skills.read")
def skill_reloaded(skill: str) -> Response:
    """Where a page that is loaded again after a form leads back to."""
    return redirect(url_for("people.one_skill", skill=catalogue.skill_by_code(skill).code))


def _done(skill: str, act: Callable[..., None]) -> str:
    """What it is called; `act` was done to it and committed."""
    found = catalogue.skill_by_code(skill, to_change=True)
    act(found, by=g.person, at=clock.now())
    name = name_of(found)
    db.session.commit()
    return name


def _entry(form: SkillForm) -> SkillEntry:
    return SkillEntry(form.name_zh, form.name_en, form.kind == "certificate")


def _values(found: Skill) -> dict[str, Any]:
    kind = "certificate" if found.is_certificate else "craft"
    return {"name_zh": found.name_zh, "name_en": found.name_en, "kind": kind}


def _refused(code: str | None, state: FormState, error: RuleBroken) -> Response:
    db.session.rollback()
    state.add_rule(error.facts.get("field", ""), error)
    return _page(None if code is None else catalogue.skill_by_code(code), state, error.status)


def _page(found: Skill | None, state: FormState, status: int = 200) -> Response:
    branches = catalogue.seen_branches(g.person)
    use = catalogue.uses(branches, found.code)[found.code] if found else catalogue.Use()
    version = {"version": catalogue.version_of(found) if found else 0}
    page = render_template(
        "people/skill.html", skill=found, form=state, row=version, use=use, branches=branches, today=_today(),
        kinds=SKILL_KINDS, without_any=0 if found is None or found.is_certificate else catalogue.without_any(branches))
    return make_response(page, status)  # fmt: skip


def _today() -> Any:
    return i18n.local(clock.now(), g.person.branch.timezone).date()
