"""Pages of lists of the team: a file comes in, the preview, applying, undoing."""

from pathlib import Path

from flask import Blueprint, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.rosters import actions, queries, rules
from fieldservice.rosters.reading import Line
from fieldservice.rosters.words import FIELDS, KINDS, STATES, line_words, problem_words
from fieldservice.web.access import takes_up_to
from fieldservice.web.forms import FormState
from fieldservice.web.listing import asked_text, page_of_all
from fieldservice.web.notices import say
from fieldservice.web.words import reason_words

blueprint = Blueprint("rosters", __name__)

#: a file that is a little too large still gets its own words
_SPARE_BYTES = 4 * 1024 * 1024


@blueprint.get("/team/import")
@needs("jobs.assign")
def index() -> Response:
    """The last lists, and the way to a new one."""
    return _list(FormState())


@blueprint.post("/team/import")
@needs("jobs.assign")
@takes_up_to(rules.MOST_BYTES + _SPARE_BYTES)
def add() -> Response:
    """Reads and checks a file; nothing of it is written."""
    state, sent = FormState(), request.files.get("file")
    if sent is None or not sent.filename:
        state.add("file", "file_missing")
        return _list(state, 422)
    content, name = sent.read(rules.MOST_BYTES + 1), sent.filename
    db.session.rollback()  # nothing is held while another program reads a workbook
    try:
        with actions.temporary_folder() as folder:
            rows, epoch = actions.rows_in(content, Path(folder))
            found = actions.take_rows(rows, epoch, name, by=g.person, at=clock.now())
        db.session.commit()
    except RuleBroken as error:
        db.session.rollback()
        state.add_rule("file", error)
        return _list(state, 422)
    return redirect(f"/team/import/{found.id}", 303)


@blueprint.get("/team/import/<roster_id>")
@needs("jobs.assign")
def show(roster_id: str) -> str:
    """Every line with what it changes, or why it cannot be used."""
    found = queries.roster_for(g.person, roster_id)
    lines = [Line(**one) for one in found.lines]
    kind = asked_text("show")
    kind = kind if kind in KINDS else ""
    counts = {code: sum(line.kind == code for line in lines) for code in KINDS}
    page = page_of_all([line for line in lines if not kind or line.kind == kind])
    return render_template("rosters/roster.html", roster=found, page=page, counts=counts, kind=kind, kinds=KINDS,
                           states=STATES, line_words=line_words, problem_words=problem_words)  # fmt: skip


@blueprint.post("/team/import/<roster_id>/application")
@needs("jobs.assign")
def apply_roster(roster_id: str) -> Response:
    """Writes the good lines."""
    found = queries.roster_for(g.person, roster_id, to_change=True)
    try:
        count = actions.apply_roster(found, by=g.person, at=clock.now())
    except RuleBroken as error:
        say(reason_words(error.code, error.facts))
    else:
        db.session.commit()
        say(_("Lines that changed something: %(count)s", count=count))
    return redirect(f"/team/import/{roster_id}", 303)


@blueprint.post("/team/import/<roster_id>/undoing")
@needs("jobs.assign")
def undo_roster(roster_id: str) -> Response:
    """Puts back what was there before."""
    found = queries.roster_for(g.person, roster_id, to_change=True)
    try:
        left = actions.undo_roster(found, by=g.person, at=clock.now())
    except RuleBroken as error:
        say(reason_words(error.code, error.facts))
    else:
        db.session.commit()
        say(_("The list is undone. People left as they are, because somebody changed them since: %(count)s", count=left)
            if left else _("The list is undone."))
    return redirect(f"/team/import/{roster_id}", 303)


def _list(state: FormState, status: int = 200) -> Response:
    page = render_template("rosters/list.html", form=state, rosters=queries.last_rosters(g.person), states=STATES,
                           fields=FIELDS, lines=rules.MOST_LINES, mb=rules.MOST_BYTES // (1024 * 1024))  # fmt: skip
    return make_response(page, status)
