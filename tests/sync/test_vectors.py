"""Each operation does on the server what its vectors say; the phone runs the same files."""

import json
from pathlib import Path

import pytest

from fieldservice.jobs.models import Job
from fieldservice.sync.operations import OPERATIONS
from tests.builders import a_job
from tests.cast import sign_in
from tests.sync.phone import Phone

FOLDER = Path(__file__).parents[1] / "vectors" / "sync"
VECTORS = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
CASES = [(kind, case) for kind, vectors in VECTORS.items() for case in vectors["cases"]]


def test_every_operation_has_vectors_and_every_vector_an_operation():
    assert set(VECTORS) == set(OPERATIONS)


@pytest.mark.parametrize(("kind", "case"), CASES, ids=[f"{kind}: {case['name']}" for kind, case in CASES])
def test_the_server_does_what_the_vector_says(client, cast, session, kind, case):
    lead, helper = cast.technician, cast.second_technician
    cancelled = {"cancelled_from": "assigned"} if case["state"] == "cancelled" else {}
    job = a_job(cast.store, lead, helpers=(helper,), state=case["state"], **cancelled)
    phone = Phone(sign_in(client, helper if case.get("as") == "helper" else lead))
    taken: list[str] = []
    for op in [*case.get("before", []), case["op"]]:
        args = {name: taken[int(value[1:]) - 1] if str(value).startswith("$") else value
                for name, value in op["args"].items()}  # fmt: skip
        taken.append(phone.op(op["kind"], job.id, **args)["id"])
    ack = phone.post(phone.request()).json["acks"][-1]
    found = {"result": ack["result"], "state": session.get(Job, job.id).state}
    if ack["note"]:
        found["code"] = ack["note"]["code"]
    assert found == case["server"]
