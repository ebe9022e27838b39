"""Each operation does on the server what its vectors say; the phone runs the same files.

A case: `state` of the job before, `checklist` (whether there is one for it), `job` (other fields of it), `before` and
`op` (each `as` lead or helper), `away`: the job is given to somebody else before `op`. Text arguments stand for ids:
"$1" the first operation, "$checklist" the published version, "$older" the one before, "$foreign" of another kind of
visit. `shows`: what phone and server then show of the visit.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from fieldservice.core import clock
from fieldservice.jobs.actions import assign_job
from fieldservice.jobs.models import Job
from fieldservice.sync.operations import OPERATIONS
from fieldservice.visits.queries import visit_parts
from tests.builders import a_checklist, a_job
from tests.cast import a_person, sign_in
from tests.sync.phone import Phone

FOLDER = Path(__file__).parents[1] / "vectors" / "sync"
CHECKLIST = json.loads((FOLDER.parent / "visit_checklist.json").read_text())
VECTORS = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
CASES = [(kind, case) for kind, vectors in VECTORS.items() for case in vectors["cases"]]
#: of each kind of operation the first case with each result: judging is the same code everywhere, keeping is not
OUTCOMES = list({(kind, case["server"]["result"]): (kind, case) for kind, case in reversed(CASES)}.values())


def test_every_operation_has_vectors_and_every_vector_an_operation():
    assert set(VECTORS) == set(OPERATIONS)


@pytest.mark.one_database
@pytest.mark.parametrize(("kind", "case"), CASES, ids=[f"{kind}: {case['name']}" for kind, case in CASES])
def test_the_server_does_what_the_vector_says(app, cast, session, kind, case):
    _play(app, cast, session, kind, case)


@pytest.mark.parametrize(("kind", "case"), OUTCOMES, ids=[f"{kind}: {case['name']}" for kind, case in OUTCOMES])
def test_each_outcome_is_kept_alike_by_each_database(app, cast, session, kind, case):
    _play(app, cast, session, kind, case)


def _play(app: Any, cast: Any, session: Any, kind: str, case: dict[str, Any]) -> None:
    names = _checklists() if case.get("checklist") else {}
    cancelled = {"cancelled_from": "assigned"} if case["state"] == "cancelled" else {}
    job = a_job(cast.store, cast.technician, helpers=(cast.second_technician,), state=case["state"], **cancelled,
                **case.get("job", {}))  # fmt: skip
    crew = {"lead": cast.technician, "helper": cast.second_technician}
    phones = {name: Phone(sign_in(app.test_client(), person)) for name, person in crew.items()}
    answer: dict[str, Any] = {}
    for number, op in enumerate([*case.get("before", []), case["op"]], 1):
        if case.get("away") and op is case["op"]:
            _give_away(job, cast)
        phone = phones[op.get("as", case.get("as", "lead"))]
        args = {name: names.get(str(value), value) for name, value in op["args"].items()}
        names[f"${number}"] = phone.op(op["kind"], job.id, **args)["id"]
        answer = phone.post(phone.request()).json
    ack = answer["acks"][-1]
    found = {"result": ack["result"], "state": session.get(Job, job.id).state}
    if ack["note"]:
        found["code"] = ack["note"]["code"]
    assert found == case["server"]
    assert phone.post(phone.request()).json["acks"] == answer["acks"], "a repeat is answered alike"
    session.expire_all()
    shown = _shown(visit_parts([session.get(Job, job.id)])[job.id])
    wanted = case.get("shows", {})
    assert {name: shown[name] for name in wanted} == wanted | (
        {"pinned": names[wanted["pinned"]]} if "pinned" in wanted else {}
    )


def _checklists() -> dict[str, str]:
    older = a_checklist("repair", CHECKLIST, state="retired")
    published = a_checklist("repair", CHECKLIST, template=older.template)
    foreign = a_checklist("maintenance", CHECKLIST)
    return {"$older": older.id, "$checklist": published.id, "$foreign": foreign.id}


def _give_away(job: Job, cast: Any) -> None:
    other = a_person("0299", "刘师傅", cast.store, "technician")
    assign_job(job, other, expected_version=job.version, by=cast.dispatcher, at=clock.now())


def _shown(parts: dict[str, Any]) -> dict[str, Any]:
    checklist, charges = parts["checklist"], parts["charges"]
    return {
        "answers": {answer["item"]: answer["value"] for answer in parts["answers"]},
        "photos": [{name: photo[name] for name in ("slot", "item", "caption", "void_reason")}
                   for photo in parts["photos"]],
        "charges": charges and charges["total_fen"],
        "incidents": [incident["kind"] for incident in parts["incidents"]],
        "pinned": checklist["id"] if checklist and checklist["pinned"] else None,
    }  # fmt: skip
