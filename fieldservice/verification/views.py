"""The public page `/verify`: a report dropped or its code typed, nothing of it kept. For the desk: pack and keys."""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from flask import (
    Blueprint,
    Response,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
)
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from fieldservice.accounts.actions import note_access
from fieldservice.accounts.actions.throttling import count_try, forgive
from fieldservice.accounts.rules import network_of
from fieldservice.core import clock
from fieldservice.core.db import db, transaction_mode
from fieldservice.core.errors import AppError, RuleBroken
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.core.permissions import needs, public
from fieldservice.reports.certificates import pem_of, spaced
from fieldservice.reports.keys import ROLE_ROOT, SealingTrouble, is_ending, keyring
from fieldservice.reports.models import Report
from fieldservice.reports.queries import report_for
from fieldservice.reports.rules import read_code, shown_code
from fieldservice.verification import known, words
from fieldservice.verification.checks import Outcome
from fieldservice.verification.pack import write_pack
from fieldservice.verification.reading import NoReading
from fieldservice.web.forms import FormState
from fieldservice.web.payload import takes_file
from fieldservice.web.words import reason_words

blueprint = Blueprint("verification", __name__)
_log = logging.getLogger("fieldservice.verification")

#: a report has some 250 kB
MOST_BYTES = 20 * 1024 * 1024
#: what a form takes beside its file
_SPARE_BYTES = 64 * 1024
#: without waiting, from one network: files, and codes that nobody has
FREE_FILES, FREE_CODES = 20, 10

Answer = str | AnyResponse


@blueprint.get("/verify")
@public
def index() -> Answer:
    """The two ways to ask; a typed code leads to its own address."""
    typed = request.args.get("code", "").strip()
    if not typed:
        return _page(FormState())
    code = read_code(typed)
    if code is None:
        return _refused("code", RuleBroken("verify_code_unknown"), {"code": typed[:40]})
    return redirect(f"/verify/{shown_code(code)}")


@blueprint.get("/verify/<code>")
@public
def by_code(code: str) -> Answer:
    """What anybody may know of the report with this code. A code nobody has and one that cannot be look the same."""
    at, plain = clock.now(), read_code(code)
    keys = [f"verify code {network_of(request.remote_addr or '')}"]
    try:
        with transaction_mode("write"):
            count_try({keys[0]: FREE_CODES}, at)
    except AppError as error:
        return _refused("code", error, {"code": code[:40]})
    found = known.report_by_code(plain) if plain else None
    if found is None:
        return _refused("code", RuleBroken("verify_code_unknown"), {"code": code[:40]})
    report_id = found.id
    db.session.rollback()
    _forgive(keys)
    row = db.session.get_one(Report, report_id)
    return _no_store(render_template(
        "verification/report.html", report=row, latest=known.latest_of(row), code=shown_code(row.code), at=at,
        moment=words.moment_words, form=FormState(), most_mb=MOST_BYTES // 1024**2,
    ))  # fmt: skip


