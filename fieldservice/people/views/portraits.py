"""Portraits at the desk: handed in on the person's page, shown to everybody who is signed in."""

from flask import Response, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from fieldservice.accounts.models import Person
from fieldservice.accounts.queries import person_for
from fieldservice.core import clock, files
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.evidence.picture import NoVerdict
from fieldservice.people import actions, queries
from fieldservice.people.rules import MOST_BYTES
from fieldservice.people.views.blueprint import blueprint
from fieldservice.web.notices import say
from fieldservice.web.panels import panel_on
from fieldservice.web.payload import takes_file
from fieldservice.web.words import reason_words

#: of the form around the file
_SPARE_BYTES = 64 * 1024


@panel_on("person")
def _panel(person: Person, error: str = "") -> str:
    portrait = queries.portrait_of(person.id)
    error = error or str(g.pop("portrait_error", ""))
    return render_template("people/_portrait.html", whose=person, portrait=portrait, error=error)


@blueprint.get("/people/<person_id>/portrait")
@needs("desk.read")
def show(person_id: str) -> Response:
    """The picture, for the desk."""
    found = queries.portrait_bytes(person_for(g.person, person_id).id)
    if found is None:
        raise NotFound()
    return jpeg_answer(*found)


@blueprint.post("/people/<person_id>/portrait")
@needs("people.manage")
@takes_file(MOST_BYTES + _SPARE_BYTES)
def hand_in(person_id: str) -> AnyResponse | tuple[str, int]:
    """Takes a picture, or takes the present one away."""
    person = person_for(g.person, person_id)
    if "remove" in request.form:
        actions.remove_portrait(person, by=g.person, at=clock.now())
        db.session.commit()
        say(_("The portrait is removed."))
        return redirect(f"/people/{person_id}", 303)
    try:
        jpeg = _picture()
        actions.set_portrait(person_for(g.person, person_id), jpeg, by=g.person, at=clock.now())
        db.session.commit()
    except RuleBroken as error:
        return _refused(person_id, reason_words(error.code, error.facts)), 422
    except NoVerdict:
        return _refused(person_id, _("The picture could not be looked at right now. Try again in a minute.")), 503
    say(_("The portrait is saved. Customers see it on their page and when they check the badge."))
    return redirect(f"/people/{person_id}", 303)


def jpeg_answer(jpeg: bytes, sha256: str) -> Response:
    """A picture of ours; who is signed in next asks anew."""
    answer = Response(jpeg, mimetype="image/jpeg")
    answer.set_etag(sha256)
    answer.headers["Cache-Control"] = "private, max-age=3600"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.vary.add("Cookie")
    return answer


def _picture() -> bytes:
    """What was handed in, made small. No transaction is held while it is looked at."""
    given = request.files.get("portrait")
    if given is None or not given.filename:
        raise RuleBroken("portrait_missing")
    db.session.rollback()
    with files.draft_of(given.stream, most=MOST_BYTES) as draft:
        if draft.size > MOST_BYTES:
            raise RuleBroken("portrait_too_large", most=MOST_BYTES // 1024 // 1024)
        if not draft.size:
            raise RuleBroken("not_a_picture")
        return actions.made_of(draft.path)


def _refused(person_id: str, words: str) -> str:
    """The person's page with what is wrong beside the picture."""
    db.session.rollback()
    g.portrait_error = words
    return render_template("people/portrait.html", whose=person_for(g.person, person_id))
