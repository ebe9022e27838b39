"""Putting the app on a phone: a one-time link as a QR code, as an address and as a short code."""

from datetime import timedelta
from urllib.parse import urlsplit

from flask import current_app, g, render_template

from fieldservice.accounts import actions
from fieldservice.accounts.actions import NewLink
from fieldservice.accounts.entering import origin
from fieldservice.accounts.models import Person, SetupLink
from fieldservice.accounts.queries import is_good, person_for
from fieldservice.accounts.rules import can_help
from fieldservice.accounts.views.blueprint import blueprint
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, NotAllowed, NotFound, RuleBroken
from fieldservice.core.permissions import needs, signed_in
from fieldservice.web.qr import qr_svg

Page = str | tuple[str, int]


@blueprint.get("/people/<person_id>/phone")
@needs("people.help")
def phone_of(person_id: str) -> Page:
    """Offers a link for one of the own people."""
    return _page(_helped(person_id))


@blueprint.post("/people/<person_id>/phone")
@needs("people.help")
def make_link_for(person_id: str) -> Page:
    """Makes a link and shows it, this once."""
    return _made(_helped(person_id))


@blueprint.get("/people/<person_id>/phone/<link_id>")
@needs("people.help")
def link_state_of(person_id: str, link_id: str) -> Page:
    """The part of the page that says whether the link was used."""
    return _state(_helped(person_id), link_id)


@blueprint.get("/account/phone")
@signed_in
def own_phone() -> Page:
    """Offers a link for a phone of one's own."""
    return _page(g.person)


@blueprint.post("/account/phone")
@signed_in
def make_own_link() -> Page:
    """Makes a link for oneself."""
    return _made(g.person)


@blueprint.get("/account/phone/<link_id>")
@signed_in
def own_link_state(link_id: str) -> Page:
    """The part of the page that says whether the own link was used."""
    return _state(g.person, link_id)


def link_address(token: str) -> str:
    """Where a one-time link leads; what the QR code says."""
    return f"{current_app.config['BASE_URL']}/go/{token}"


def _helped(person_id: str) -> Person:
    person = person_for(g.person, person_id)
    if not can_help(g.person.roles, person.roles):
        raise NotAllowed("not_allowed")
    return person


def _made(person: Person) -> Page:
    good_for = timedelta(minutes=current_app.config["SETUP_LINK_MINUTES"])
    try:
        made = actions.make_link(person, by=g.person, at=clock.now(), good_for=good_for, address=origin().address)
        db.session.commit()
    except RuleBroken as error:
        db.session.rollback()
        return _page(person, error=error), error.status
    return _page(person, made=made)


def _page(person: Person, *, made: NewLink | None = None, error: AppError | None = None) -> str:
    is_own = person.id == g.person.id
    address = link_address(made.token) if made else ""
    return render_template(
        "accounts/phone.html", whose=person, is_own=is_own, made=made, error=error, address=address,
        link=made.link if made else None, state="waiting", minutes=current_app.config["SETUP_LINK_MINUTES"],
        qr=qr_svg(address) if made else "", is_this_machine_only=_is_loopback(address))


def _state(person: Person, link_id: str) -> str:
    link = db.session.get(SetupLink, link_id)
    if link is None or link.person_id != person.id:
        raise NotFound()
    state = "used" if link.used_at else "waiting" if is_good(link, clock.now()) else "expired"
    return render_template("accounts/_link_state.html", link=link, state=state, whose=person,
                           is_own=person.id == g.person.id)


def _is_loopback(address: str) -> bool:
    """Whether no other machine can follow the address: a tried-out product without an address of its own."""
    return urlsplit(address).hostname in ("127.0.0.1", "localhost", "::1")