@blueprint.post("/verify")
@public
@takes_file(MOST_BYTES + _SPARE_BYTES)
def by_file() -> Answer:
    """Looks at a file. It is read in the memory, by a process of its own, and gone with the answer."""
    at = clock.now()
    sent, wanted = request.files.get("file"), request.form.get("code", "")
    code = read_code(wanted) or ""
    back = {"code": shown_code(code)} if code else {}
    if sent is None or not sent.filename:
        return _refused("file", RuleBroken("file_missing"), back)
    keys = [f"verify file {network_of(request.remote_addr or '')}"]
    try:
        count_try({keys[0]: FREE_FILES}, at)
        content = sent.stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise RuleBroken("verify_too_large", limit_mb=MOST_BYTES // 1024**2)
        with _held(content) as path:
            outcome = known.verify(path, wanted_code=code, at=at)
    except AppError as error:
        return _refused("file", _for_strangers(error), back)
    except NoReading as error:
        _log.warning("a file could not be looked at: %s", error)
        return _refused("file", _Busy("verify_busy", wait_seconds=10), back)
    if outcome.is_good:
        _forgive(keys)
    return _result(outcome, sent.filename, at)


@blueprint.errorhandler(RequestEntityTooLarge)
def _too_large(_error: RequestEntityTooLarge) -> Answer:
    return _refused("file", RuleBroken("verify_too_large", limit_mb=MOST_BYTES // 1024**2), {}, 413)


@blueprint.after_request
def _say_nothing_to_searchers(answer: Response) -> Response:
    answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return answer


class _Busy(AppError):
    """Try again in a moment."""

    status = 503


def _for_strangers(error: AppError) -> AppError:
    """What is wrong with our keys is said to the administrator, not here."""
    if isinstance(error, SealingTrouble):
        _log.error("nothing can be verified: %s", error)
        return _Busy("verify_busy", wait_seconds=60)
    return error


def _result(outcome: Outcome, name: str, at: datetime) -> Answer:
    headline, meaning = words.verdict_words(outcome.verdict)
    checks = [
        {"asked": words.QUESTIONS[check.about], "state": check.state, "said": words.answer_words(check)}
        for check in outcome.checks
    ]
    listed = outcome.report if outcome.verdict in _NAMED else None
    return _no_store(render_template(
        "verification/result.html", outcome=outcome, headline=headline, meaning=meaning, checks=checks, report=listed,
        name=name[:120], at=at, states=words.STATES, icons=words.ICONS, moment=words.moment_words,
        shown_code=shown_code, language_next="/verify",
    ))  # fmt: skip


#: verdicts under which what stands in our list is told as that of this file
_NAMED = {"genuine", "genuine_superseded", "record_edited", "chain_rewritten", "chain_wrong", "photo_changed"}


def _refused(field: str, error: AppError, typed: dict[str, str], status: int | None = None) -> Answer:
    db.session.rollback()
    state = FormState()
    state.add(field, error.code, **error.facts)
    shown = 404 if error.code == "verify_code_unknown" else status or error.status
    answer = _no_store(_page(state, typed.get("code", "")), shown)
    if "wait_seconds" in error.facts:
        answer.headers["Retry-After"] = str(error.facts["wait_seconds"])
    return answer


def _page(form: FormState, code: str = "") -> str:
    return render_template("verification/page.html", form=form, typed=code, code=code if form.errors.get("file") else "",
                           most_mb=MOST_BYTES // 1024**2, language_next="/verify")  # fmt: skip


def _no_store(page: str, status: int = 200) -> AnyResponse:
    answer = make_response(page, status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _forgive(keys: list[str]) -> None:
    """What turned out right is no guessing."""
    with transaction_mode("write"):
        forgive(keys)
        db.session.commit()


@blueprint.get("/jobs/<job_id>/reports/<report_id>/pack")
@needs("evidence.original")
def evidence_pack(job_id: str, report_id: str) -> Answer:
    """The report with everything to check it without us. Who had it stands in the access log, and so in the chain."""
    at, address = clock.now(), request.remote_addr or ""
    row = report_for(g.person, job_id, report_id)
    name = f"evidence-{row.job.number}-{row.language}-{row.revision}.zip"
    if request.method == "HEAD":
        return Response(mimetype="application/zip")
    with transaction_mode("write"):
        note_access("evidence_pack", by=g.person, at=at, subject=report_for(g.person, job_id, report_id), address=address)
        db.session.commit()
    row = report_for(g.person, job_id, report_id)
    out = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the answer was sent
    with tempfile.TemporaryDirectory() as folder:
        write_pack(row, out, folder=Path(folder), at=at)
    out.seek(0)
    answer = send_file(out, mimetype="application/zip", as_attachment=True, download_name=name, etag=False)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/keys")
@needs("keys.read")
def key_page() -> Answer:
    """What reports are sealed with, until when, and the fingerprints to compare."""
    ring, at = keyring(), clock.now()
    trouble, known, identity = None, [], None
    try:
        known = list(reversed(ring.known())) if ring.is_there else []
        identity = ring.load() if ring.is_there else None
    except SealingTrouble as error:
        trouble = reason_words(error.code, error.facts)
    now = identity.certificate if identity else None
    return render_template(
        "verification/keys.html", known=known, trouble=trouble, identity=identity, now=now, spaced=spaced, at=at,
        is_ending=identity is not None and is_ending(identity, at=at), has_root_key=ring.has_root_key,
        roles=_ROLES, origins=_ORIGINS, has_authority=bool(current_app.config["TIME_STAMP_URL"]),
    )  # fmt: skip


@blueprint.get("/keys/roots.pem")
@needs("keys.read")
def roots() -> Response:
    """The roots, for whoever checks reports."""
    given = "".join(pem_of(one.certificate) for one in keyring().known() if one.role == ROLE_ROOT)
    answer = Response(given, mimetype="application/x-pem-file")
    answer.headers["Content-Disposition"] = "attachment; filename=roots.pem"
    return answer


_ROLES = {"seal": _l("Seals reports"), "root": _l("Root"), "between": _l("Between root and seal"),
          "time": _l("Dates reports")}  # fmt: skip
_ORIGINS = {"made": _l("made here"), "imported": _l("imported"), "shown": _l("shown by the authority")}


@contextmanager
def _held(content: bytes) -> Iterator[Path]:
    """The bytes where another process can read them: in the memory, so that a killed server leaves nothing behind."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("verify")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            yield Path(f"/proc/{os.getpid()}/fd/{handle}")
        return
    with tempfile.NamedTemporaryFile(suffix=".pdf") as named:
        named.write(content)
        named.flush()
        yield Path(named.name)


