"""For each thing that can be done to a report, another answer, and the right one."""

import subprocess
from pathlib import Path

import pytest

from fieldservice.core import audit, clock, files
from fieldservice.core.db import db
from fieldservice.reports.models import Report
from fieldservice.verification import known
from fieldservice.verification.checks import BAD, GOOD, Outcome
from fieldservice.verification.words import ANSWERS, VERDICTS
from tests.verification import sealed
from tests.verification.sealed import Made


def verified(pdf: bytes, folder: Path, code: str = "") -> Outcome:
    found = known.verify(sealed.at_path(folder, pdf), wanted_code=code, at=clock.now())
    assert found.verdict in VERDICTS
    assert all(check.code in ANSWERS or check.code in VERDICTS for check in found.checks)
    return found


@pytest.fixture
def made(app, cast, session) -> Made:
    return sealed.a_sealed_report(cast)


def test_each_tampering_has_its_own_answer(made: Made, cast, tmp_path: Path) -> None:
    good = verified(made.pdf, tmp_path)
    assert good.verdict == "genuine", good.checks
    states = {check.about: (check.state, check.code) for check in good.checks}
    assert states["seal"] == (GOOD, "seal_good")
    assert states["signer"] == (GOOD, "signer_ours")
    assert states["whole"] == (GOOD, "whole_ours")
    assert states["evidence"] == (GOOD, "evidence_good")
    assert states["signature"] == (GOOD, "signature_good")
    assert states["chain"] == (GOOD, "chain_good")
    assert states["revision"] == (GOOD, "revision_latest")
    assert states["time"][1] == "time_none"
    other = sealed.a_sealed_report(cast, revision=2, job=db.session.get_one(Report, made.report_id).job)
    answers = sealed.tamperings(made, other)
    found = {name: verified(pdf, tmp_path).verdict for name, pdf in answers.items()}
    assert found == {name: name for name in answers}
    assert verified(other.pdf, tmp_path, code=made.code).verdict == "other_report"
    assert verified(other.pdf, tmp_path, code=other.code).verdict == "genuine"


@pytest.mark.parametrize("what", [b"x" * 5000, b"\n%%EOF\n", b"\0"])
def test_whatever_stands_behind_the_end_is_seen(made: Made, tmp_path: Path, what: bytes) -> None:
    found = verified(sealed.appended(made.pdf, what), tmp_path)
    assert found.verdict == "appended"
    path = sealed.at_path(tmp_path, made.pdf)
    assert "Total document signed" in subprocess.run(["pdfsig", path], capture_output=True, text=True).stdout


def test_a_bit_anywhere_is_never_good(made: Made, tmp_path: Path) -> None:
    step = len(made.pdf) // 12
    places = [*range(0, len(made.pdf), step), len(made.pdf) - 3, made.pdf.index(b"/ByteRange") + 13,
              made.pdf.index(b"/Contents <3082") + 900, made.pdf.rindex(b"000>")]  # fmt: skip
    found = {place: verified(sealed.flipped(made.pdf, place), tmp_path) for place in places}
    assert {place: one.verdict for place, one in found.items() if one.is_good} == {}
    assert {one.verdict for one in found.values()} <= {"changed", "rewritten", "hidden", "cut", "appended", "not_listed",
                                                       "whole_differs"}  # fmt: skip


def test_an_edited_row_is_told_from_a_chain_written_anew(made: Made, session, tmp_path: Path) -> None:
    sealed.edit_row(made)
    found = verified(made.pdf, tmp_path)
    assert found.verdict == "record_edited", found.checks
    assert found.of("whole").state == GOOD, "the file itself is what it was"
    sealed.write_chain_anew()
    assert verified(made.pdf, tmp_path).verdict == "chain_rewritten"


def test_originals_are_looked_at(made: Made, session, tmp_path: Path) -> None:
    hashes = [one.sha256 for one in known.read_attachment(made.evidence).photos]
    assert verified(made.pdf, tmp_path).of("photos").code == "photos_missing"
    for digest in hashes:
        path = files.path_of(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"another picture")
    found = verified(made.pdf, tmp_path)
    assert (found.verdict, found.of("photos").facts["changed"]) == ("photo_changed", len(hashes))


def test_a_made_up_attachment_learns_nothing_of_others(made: Made, tmp_path: Path) -> None:
    """Its photos and entries are not looked up: that would tell who asks what we have."""
    forged = made.evidence.replace('"revision":1', '"revision":7', 1)
    pdf = sealed.sealed_by_another(sealed.a_pdf("x", forged))
    found = verified(pdf, tmp_path)
    assert found.verdict == "signer_other"
    assert (found.of("photos").code, found.of("chain").code) == ("photos_open", "chain_open")
    assert found.of("evidence").state == BAD


def test_a_seal_made_before_a_rotation_still_verifies(made: Made, cast, tmp_path: Path) -> None:
    ring = known.keys.keyring()
    for new_root in (False, True):
        ring.rotate(known.keys.terms(), new_root=new_root, at=clock.now())
    assert verified(made.pdf, tmp_path).verdict == "genuine"
    later = sealed.a_sealed_report(cast, revision=2, job=db.session.get_one(Report, made.report_id).job)
    assert verified(later.pdf, tmp_path).verdict == "genuine"


def test_a_report_that_was_replaced_says_so(made: Made, session, tmp_path: Path) -> None:
    session.get_one(Report, made.report_id).superseded_at = clock.now()
    session.commit()
    found = verified(made.pdf, tmp_path)
    assert (found.verdict, found.of("revision").code) == ("genuine_superseded", "revision_old")


def test_sealed_by_us_and_not_in_the_list_is_not_called_genuine(made: Made, session, tmp_path: Path) -> None:
    session.delete(session.get_one(Report, made.report_id))
    session.commit()
    found = verified(made.pdf, tmp_path)
    assert (found.verdict, found.is_good) == ("not_listed", False)
    assert audit.size() > 0
