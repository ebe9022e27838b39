"""evidence.json, attached to every report: what was signed and which pictures, so that both can be checked without us."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fieldservice.core import canonical
from fieldservice.core.clock import to_ms
from fieldservice.evidence.models import Evidence
from fieldservice.jobs.models import Job
from fieldservice.reports.models import Report
from fieldservice.signoff.models import LinkSignature, SignOff

NAME = "evidence.json"
VERSION = 1


@dataclass(frozen=True)
class Proof:
    """What a report stands on."""

    job: Job
    #: the sheet it shows; None: there was none
    sheet: SignOff | None
    #: SubjectPublicKeyInfo of the key that signed it, base64; None: nobody registered that key
    spki: str | None
    #: the customer's own signature by link; None: there is none
    by_link: LinkSignature | None
    #: in the order they are shown
    photos: Sequence[Evidence]
    #: id of a photo → SHA-256 of the stamped copy that is shown; absent: no picture is shown
    stamped: Mapping[str, str] = field(default_factory=dict)
    #: where the rows above stand in the audit chain: {"source_table","source_id","seq","entry_hash"}
    chain: Sequence[Mapping[str, Any]] = ()
    #: the chain's end when the report was made: {"size","entry_hash","root"}; None: there is no chain
    head: Mapping[str, Any] | None = None


def evidence_of(report: Report, proof: Proof) -> str:
    """The text of the attachment: canonical JSON (docs/report.md)."""
    job, lead = proof.job, proof.job.lead
    found = {
        "version": VERSION,
        "report": {
            "id": report.id, "code": report.code, "revision": report.revision, "language": report.language,
            "made_at_ms": to_ms(report.made_at),
        },
        "job": {
            "id": job.id, "number": job.number, "type": job.type, "case_number": job.case.number,
            "branch": job.branch.code,
        },
        "technician": {"staff_no": lead.staff_no, "badge_no": lead.badge_no or "", "name": lead.name} if lead else None,
        "sign_off": _sign_off(proof) if proof.sheet else None,
        "photos": [_photo(photo, proof.stamped.get(photo.id)) for photo in proof.photos],
        "chain": [dict(entry) for entry in proof.chain],
        "head": dict(proof.head) if proof.head else None,
    }  # fmt: skip
    return canonical.dumps(canonical.composed(found))


def _sign_off(proof: Proof) -> dict[str, Any]:
    """The texts byte for byte, as in the desk's proof of a sheet."""
    sheet = proof.sheet
    assert sheet is not None
    return {
        "id": sheet.id, "kind": sheet.kind, "outcome": sheet.outcome, "revision": sheet.revision,
        "presented": sheet.presented, "presented_sha256": sheet.presented_sha256, "payload": sheet.payload,
        "signature": sheet.signature, "key_id": sheet.key_id, "key_spki": proof.spki,
        "signer_name": sheet.signer_name, "signer_role": sheet.signer_role,
        "link_signature": _link_signature(proof.by_link) if proof.by_link else None,
    }  # fmt: skip


def _link_signature(signed: LinkSignature) -> dict[str, Any]:
    return {
        "id": signed.id, "payload": signed.payload, "payload_sha256": signed.payload_sha256,
        "signer_name": signed.signer_name, "signer_role": signed.signer_role, "signed_at_ms": to_ms(signed.signed_at),
    }  # fmt: skip


def _photo(photo: Evidence, stamped_sha256: str | None) -> dict[str, Any]:
    """Places in ten-millionths of a degree: whole numbers, as in what is signed."""
    return {
        "id": photo.id, "slot": photo.slot, "item": photo.item, "sha256": photo.sha256, "size": photo.blob.size,
        "format": photo.blob.format, "at_ms": to_ms(photo.happened_at), "uncertainty_ms": photo.uncertainty_ms,
        "device_at_ms": to_ms(photo.device_at) if photo.device_at else None,
        "lat_e7": _e7(photo.lat), "lng_e7": _e7(photo.lng), "accuracy_m": photo.accuracy_m,
        "no_place_reason": photo.no_place, "declared_time": photo.declared_time, "source": photo.source,
        "by": photo.by.staff_no, "stamped_sha256": stamped_sha256,
    }  # fmt: skip


def _e7(degrees: float | None) -> int | None:
    return None if degrees is None else round(degrees * 10**7)
