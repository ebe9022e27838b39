"""Sign sheets of the tests, made and signed as a phone does; with every way to spoil them."""

import base64
import copy
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_private_key

from fieldservice.accounts.models import Device, DeviceKey, Person
from fieldservice.checklists.models import ChecklistTemplate, ChecklistVersion
from fieldservice.core import canonical, clock
from fieldservice.core.db import db
from fieldservice.core.happening import Happening
from fieldservice.core.ids import new_id
from fieldservice.evidence.actions import announce_blob
from fieldservice.evidence.models import Evidence
from fieldservice.jobs.models import Job
from fieldservice.signoff import actions
from fieldservice.signoff.models import SignOff
from fieldservice.signoff.queries import work_now
from fieldservice.visits.queries import versions_by_id, visit_of

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "signatures.json").read_text(encoding="utf-8")
)
KEY = VECTORS["key"]
SHOWN_PHOTOS = tuple(photo["sha256"] for photo in VECTORS["presented"]["photos"])
_PRIVATE = load_der_private_key(base64.b64decode(KEY["pkcs8"]), None)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def sign(text: str) -> str:
    """Raw r‖s as unpadded base64url."""
    assert isinstance(_PRIVATE, ec.EllipticCurvePrivateKey)
    r, s = decode_dss_signature(_PRIVATE.sign(text.encode("utf-8", "surrogatepass"), ec.ECDSA(hashes.SHA256())))
    return base64.urlsafe_b64encode(r.to_bytes(32) + s.to_bytes(32)).decode().rstrip("=")


def sheet_for(job: Job, technician: Person, /, **case: Any) -> dict[str, str]:
    """The arguments of `sign_sheet` for a job: the valid sheet of the vectors, changed as `case` says.

    `work`: what stands in the place of the vectors' own words about the work.
    """
    names = {
        "$job": job.id,
        "$technician": technician.id,
        "$nonce": job.sign_nonce,
        "$key": KEY["id"],
        "$now": clock.to_ms(clock.now()),
        **case.get("names", {}),
    }
    shown = _changed(_named(VECTORS["presented"], names) | case.get("work", {}), _named(case.get("shown", {}), names))
    presented = _spoiled(_text(shown), "presented", case)
    signed = _named(VECTORS["payload"], names) | {
        "revision": case.get("revision", 1),
        "presented_sha256": sha256(presented),
        "photos_sha256": sha256("\n".join(photo["sha256"] for photo in shown["photos"])),
    }
    if "revision" in case:
        shown["revision"] = case["revision"]
        presented = _text(shown)
        signed["presented_sha256"] = sha256(presented)
    if case.get("queue_photos_reversed"):
        signed["photos_sha256"] = sha256("\n".join(reversed([photo["sha256"] for photo in shown["photos"]])))
    signed = _changed(signed, _named(case.get("signed", {}), names))
    if "points" in case:
        signed["strokes"] = [[[at % 10_000, 0, at, 500] for at in range(case["points"])]]
    payload = _spoiled(_text(signed), "payload", case)
    signature = case.get("signature", sign(payload))
    if "queued_shown" in case:
        presented = _text(_changed(shown, case["queued_shown"]))
    if "queued" in case:
        queued = _named(case["queued"], names | {"$presented": sha256(presented)})
        payload = _text(_changed(signed, queued))
    return {"presented": presented, "payload": payload, "signature": signature}


def true_sheet(job: Job, by: Person, /, **case: Any) -> dict[str, str]:
    """As `sheet_for`, and it shows the work as it stands."""
    return sheet_for(job, by, **{"work": true_work(job, by)} | case)


