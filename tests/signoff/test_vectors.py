"""Every way a sign sheet can be wrong has its own answer: tests/vectors/signatures.json, through the real push."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import DeviceKey
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.jobs.models import Job
from fieldservice.signoff.models import SignOff
from fieldservice.signoff.verify import FAULTS
from fieldservice.web.words import REASONS
from tests.builders import a_job
from tests.cast import Cast, sign_in
from tests.signoff.sheets import VECTORS, publish_checklist, register_key, sha256, sheet_for, take_photos
from tests.sync.phone import Phone

ROOT = Path(__file__).parents[2]
CASES = VECTORS["cases"]
#: longer than a request may be
REFUSED_WHOLE = {"far too long"}


def test_the_server_says_what_the_vectors_say(client, cast, session):
    phone = Phone(sign_in(client, cast.technician))
    names = {"$other_technician": cast.second_technician.id, "$checklist": publish_checklist().id}
    found = {case["name"]: _outcome(phone, cast, case, names) for case in CASES}
    wanted = {case["name"]: _wanted(case) for case in CASES}
    assert {name: (is_so, wanted[name]) for name, is_so in found.items() if is_so != wanted[name]} == {}


def test_every_fault_has_a_vector():
    assert {case["code"] for case in CASES} - {""} == set(FAULTS) - {"sign_wrong_state"}


def test_every_fault_has_words_at_the_desk_and_on_the_phone():
    script = (ROOT / "static" / "js" / "core" / "reasons.js").read_text(encoding="utf-8")
    assert [code for code in FAULTS if code not in REASONS or f"  {code}: (" not in script] == []


def _outcome(phone: Phone, cast: Cast, case: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """What came of the case: result and code on the wire, and the row that was kept."""
    job = _job(cast, case)
    other = _job(cast, case) if "other_job" in str(case) else job
    _set_key(cast, case.get("key", "own"))
    names = {**names, "$other_job": other.id, "$paper": _paper_of(job)}
    for before in case.get("before", []):
        phone.op("sign_sheet", job.id, **sheet_for(job, cast.technician, names=names, **before))
        phone.take(phone.post(phone.request()).json)
    on = other if case.get("on") == "other_job" else job
    occurred_ms = clock.to_ms(clock.now()) - case.get("off_ms", 0)
    op = phone.op("sign_sheet", on.id, occurred_ms, **sheet_for(job, cast.technician, names=names, **case))
    answer = phone.post(phone.request())
    if answer.status_code != 200:
        phone.waiting.clear()
        phone.seq -= 1
        return {"status": answer.status_code}
    phone.take(answer.json)
    ack = answer.json["acks"][-1]
    db.session.expire_all()
    row = db.session.get(SignOff, op["id"])
    return {"result": ack["result"], "code": ack["note"]["code"] if ack["note"] else "", "row": _row(row)}


def _row(row: SignOff | None) -> dict[str, Any] | None:
    if row is None:
        return None
    assert (row.revision_key is not None) is (row.state == "valid")
    return {"state": row.state, "fault": row.fault, "current": row.is_current, "weak": row.is_weak}


def _wanted(case: dict[str, Any]) -> dict[str, Any]:
    code = case["code"]
    if case["name"] in REFUSED_WHOLE:
        return {"status": 413}
    row = {"state": "quarantined" if code else "valid", "fault": code, "current": not code,
           "weak": case.get("weak", False)}  # fmt: skip
    result = "quarantined" if code else "applied"
    return {"result": result, "code": code, "row": row if case.get("row", True) else None}


def _job(cast: Cast, case: dict[str, Any]) -> Job:
    columns = {"state": "working", "amount_fen": 18000, "amount_reason": "上门费", **case.get("job", {})}
    job = a_job(cast.store, cast.technician, **columns)
    take_photos(job, cast.technician)
    take_photos(job, cast.technician, (_paper_of(job),), slot="paper")
    return job


def _paper_of(job: Job) -> str:
    return sha256(job.id)


def _set_key(cast: Cast, which: str) -> None:
    """The key of the vectors as the case wants it: 'own', 'unknown', 'of_another', 'revoked_before', 'revoked_after'."""
    db.session.execute(sa.delete(DeviceKey))
    if which != "unknown":
        key = register_key(cast.second_technician if which == "of_another" else cast.technician)
        days = {"revoked_before": -1, "revoked_after": 1}.get(which)
        key.revoked_at = clock.now() + timedelta(days=days) if days else None
    db.session.commit()
