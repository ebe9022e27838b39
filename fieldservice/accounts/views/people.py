"""People: listed for those who help them, changed by the administrator."""

from typing import Any

from flask import g, redirect, render_template, request, url_for
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from fieldservice.accounts import actions, exports
from fieldservice.accounts.models import Person
from fieldservice.accounts.payloads import PersonForm
from fieldservice.accounts.queries import branches_for, people_query, person_for
from fieldservice.accounts.rules import can_help
from fieldservice.accounts.views.blueprint import blueprint
from fieldservice.branches.models import Branch
from fieldservice.branches.queries import open_branches
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.web import exports as web_exports
from fieldservice.web.access import is_fragment_request
from fieldservice.web.forms import FormState, expected_version, read_form
from fieldservice.web.listing import asked_text, page_of
from fieldservice.web.notices import say
from fieldservice.web.role_words import ROLES, role_words

Page = str | Response | tuple[str, int]
ACTIVE = {"": True, "no": False, "all": None}


@blueprint.get("/people")
@needs("people.help")
def people() -> Page:
    """Who works here: search and filters stand in the address."""
    asked = {name: asked_text(name) for name in ("q", "branch", "role", "active")}
    query = people_query(g.person, search=asked["q"], branch_id=asked["branch"], role=asked["role"],
                         active=ACTIVE.get(asked["active"], True))
    roles = selectinload(Person.role_rows)
    ordered = query.order_by(Person.staff_no).options(roles)
    if web_exports.asked():
        columns = exports.people_columns()
        return web_exports.send_list("people", _("People"), columns, lambda: web_exports.rows_of(ordered))
    page = page_of(query, ordered, roles)
    template = "accounts/_people_list.html" if is_fragment_request() else "accounts/people.html"
    return render_template(template, page=page, asked=asked, branches=branches_for(g.person), roles=ROLES,
                           can_help=lambda one: can_help(g.person.roles, one.roles))


@blueprint.get("/people/new")
@needs("people.manage")
def new_person() -> Page:
    """The form of a new person."""
    return _page(None, FormState.of({"branch_id": asked_text("branch") or g.person.branch_id}))


@blueprint.post("/people")
@needs("people.manage")
def add_person() -> Page:
    """Adds a person and goes on to their phone: without a one-time link they cannot come in."""
    form = FormState.typed(request.form)
    given = read_form(PersonForm, request.form, form)
    if given is None:
        return _page(None, form), 422
    try:
        person = actions.add_person(given.entry(), by=g.person, at=clock.now())
        db.session.commit()
    except RuleBroken as error:
        return _refused(None, form, error)
    say(_("The person is added. With a one-time link they come in and choose a password."))
    return redirect(url_for("accounts.phone_of", person_id=person.id), 303)


@blueprint.get("/people/<person_id>")
@needs("people.manage")
def show_person(person_id: str) -> Page:
    """The form of a person."""
    person = person_for(g.person, person_id)
    return _page(person, FormState.of(_stored(person)))


@blueprint.post("/people/<person_id>")
@needs("people.manage")
def change_person(person_id: str) -> Page:
    """Changes a person; when somebody else did meanwhile, shows what differs."""
    person, form = person_for(g.person, person_id, to_change=True), FormState.typed(request.form)
    given = read_form(PersonForm, request.form, form)
    if given is None:
        return _page(person, form), 422
    try:
        actions.change_person(person, given.entry(), expected_version=expected_version(request.form), by=g.person,
                              at=clock.now())
        db.session.commit()
    except Conflict as error:
        db.session.rollback()
        form.conflict(_stored(person), _shown(person))
        return _page(person, form), error.status
    except RuleBroken as error:
        return _refused(person, form, error)
    say(_("The person is saved."))
    return redirect(url_for("accounts.people"), 303)


@blueprint.post("/people/<person_id>/disablement")
@needs("people.manage")
def disable_person(person_id: str) -> Page:
    """Lets a person in no more; their phones deliver and are wiped."""
    person = person_for(g.person, person_id, to_change=True)
    try:
        actions.disable_person(person, by=g.person, at=clock.now())
        db.session.commit()
    except RuleBroken as error:
        return _refused(person, FormState.of(_stored(person)), error)
    say(_("The account is disabled and signed out everywhere. Its phones deliver what is unsent into the inbox at their "
          "next contact, and are then wiped."))
    return redirect(url_for("accounts.show_person", person_id=person_id), 303)


@blueprint.post("/people/<person_id>/enablement")
@needs("people.manage")
def enable_person(person_id: str) -> Page:
    """Lets a disabled person in again."""
    person = person_for(g.person, person_id, to_change=True)
    try:
        actions.enable_person(person, by=g.person, at=clock.now())
        db.session.commit()
    except RuleBroken as error:
        return _refused(person, FormState.of(_stored(person)), error)
    say(_("The account is good again, and so are its phones that were not wiped yet."))
    return redirect(url_for("accounts.show_person", person_id=person_id), 303)


def _refused(person: Person | None, form: FormState, error: RuleBroken) -> Page:
    db.session.rollback()
    form.add_rule(error.facts.get("field", ""), error)
    return _page(person, form), error.status


def _page(person: Person | None, form: FormState) -> str:
    return render_template("accounts/person.html", person_shown=person, form=form, roles=ROLES,
                           branches=_branches(person))


def _branches(person: Person | None) -> list[Branch]:
    """Open branches, and the one this person is in."""
    found = open_branches()
    return found if person is None or person.branch in found else [*found, person.branch]


def _stored(person: Person) -> dict[str, Any]:
    names = ("staff_no", "name", "phone", "badge_no", "branch_id", "language")
    return {**{name: getattr(person, name) for name in names}, "roles": _in_order(person)}


def _in_order(person: Person) -> tuple[str, ...]:
    return tuple(role for role in ROLES if role in person.roles)


def _shown(person: Person) -> dict[str, str]:
    """Codes in words."""
    return {"branch_id": person.branch.name, "roles": role_words(person.roles)}
