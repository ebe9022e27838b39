"""What the desk sees of signatures: every sheet of a job, verified again at each look, and the file that proves it."""

from dataclasses import dataclass

from flask import Blueprint, Response, g, render_template

from fieldservice.accounts.models import DeviceKey
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.core.json import dumps
from fieldservice.core.permissions import needs
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import job_for
from fieldservice.signoff import drawing, queries
from fieldservice.signoff.models import QUARANTINED, SignOff
from fieldservice.signoff.sheet import Sheet, read_sheet
from fieldservice.signoff.verify import KnownKey, seal_fault
from fieldservice.web import sheet_words
from fieldservice.web.panels import panel_on
from fieldservice.web.visit_words import quantity

blueprint = Blueprint("signoff", __name__)


@dataclass(frozen=True)
class Seen:
    """A sheet as the desk sees it."""

    row: SignOff
    #: as it was read again; None: the kept texts are damaged
    sheet: Sheet | None
    #: 'quarantined', 'broken' (does not verify any more), 'late', 'outdated' or 'verified'
    state: str
    #: why: a code with words; ''
    fault: str
    mark: drawing.Drawing | None


@panel_on("job")
def _sheets_of_job(job: Job) -> str:
    rows = queries.sign_offs_of(job)
    if not rows:
        return ""
    standing = queries.standing_ids(job)
    return render_template(
        "signoff/_sheets.html", job=job, seen=[_seen(row, row.id in standing) for row in rows],
        kinds=sheet_words.KINDS, outcomes=sheet_words.OUTCOMES, roles=sheet_words.ROLES,
        languages=sheet_words.LANGUAGES, quantity=quantity,
    )  # fmt: skip


@blueprint.get("/jobs/<job_id>/sheets/<sheet_id>/proof")
@needs("evidence.original")
def proof(job_id: str, sheet_id: str) -> Response:
    """The texts byte for byte with signature and key, so that anybody can verify them without us."""
    job = job_for(g.person, job_id)
    row = db.session.get(SignOff, sheet_id)
    if row is None or row.job_id != job.id:
        raise NotFound()
    key = db.session.get(DeviceKey, row.key_id)
    content = {
        "presented": row.presented,
        "payload": row.payload,
        "signature": row.signature,
        "algorithm": "ECDSA P-256, SHA-256, raw r||s as base64url",
        "public_key_spki": key.spki if key else None,
    }
    answer = Response(dumps(content), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{job.number}-{row.kind}-{row.revision}.json"'
    return answer


def _seen(row: SignOff, is_standing: bool) -> Seen:
    sheet = read_sheet(row.presented, row.payload, row.signature)
    key = db.session.get(DeviceKey, row.key_id)
    known = KnownKey(key.person_id, key.spki, key.revoked_at) if key else None
    broken = seal_fault(sheet, known) if sheet else "sign_unreadable"
    return Seen(
        row=row,
        sheet=sheet,
        state=_state(row, broken, is_standing),
        fault=row.fault or broken,
        mark=drawing.drawing_of(sheet.payload.strokes) if sheet and sheet.payload.strokes else None,
    )


def _state(row: SignOff, broken: str, is_standing: bool) -> str:
    if row.state == QUARANTINED:
        return "quarantined"
    if broken:
        return "broken"
    if row.is_late:
        return "late"
    return "verified" if is_standing else "outdated"