def true_work(job: Job, by: Person, answers: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a phone shows of the job. `answers`: on the phone beside those known here."""
    visit = visit_of(job)
    rows: Any = [SimpleNamespace(id=key, item=key, value=value, by=by, by_id=by.id, happened_at=clock.now())
                 for key, value in (answers or {}).items()]  # fmt: skip
    visit = replace(visit, answers=[*visit.answers, *rows])
    content = versions_by_id([visit.checklist_id])[visit.checklist_id].content if visit.checklist_id else None
    said = {"photos": [{"sha256": photo.sha256} for photo in visit.photos], "checklist": {"id": None}, "language": "zh"}
    return work_now(visit, said, content, by_id=by.id, at=clock.now())


def register_key(person: Person, *, key: dict[str, str] = KEY, **given: Any) -> DeviceKey:
    """The key of the vectors as one of this person; committed."""
    device = Device(id=new_id(), person_id=person.id, name="手机", registered_at=clock.now())
    db.session.add(device)
    db.session.flush()
    row = DeviceKey(
        id=key["id"], person_id=person.id, device_id=device.id, spki=key["spki"], registered_at=clock.now(), **given
    )
    db.session.add(row)
    db.session.commit()
    return row


def take_photos(job: Job, by: Person, hashes_: tuple[str, ...] = SHOWN_PHOTOS, slot: str = "before") -> None:
    """Announces photos of a job; committed."""
    at = clock.now()
    for sha in hashes_:
        blob = announce_blob(sha, 1000, "image/jpeg", at=at)
        db.session.add(
            Evidence(id=new_id(), job_id=job.id, run=job.run, by_id=by.id, blob=blob, slot=slot, source="camera",
                     happened_at=at, op_id=new_id())
        )  # fmt: skip
    db.session.commit()


def publish_checklist(job_type: str = "repair") -> ChecklistVersion:
    """A published version, empty; committed."""
    template = ChecklistTemplate(job_type=job_type, created_at=clock.now())
    version = ChecklistVersion(
        template=template, number=1, state="published", created_at=clock.now(), published_at=clock.now(),
        content={"format": 1, "items": [], "phrases": []},
    )  # fmt: skip
    db.session.add(version)
    db.session.commit()
    return version


def signed_on(job: Job, by: Person, /, *, is_late: bool = False, **case: Any) -> SignOff:
    """Takes a sheet by the action itself; it shows the work as it stands unless `case` says otherwise. Committed."""
    at = clock.now()
    when = Happening(at=at, op_id=new_id(), device_at=at)
    given = actions.Signing(**true_sheet(job, by, **case))
    actions.sign_sheet(job, given, by=by, when=when, is_late=is_late)
    db.session.commit()
    return db.session.get_one(SignOff, when.op_id)


def _text(value: Any) -> str:
    """Canonical; a value that has no such form as plainly as can be."""
    try:
        return canonical.dumps(value)
    except ValueError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _spoiled(text: str, which: str, case: dict[str, Any]) -> str:
    """The text with a part of it replaced, as no phone writes it."""
    if which in case.get("text", {}):
        old, new = case["text"][which]
        assert old in text
        text = text.replace(old, new, 1)
    if which == "payload" and "payload_end" in case.get("text", {}):
        text = text.removesuffix("}") + case["text"]["payload_end"] + "}"
    if which == "payload" and "deep" in case:
        text = text.removesuffix("}") + ',"deep":' + "[" * case["deep"] + "]" * case["deep"] + "}"
    if which == "presented" and "long" in case:
        text = text.removesuffix("}") + ',"long":"' + "长" * case["long"] + '"}'
    return text


def _named(value: Any, names: dict[str, Any]) -> Any:
    """The value with every '$name' in place."""
    if isinstance(value, dict):
        return {key: _named(part, names) for key, part in value.items()}
    if isinstance(value, list):
        return [_named(part, names) for part in value]
    return names.get(value, value) if isinstance(value, str) else value


def _changed(value: Any, changes: dict[str, Any]) -> Any:
    """A copy with values put at dotted paths."""
    value = copy.deepcopy(value)
    for path, new in changes.items():
        *way, last = path.split(".")
        place = value
        for step in way:
            place = place[int(step) if isinstance(place, list) else step]
        place[int(last) if isinstance(place, list) else last] = new
    return value
