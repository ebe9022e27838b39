"""What a report says, as plain data without words of ours: what was signed where there is a sheet, else what was noted.

The same content is the same report: its digest tells whether a new revision is needed.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fieldservice.accounts.models import DeviceKey
from fieldservice.core import canonical, json
from fieldservice.core.clock import to_ms
from fieldservice.core.db import db
from fieldservice.evidence.models import USABLE, VERIFIED, Evidence
from fieldservice.evidence.rules import counts
from fieldservice.jobs.models import Job, JobStep
from fieldservice.jobs.rules import ARRIVED, ENDED, WORKING
from fieldservice.reports import rules
from fieldservice.signoff import queries as sign_queries
from fieldservice.signoff.models import AGREEMENT, QUARANTINED, SIGN_OFF, VALID, LinkSignature, SignOff
from fieldservice.signoff.rules import AGREED
from fieldservice.visits import charges
from fieldservice.visits import queries as visit_queries
from fieldservice.visits.queries import Visit
from fieldservice.visits.rules import closing_faults

Json = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """A visit as its report in one language tells it."""

    content: Json
    sheet: SignOff | None
    #: public key of the phone that signed, base64; None: not known
    spki: str | None
    by_link: LinkSignature | None
    #: those shown, in order, the one that stands for a missing signature last
    photos: list[Evidence]

    @property
    def sha256(self) -> str:
        """Of the content."""
        return hashlib.sha256(canonical.dumps(canonical.composed(self.content)).encode()).hexdigest()


def is_ready(job: Job, visit: Visit) -> bool:
    """Whether everything of the visit is here: it has ended, its photos have come and were looked at, or were waived."""
    return job.state in rules.REPORTED and any(map(_is_end, job.steps)) and not closing_faults(visit.photos)


def found_in(job: Job, visit: Visit, language: str) -> Found:
    """Reads it. `language`: of the report; what was signed stays in the language it was signed in."""
    sheets = sign_queries.sign_offs_of(job)
    own = [row for row in sheets if row.run == job.run and not row.is_late]
    sheet = next((row for row in own if row.kind == SIGN_OFF and row.state == VALID), None)
    by_link = sign_queries.link_signatures({sheet.id}).get(sheet.id) if sheet else None
    shown = _shown(job, visit, sheet, language)
    items = _items(shown["checklist"]["id"])
    signed = json.loads(sheet.payload) if sheet else {}
    photos, beside = _photos(visit, shown, signed.get("photo", ""))
    key = db.session.get(DeviceKey, sheet.key_id) if sheet else None
    proof_photo = next((photo for photo in visit.photos if signed.get("photo") and photo.sha256 == signed["photo"]), None)
    content = {
        "language": language,
        "job": _job(job),
        **_who(job, shown),
        "product": _product(job),
        "times": _times(job),
        "words": shown["language"] if sheet else language,
        "checklist": shown["checklist"], "found": shown["found"], "done": shown["done"], "results": shown["results"],
        "measured": _measured(visit, items, shown, language),
        "photos": [_photo(photo, shown_one, items, language) for photo, shown_one in photos],
        "beside": [_photo(photo, {}, items, language) for photo in beside],
        "lines": shown["lines"], "total_fen": shown["total_fen"], "agreed_fen": shown["agreed_fen"],
        "agreements": [_agreement(row) for row in reversed(own) if _is_given(row)],
        "sheet": _sheet(sheet, signed, shown, sheet.id in sign_queries.standing_ids(job)) if sheet else None,
        "proof_photo": _photo(proof_photo, {}, items, language) if proof_photo else None,
        "by_link": _by_link(by_link) if by_link else None,
        "is_examined": any(row.kind == SIGN_OFF and row.state == QUARANTINED for row in own),
    }  # fmt: skip
    shown_photos = [photo for photo, _one in photos] + beside
    if proof_photo and proof_photo not in shown_photos:
        shown_photos.append(proof_photo)
    return Found(content, sheet, key.spki if key else None, by_link, shown_photos)


def _shown(job: Job, visit: Visit, sheet: SignOff | None, language: str) -> Json:
    """What was shown to the customer; without a sheet what it would say, in the language of the report."""
    if sheet is not None:
        presented: Json = json.loads(sheet.presented)
        return presented
    versions = visit_queries.versions_by_id([visit.checklist_id] if visit.checklist_id else [])
    content = versions[visit.checklist_id].content if visit.checklist_id else None
    said = {"photos": [{"sha256": photo.sha256} for photo in visit.photos], "checklist": {"id": None},
            "language": language}  # fmt: skip
    lead_id = job.lead_id or ""
    work = sign_queries.work_now(visit, said, content, by_id=lead_id, at=_ended(job).happened_at)
    lines = visit.charged_lines
    return work | {"lines": lines, "total_fen": charges.total_fen(lines)}


def _items(checklist_id: str | None) -> dict[str, Json]:
    versions = visit_queries.versions_by_id([checklist_id] if checklist_id else [])
    content = versions[checklist_id].content if checklist_id in versions else {"items": []}
    return {item["key"]: item for item in content["items"]}


def _job(job: Job) -> Json:
    last = _ended(job)
    return {
        "number": job.number, "type": job.type, "state": job.state, "timezone": job.branch.timezone,
        "visit_on": _iso(job.visit_on), "brief": job.brief, "case": job.case.number, "words": job.case.words,
        "reason": last.reason, "promised_ms": to_ms(last.promised_at) if last.promised_at else None,
    }  # fmt: skip


def _who(job: Job, shown: Json) -> Json:
    """As it was signed; without a sheet as it is."""
    customer, branch, lead = job.site.customer, job.branch, job.lead
    return {
        "customer": shown.get("customer") or {"name": customer.name, "address_form": customer.address_form},
        "site": shown.get("site") or job.site.full_address,
        "branch": {**(shown.get("branch") or {"name": branch.name, "phone": branch.phone}), "address": branch.address},
        "technician": _person(shown.get("technician")) or {"name": lead.name if lead else "",
                                                          "badge_no": (lead.badge_no if lead else "") or ""},
        "helpers": [{"name": one.name, "badge_no": one.badge_no or ""} for one in job.helpers],
    }  # fmt: skip


def _person(signed: Json | None) -> Json | None:
    return {"name": signed["name"], "badge_no": signed["badge_no"]} if signed else None


def _product(job: Job) -> Json | None:
    product = job.product
    if product is None:
        return None
    return {
        "model": product.model, "batch": product.batch, "room": product.room,
        "area": f"{product.area_m2:f}" if product.area_m2 is not None else "",
        "purchased_on": _iso(product.purchased_on), "warranty_start_on": _iso(product.warranty_start_on),
        "installer": product.installer,
    }  # fmt: skip


def _times(job: Job) -> Json:
    """Moments of the visit, with how far off each may be; absent: there was none."""
    steps = job.run_steps
    arrived = next((step for step in steps if step.to_state == ARRIVED), None)
    begun = next((step for step in steps if step.to_state == WORKING), None)
    found = {"arrived": arrived, "begun": begun, "ended": _ended(job)}
    return {name: _moment(step) for name, step in found.items() if step is not None}


def _ended(job: Job) -> JobStep:
    return next(filter(_is_end, reversed(job.steps)))


def _is_end(step: JobStep) -> bool:
    return step.to_state in ENDED and not step.is_void


def _moment(row: JobStep | Evidence | SignOff) -> Json:
    return {"at_ms": to_ms(row.happened_at), "uncertainty_ms": row.uncertainty_ms}


def _measured(visit: Visit, items: Mapping[str, Json], shown: Json, language: str) -> list[Json]:
    """Numbers the technician wrote down that are not on the sheet; what is on it stands there."""
    labels = {result["label"] for result in shown["results"]}
    found = []
    for answer in visit.answers:
        item, value = items.get(answer.item), answer.value or {}
        if item is None or item["type"] != "number" or item["sheet"] or not isinstance(value.get("milli"), int):
            continue
        label, unit = item["words"][language], item["unit"]
        number = f"{value['milli'] / 1000:.{item['decimals']}f}"
        if label not in labels:
            found.append({"label": label, "value": f"{number}{' ' if unit not in ('', '%') else ''}{unit}"})
    return found


def _photos(visit: Visit, shown: Json, proof: str) -> tuple[list[tuple[Evidence, Json]], list[Evidence]]:
    """(those on the sheet, with what it says of each; those that count beside it), in the order they were taken."""
    own = [photo for photo in visit.photos if photo.run == visit.job.run]
    own.sort(key=lambda photo: (photo.happened_at, photo.id))
    signed = [(_evidence_for(own, one), one) for one in shown["photos"]]
    on_it = [(photo, one) for photo, one in signed if photo is not None]
    known = {photo.sha256 for photo, _one in on_it} | {proof}
    beside = [photo for photo in own if photo.sha256 not in known and photo.slot != "paper" and counts(photo)]
    return on_it, beside


def _evidence_for(photos: Sequence[Evidence], signed: Json) -> Evidence | None:
    same = [photo for photo in photos if photo.sha256 == signed["sha256"]]
    exact = [photo for photo in same if (photo.slot, photo.caption) == (signed["slot"], signed["caption"])]
    return next(iter(sorted(exact or same, key=lambda photo: photo.is_void)), None)


def _photo(photo: Evidence, signed: Json, items: Mapping[str, Json], language: str) -> Json:
    """What the sheet says of it stands; the moment is the corrected one."""
    item = items.get(photo.item)
    blob = photo.blob
    return {
        "id": photo.id, "sha256": photo.sha256, "slot": signed.get("slot", photo.slot), "item": photo.item,
        "title": item["words"][language] if item else "", "caption": signed.get("caption", photo.caption),
        **_moment(photo), "is_pair": bool(item and item["type"] == "photo_pair"),
        "is_shown": blob.state == VERIFIED and blob.picture == USABLE,
        "waived": photo.waive_reason if photo.waived_at else "", "is_void": photo.is_void,
    }  # fmt: skip


def _is_given(row: SignOff) -> bool:
    return row.kind == AGREEMENT and row.state == VALID and row.outcome in AGREED


def _agreement(row: SignOff) -> Json:
    return {"signer": row.signer_name, **_moment(row), "agreed_fen": json.loads(row.presented)["agreed_fen"],
            "outcome": row.outcome}  # fmt: skip


def _sheet(sheet: SignOff, signed: Json, shown: Json, is_standing: bool) -> Json:
    return {
        "id": sheet.id, "outcome": sheet.outcome, "revision": sheet.revision, "signer": sheet.signer_name,
        "role": sheet.signer_role, "reason": sheet.reason, **_moment(sheet), "statement": shown["statement"],
        "rating": signed.get("rating"), "strokes": signed.get("strokes", []), "is_weak": sheet.is_weak,
        "is_standing": is_standing,
    }  # fmt: skip


def _by_link(row: LinkSignature) -> Json:
    said = json.loads(row.payload)
    return {"id": row.id, "signer": row.signer_name, "role": row.signer_role, "at_ms": to_ms(row.signed_at),
            "statement": said["statement"], "language": row.language, "strokes": said["strokes"],
            "is_weak": row.is_weak}  # fmt: skip


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
