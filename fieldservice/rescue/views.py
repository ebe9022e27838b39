"""The desk's page of rescue files: bring one, see what became of it, have the file itself."""

from flask import Blueprint, g, redirect, render_template, request, send_file
from werkzeug.wrappers import Response

from fieldservice.accounts.actions import note_access
from fieldservice.core import clock, files
from fieldservice.core.db import db, transaction_mode
from fieldservice.core.errors import AppError, NotFound
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.rescue import actions, queries, rules
from fieldservice.rescue.words import helpers
from fieldservice.web.forms import FormState
from fieldservice.web.listing import page_of_all
from fieldservice.web.notices import say
from fieldservice.web.payload import streams_file

blueprint = Blueprint("rescue", __name__)
blueprint.app_context_processor(helpers)

#: what a form takes beside its file
_SPARE_BYTES = 1024 * 1024


@blueprint.get("/rescue")
@needs("rescue.bring")
def index() -> str:
    """The files that were brought, and the way to bring one."""
    return _list(FormState())


@blueprint.post("/rescue")
@needs("rescue.bring")
@streams_file(rules.MOST_BYTES + _SPARE_BYTES)
def bring() -> Response | tuple[str, int]:
    """Keeps the file, then takes what it holds."""
    state = FormState.typed(request.form)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        state.add("file", "file_missing")
        return _list(state), 422
    by, by_id, at = g.person, g.person.id, clock.now()
    try:
        with files.draft_of(sent.stream, most=rules.MOST_BYTES) as draft:
            if draft.size > rules.MOST_BYTES:
                state.add("file", "file_too_large", limit_mb=rules.MOST_BYTES // 1024**2)
                return _list(state), 422
            row_id = actions.keep(draft, sent.filename, by=by, at=at, address=request.remote_addr or "")
    except AppError as error:
        db.session.rollback()
        state.add("file", error.code, **error.facts)
        return _list(state), error.status
    actions.go_through(row_id, by_id=by_id, at=at)
    return redirect(f"/rescue/{row_id}", 303)


@blueprint.get("/rescue/<file_id>")
@needs("rescue.bring")
def show(file_id: str) -> str:
    """What became of a file, operation by operation."""
    row = queries.file_for(g.person, file_id)
    page = page_of_all(queries.own_ops(row))
    told = queries.told_of(row, page.rows)
    return render_template("rescue/file.html", file=row, page=page, told=told, timezone=g.person.branch.timezone)


@blueprint.post("/rescue/<file_id>/again")
@needs("rescue.bring")
def again(file_id: str) -> Response:
    """Goes through it once more: after a killed process, or when the reason is gone. What was taken is known."""
    by_id = g.person.id
    row_id = queries.file_for(g.person, file_id).id
    actions.go_through(row_id, by_id=by_id, at=clock.now())
    say(_("The file was gone through again."))
    return redirect(f"/rescue/{row_id}", 303)


@blueprint.get("/rescue/<file_id>/file")
@needs("rescue.open")
def download(file_id: str) -> Response:
    """The file as it came. Who had it stands in the access log."""
    row = queries.file_for(g.person, file_id)
    path, name = files.rescue_path(row.sha256), row.file_name or f"unsent-{row.sha256[:12]}.json"
    if not path.is_file():
        raise NotFound()
    if request.method == "GET":
        _note_download(row.id)
    answer = send_file(path, mimetype="application/octet-stream", as_attachment=True, download_name=name, etag=False)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _note_download(row_id: str) -> None:
    """Written before the first byte goes; a GET only reads, so it takes a transaction of its own."""
    person, address = g.person, request.remote_addr or ""
    with transaction_mode("write"):
        subject = queries.file_for(person, row_id)
        note_access("rescue_downloaded", by=person, at=clock.now(), subject=subject, address=address)
        db.session.commit()


def _list(form: FormState) -> str:
    rows = queries.newest_for(g.person)
    return render_template("rescue/list.html", rows=rows, form=form, timezone=g.person.branch.timezone,
                           most_mb=rules.MOST_BYTES // 1024**2)  # fmt: skip
