"""What the desk sees of signatures: every sheet of a job, verified again at each look, and the file that proves it."""

from dataclasses import dataclass, replace

from flask import Blueprint, Response, g, render_template

from fieldservice.accounts.models import DeviceKey
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.core.json import dumps, loads
from fieldservice.core.permissions import needs
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import job_for
from fieldservice.signoff import drawing, queries
from fieldservice.signoff.models import QUARANTINED, LinkSignature, SignOff
from fieldservice.signoff.sheet import Sheet, read_sheet
from fieldservice.signoff.verify import KnownKey, seal_fault, sha256
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
    #: the customer's own signature, which came by link; None: there is none
    by_link: LinkSignature | None = None
    link_mark: drawing.Drawing | None = None
    #: what was signed by link is no longer as it was kept
    is_link_broken: bool = False


@panel_on("job")
def _sheets_of_job(job: Job) -> str:
    rows = queries.sign_offs_of(job)
    if not rows:
        return ""
    standing = queries.standing_ids(job)
    return render_template(
        "signoff/_sheets.html", job=job, seen=_all_seen(rows, standing),
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
    signed = queries.link_signatures({row.id}).get(row.id)
    content = {
        "presented": row.presented,
        "payload": row.payload,
        "signature": row.signature,
        "algorithm": "ECDSA P-256, SHA-256, raw r||s as base64url",
        "public_key_spki": key.spki if key else None,
        "signed_by_link": signed.payload if signed else None,
        "signed_by_link_sha256": signed.payload_sha256 if signed else None,
    }
    answer = Response(dumps(content), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{job.number}-{row.kind}-{row.revision}.json"'
    return answer


def _all_seen(rows: list[SignOff], standing: set[str]) -> list[Seen]:
    signed = queries.link_signatures({row.id for row in rows})
    seen = [_seen(row, row.id in standing) for row in rows]
    return [_with_link(one, signed[one.row.id]) if one.row.id in signed else one for one in seen]


def _with_link(one: Seen, signature: LinkSignature) -> Seen:
    """Checked again at each look: the digest of what was signed, and that it names this sheet's text."""
    is_whole = sha256(signature.payload) == signature.payload_sha256
    said = loads(signature.payload) if is_whole else {}
    is_same = said.get("presented_sha256") == sha256(one.row.presented) and said.get("sheet") == one.row.id
    mark = drawing.drawing_of(said["strokes"]) if is_same else None
    return replace(one, by_link=signature, link_mark=mark, is_link_broken=not is_same)


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
