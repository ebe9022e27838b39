"""What the desk sees of signatures: every sheet of a job, verified again at each look, and the file that proves it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Blueprint, Response, g, render_template, request

from fieldservice.accounts.models import DeviceKey
from fieldservice.core import clock
from fieldservice.core.clock import from_ms
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.core.json import dumps, loads
from fieldservice.core.oplog import LogEntry
from fieldservice.core.permissions import needs
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import job_for
from fieldservice.jobs.rules import FINISHED, UNFINISHED
from fieldservice.signoff import drawing, queries, recheck, remedies, words
from fieldservice.signoff.changes import compared
from fieldservice.signoff.models import QUARANTINED, LinkSignature, SignOff
from fieldservice.signoff.sheet import Sheet, read_sheet
from fieldservice.signoff.verify import sha256
from fieldservice.web import sheet_words
from fieldservice.web.panels import panel_on
from fieldservice.web.visit_words import SLOTS, quantity
from fieldservice.web.words import reason_words

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
    #: what can be done about it: icon, words, address
    acts: list[tuple[str, Any, str]] = field(default_factory=list)

    @property
    def advice(self) -> Any:
        """What to do; '' nothing."""
        remedy = remedies.REMEDIES.get(self.fault)
        return remedy.words if remedy else ""


@panel_on("job")
def _sheets_of_job(job: Job) -> str:
    rows = queries.sign_offs_of(job)
    if not rows:
        return ""
    standing = queries.standing_ids(job)
    return render_template(
        "signoff/_sheets.html", job=job, seen=_all_seen(rows, standing),
        kinds=sheet_words.KINDS, outcomes=sheet_words.OUTCOMES, roles=sheet_words.ROLES,
        languages=sheet_words.LANGUAGES, quantity=quantity, weak=sheet_words.WEAK,
    )  # fmt: skip


@blueprint.get("/jobs/<job_id>/sheets/<sheet_id>")
@needs("evidence.original")
def check(job_id: str, sheet_id: str) -> str:
    """A signature verified again, now, with all its parts."""
    job, row = _sheet_for(job_id, sheet_id)
    done = recheck.recheck(row)
    signature = queries.link_signatures([row.id]).get(row.id)
    by_link = recheck.recheck_link(signature) if signature else None
    standing = queries.standing_ids(job)
    return render_template(
        "signoff/check.html", job=job, row=row, done=done, by_link=by_link, seen=_seen(row, row.id in standing),
        op=db.session.get(LogEntry, row.op_id), checked_at=clock.now(), sha256=sha256, from_ms=from_ms,
        mark=_mark(done.sheet.payload.strokes if done.sheet else []), link_mark=_mark(by_link.strokes if by_link else []),
        points=sum(map(len, done.sheet.payload.strokes)) if done.sheet else 0, failed=_failed, steps=words.STEPS,
        states=words.STATES, icons=words.STATE_ICONS, weak=sheet_words.WEAK, **_sheet_words(),
    )  # fmt: skip


@blueprint.get("/jobs/<job_id>/sheets/<sheet_id>/changes")
@needs("desk.read")
def changes(job_id: str, sheet_id: str) -> str:
    """What differs between a sheet and a later one (`?with=`), or the work as it is now; each with its signature."""
    job, row = _sheet_for(job_id, sheet_id)
    others = [one for one in queries.sign_offs_of(job) if one.kind == row.kind and one.id != row.id]
    asked = request.args.get("with", "")
    other = next((one for one in others if one.id == asked), None)
    if asked and asked != "now" and other is None:
        raise NotFound()
    if not asked:
        later = [one for one in others if one.run == row.run and one.revision > row.revision and one.state != QUARANTINED]
        other = max(later, key=lambda one: one.revision, default=None)
    before, after = _presented(row), _presented(other) if other else queries.work_of(row)
    standing = queries.standing_ids(job)
    return render_template(
        "signoff/changes.html", job=job, row=row, other=other, others=others, fields=words.FIELDS, kinds_of=words.CHANGES,
        compared=compared(before, after) if before and after else [], is_readable=bool(before) and bool(after),
        languages_differ=bool(other) and other is not None and other.language != row.language,
        sides=[_seen(one, one.id in standing) for one in (row, other) if one], slots=SLOTS,
        shown=queries.pictures_of(job), **_sheet_words(),
    )  # fmt: skip


@blueprint.get("/jobs/<job_id>/sheets/<sheet_id>/proof")
@needs("evidence.original")
def proof(job_id: str, sheet_id: str) -> Response:
    """The texts byte for byte with signature and key, so that anybody can verify them without us."""
    job, row = _sheet_for(job_id, sheet_id)
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


def _sheet_for(job_id: str, sheet_id: str) -> tuple[Job, SignOff]:
    """Raises NotFound, also for those of another branch or of another job."""
    job = job_for(g.person, job_id)
    row = db.session.get(SignOff, sheet_id)
    if row is None or row.job_id != job.id:
        raise NotFound()
    return job, row


def _sheet_words() -> dict[str, Any]:
    return {"kinds": sheet_words.KINDS, "outcomes": sheet_words.OUTCOMES, "roles": sheet_words.ROLES,
            "languages": sheet_words.LANGUAGES, "quantity": quantity}  # fmt: skip


def _failed(step: recheck.Step) -> str:
    """What it means that a step is not good."""
    if step.state == recheck.CHANGED:
        return str(words.CHANGED_SINCE)
    if step.facts.get("what"):
        return str(step.facts["what"])
    found = words.FAILED.get(step.code)
    return str(found) % step.facts if found is not None else reason_words(step.code)


def _mark(strokes: Any) -> drawing.Drawing | None:
    return drawing.drawing_of(strokes) if strokes else None


def _presented(row: SignOff) -> dict[str, Any]:
    """What was shown; empty when the text is damaged."""
    sheet = read_sheet(row.presented, row.payload, row.signature)
    return sheet.presented.model_dump() if sheet else {}


def _acts(row: SignOff, fault: str, state: str, sheet: Sheet | None) -> Iterator[tuple[str, Any, str]]:
    """What the page offers about a sheet, each with where it leads; only what this person may open."""
    job, can = row.job, g.person.can
    codes = list(remedies.acts_for(fault, job.state, has_link=job.state in (FINISHED, UNFINISHED))) if fault else []
    if state == "outdated" and "compare" not in codes:
        codes.append("compare")
    key = db.session.get(DeviceKey, row.key_id) if "phones" in codes else None
    places = {
        "call_technician": f"tel:{row.by.phone}" if row.by.phone else "",
        "paper": f"tel:{row.by.phone}" if row.by.phone else "",
        "ask_by_link": "#customer-link" if request.path == f"/jobs/{job.id}" else f"/jobs/{job.id}#customer-link",
        "new_visit": f"/jobs/new?case={job.case_id}&site={job.site_id}" if can("jobs.edit") else "",
        "compare": f"/jobs/{job.id}/sheets/{row.id}/changes" if sheet else "",
        "recheck": f"/jobs/{job.id}/sheets/{row.id}" if can("evidence.original") else "",
        "phones": f"/devices/{key.device_id}" if key and can("devices.read") else "",
        "edit_job": f"/jobs/{job.id}/edit" if can("jobs.edit") and job.state != "cancelled" else "",
    }
    for code in codes:
        if places.get(code):
            yield (*words.ACTS[code], places[code])


def _all_seen(rows: list[SignOff], standing: set[str]) -> list[Seen]:
    signed = queries.link_signatures({row.id for row in rows})
    seen = [_seen(row, row.id in standing) for row in rows]
    return [_with_link(one, signed[one.row.id]) if one.row.id in signed else one for one in seen]


def _with_link(one: Seen, signature: LinkSignature) -> Seen:
    """Checked again at each look: the digest of what was signed, and that it names this sheet's text."""
    is_whole = sha256(signature.payload) == signature.payload_sha256
    said = loads(signature.payload) if is_whole else {}
    is_same = said.get("presented_sha256") == sha256(one.row.presented) and said.get("sheet") == one.row.id
    mark = _mark(said["strokes"] if is_same else [])
    return replace(one, by_link=signature, link_mark=mark, is_link_broken=not is_same)


def _seen(row: SignOff, is_standing: bool) -> Seen:
    sheet = read_sheet(row.presented, row.payload, row.signature)
    broken = recheck.kept_fault(row, sheet)
    state, fault = _state(row, broken, is_standing), row.fault or broken
    return Seen(
        row=row, sheet=sheet, state=state, fault=fault, mark=_mark(sheet.payload.strokes if sheet else []),
        acts=list(_acts(row, fault, state, sheet)),
    )  # fmt: skip


def _state(row: SignOff, broken: str, is_standing: bool) -> str:
    if row.state == QUARANTINED:
        return "quarantined"
    if broken:
        return "broken"
    if row.is_late:
        return "late"
    return "verified" if is_standing else "outdated"
