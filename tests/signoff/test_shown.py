"""What a sheet would show now is reckoned on both sides: the vectors of the phone's `presented`."""

import json
from pathlib import Path
from typing import Any

import pytest

from fieldservice.signoff.shown import HEADER, NOT_AFTER_THE_END, WORK, is_as_shown, work_shown
from fieldservice.visits import charges, rules

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "presented.json").read_text(encoding="utf-8"))
CASES = [case for case in VECTORS["cases"] if case["showing"].get("kind") != "agreement"]
#: as tests/js/fakes/jobs.js makes a job
JOB = {"type": "repair", "run": 1, "checklist": None, "answers": [], "photos": [], "sheets": [], "charges": None,
       "amount_fen": None, "amount_reason": "", "special_needs": [], "stops_supply": False,
       "under_warranty": False}  # fmt: skip


def shown_by(case: dict[str, Any]) -> dict[str, Any]:
    job = JOB | case["job"]
    agreed = rules.agreed_lines(job["sheets"])
    stated = job["charges"]["lines"] if job["charges"] else None
    lines = charges.final_lines(job["amount_fen"], job["amount_reason"], agreed, stated)
    facts = {"job_type": job["type"], "under_warranty": job["under_warranty"], "special_needs": job["special_needs"],
             "charge": charges.total_fen(lines) > 0, "stops_supply": job["stops_supply"]}  # fmt: skip
    seen = {"photos": [{"slot": photo["slot"], "item": photo["item"], "counts": counts(photo)}
                       for photo in job["photos"] if photo["run"] == job["run"]], "signed": False}  # fmt: skip
    job |= {"lines": lines, "agreed_fen": charges.agreed_fen(job["amount_fen"], agreed)}
    content = case["showing"].get("content", VECTORS["content"])
    return work_shown(job, content, facts, seen, case["showing"].get("language", "zh"))


def counts(photo: dict[str, Any]) -> bool:
    bad = photo["void_reason"] is not None or photo["late"] or not photo["opens"]
    return not bad and (photo["picture"] != "unusable" or photo["waived"])


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_server_would_show_what_the_phone_shows(case):
    signed = json.loads(case["text"])
    assert shown_by(case) == {name: part for name, part in signed.items() if name not in HEADER}
    assert is_as_shown(signed, shown_by(case))


@pytest.mark.parametrize("name", sorted(WORK))
def test_no_part_of_the_work_is_forgotten(name):
    """A field that `presented` gains must be reckoned anew, or said to be of the header."""
    signed = json.loads(CASES[0]["text"])
    other = signed["photos"][:1] if name == "photos" else []
    assert not is_as_shown(signed, shown_by(CASES[0]) | {name: other})


def test_the_clock_of_a_phone_changes_nothing_that_was_shown():
    signed, now = json.loads(CASES[0]["text"]), shown_by(CASES[0])
    now["photos"] = [photo | {"at_ms": 0} for photo in reversed(now["photos"])]
    assert is_as_shown(signed, now)


def test_photos_after_the_end_stand_beside_the_sheet():
    signed, now = json.loads(CASES[0]["text"]), shown_by(CASES[0])
    assert is_as_shown(signed, now | {"photos": []}, WORK - NOT_AFTER_THE_END)
    assert not is_as_shown(signed, now | {"found": []}, WORK - NOT_AFTER_THE_END)
