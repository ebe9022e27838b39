"""An evidence pack and the command that checks it: by somebody who has neither our database nor our settings."""

import base64
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from fieldservice.accounts.models import AccessEntry
from fieldservice.core import audit, clock, files
from fieldservice.core import json as our_json
from fieldservice.core.db import db
from fieldservice.reports import keys
from fieldservice.reports.certificates import pem_of
from fieldservice.reports.models import Report
from fieldservice.verification import known, offline
from tests.cast import sign_in
from tests.verification import sealed

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def made(app, cast, session) -> sealed.Made:
    found = sealed.a_sealed_report(cast)
    for photo in known.read_attachment(found.evidence).photos:
        path = files.path_of(photo.sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"not the original of {photo.sha256}".encode())
    row = session.get_one(Report, found.report_id)
    audit.note("report.sealed", entity_type="job", entity_id=row.job_id, by_id=None, at=clock.now(), source=row,
               facts={"report": row.id, "sha256": row.sealed_sha256})  # fmt: skip
    session.commit()
    return found


@pytest.fixture
def pack(app, cast, made, tmp_path) -> Path:
    client = sign_in(app.test_client(), cast.branch_manager)
    answer = client.get(f"/jobs/{made.job_id}/reports/{made.report_id}/pack")
    assert answer.status_code == 200, answer.text[:500]
    path = tmp_path / "pack.zip"
    path.write_bytes(answer.data)
    return path


@pytest.fixture
def root(app, made, tmp_path) -> Path:
    path = tmp_path / "root.pem"
    path.write_text(pem_of(keys.sealing_identity().root))
    return path


Check = Callable[..., tuple[int, dict]]


@pytest.fixture
def check(app) -> Check:
    """The command in this process; without an application context of ours."""

    def checked(file: Path, *options: object) -> tuple[int, dict]:
        done = CliRunner().invoke(offline.verify, [str(file), "--json", *map(str, options)])
        assert done.stdout.startswith("{"), done.output
        return done.exit_code, json.loads(done.stdout)

    return checked


def test_it_needs_neither_database_nor_settings(made, root: Path, tmp_path: Path) -> None:
    """In a process of its own, without any of our settings and far from our data."""
    file, empty = sealed.at_path(tmp_path, made.pdf), tmp_path / "elsewhere"
    empty.mkdir()
    clean = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "FIELDSERVICE_DATABASE_URL": "postgresql://nowhere/x"}
    command = [sys.executable, "-m", "fieldservice.verification.offline", file, "--root", root, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=empty, env=clean, timeout=60)
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (0, "sealed"), done.stderr
    assert list(empty.iterdir()) == [], "it leaves nothing behind"


def repacked(path: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """The pack with one file in it changed."""
    out = path.with_name(f"changed-{len(list(path.parent.iterdir()))}.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for one in old.namelist():
            content = old.read(one)
            new.writestr(one, change(content) if one == name else content)
    return out


def codes(found: dict) -> dict[str, str]:
    return {one["about"]: one["code"] for one in found["checks"]}


def test_a_pack_is_checked_with_the_root_alone(pack: Path, root: Path, check: Check) -> None:
    # photos of these builders are not real ones: their bytes are not those of their hashes
    with zipfile.ZipFile(pack) as opened:
        names = opened.namelist()
        originals = [name for name in names if name.startswith("originals/")]
    assert {"report.pdf", "chain.json", "head.json", "list.json", "README.md", "certificates/root-2.pem"} <= set(names)
    assert originals
    code, found = check(pack, "--root", root)
    assert codes(found)["photos"] == "photo_changed"
    good = _without_originals(pack)
    code, found = check(good, "--root", root)
    assert (code, found["verdict"]) == (0, "genuine"), found
    assert codes(found) | {"signer": "signer_given_root", "chain": "chain_proven", "whole": "whole_ours"} == codes(found)
    code, found = check(good)
    assert (code, codes(found)["signer"]) == (3, "signer_unproven"), "nobody vouches for a root that came along"
    entry = _first_entry(pack)
    salt, digest = entry["salt"].encode(), entry["entry_hash"].encode()
    wrong = {
        "chain_wrong": repacked(good, "chain.json", lambda text: text.replace(salt, b"0" * 32)),
        "chain_rewritten": repacked(good, "chain.json", lambda text: text.replace(digest, b"5" * 64)),
        "appended": repacked(good, "report.pdf", sealed.appended),
    }
    for verdict, changed in wrong.items():
        code, found = check(changed, "--root", root)
        assert (code, found["verdict"]) == (1, verdict), verdict
    forged = repacked(good, "head.json", lambda text: text.replace(b'\\"size\\":', b'\\"size\\":1'))
    assert check(forged, "--root", root)[1]["verdict"] == "chain_wrong"


def _first_entry(pack: Path) -> dict:
    with zipfile.ZipFile(pack) as opened:
        return json.loads(opened.read("chain.json"))["entries"][0]


def _without_originals(path: Path) -> Path:
    out = path.with_name("small.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for one in old.namelist():
            if not one.startswith("originals/"):
                new.writestr(one, old.read(one))
    return out


def test_a_report_alone_is_checked_with_the_root_alone(made, root: Path, check: Check, tmp_path: Path) -> None:
    code, found = check(sealed.at_path(tmp_path, made.pdf), "--root", root)
    assert (code, found["verdict"], codes(found)["whole"]) == (0, "sealed", "whole_open")
    code, found = check(sealed.at_path(tmp_path, sealed.sealed_by_another(made.plain)), "--root", root)
    assert (code, found["verdict"]) == (1, "signer_other")
    code, found = check(sealed.at_path(tmp_path, sealed.edited(made.pdf)), "--root", root)
    assert (code, found["verdict"]) == (1, "added")


def test_the_command_of_the_product_is_the_same(app, made, root: Path, runner, tmp_path: Path) -> None:
    done = runner.invoke(args=["fieldservice", "verify", str(sealed.at_path(tmp_path, made.pdf)), "--root", str(root),
                               "--language", "zh"])  # fmt: skip
    assert (done.exit_code, done.output.splitlines()[0]) == (0, "封存完好")
    nonsense = tmp_path / "x.zip"
    nonsense.write_bytes(b"PK\x03\x04nonsense")
    broken = runner.invoke(args=["fieldservice", "verify", str(nonsense)])
    assert (broken.exit_code, "cannot be read" in broken.output) == (2, True)


def test_what_the_readme_says_works(pack: Path, root: Path, tmp_path: Path) -> None:
    """The commands for those who trust no program of ours."""
    with zipfile.ZipFile(pack) as opened:
        opened.extractall(tmp_path / "out")
    folder = tmp_path / "out"
    readme = (folder / "README.md").read_text()
    assert "证据包" in readme
    assert "Evidence pack" in readme
    head = our_json.loads((folder / "head.json").read_text())
    (folder / "text").write_text(head["text"])
    (folder / "signature.der").write_bytes(base64.b64decode(head["signature"]))
    command = re.search(r"openssl cms -verify[^`]*", readme)[0].replace("certificates/root-*.pem", str(root)).split()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (folder / "text").write_text(head["text"] + " ")
    assert subprocess.run(command, cwd=folder, capture_output=True).returncode != 0
    listed = json.loads((folder / "list.json").read_text())
    summed = subprocess.run(["sha256sum", "report.pdf"], cwd=folder, capture_output=True, text=True).stdout
    assert summed.split()[0] == listed["pdf_sha256"]


def test_who_may_have_a_pack_and_that_it_is_logged(app, cast, made, session) -> None:
    address = f"/jobs/{made.job_id}/reports/{made.report_id}/pack"
    assert sign_in(app.test_client(), cast.technician).get(address).status_code == 403
    assert sign_in(app.test_client(), cast.outsider).get(address).status_code == 404
    assert app.test_client().get(address).status_code == 302
    before = audit.size()
    assert sign_in(app.test_client(), cast.branch_manager).get(address).status_code == 200
    entry = session.scalars(db.select(AccessEntry).filter_by(act="evidence_pack")).one()
    assert (entry.person_id, entry.subject_id) == (cast.branch_manager.id, made.report_id)
    assert audit.size() > before
