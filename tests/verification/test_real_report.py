"""A report as the worker makes it, looked at by everything that checks."""

import subprocess
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from fieldservice.core import clock, json
from fieldservice.reports import keys, pressing, queries, tasks
from fieldservice.reports.certificates import pem_of
from fieldservice.reports.rules import shown_code
from fieldservice.verification import known, offline
from tests.cast import sign_in
from tests.reports.scene import a_done_visit, pdf_path
from tests.verification import sealed


@pytest.fixture(scope="module", autouse=True)
def _press_ends():
    yield
    pressing.end()


def test_what_is_handed_out_is_genuine_here_and_elsewhere(app, client, cast, session, tmp_path: Path) -> None:
    job = a_done_visit(cast)
    tasks.look_at_changes()
    chinese, english = queries.reports_of(job)
    for row in (chinese, english):
        found = known.verify(pdf_path(row), wanted_code=row.code, at=clock.now())
        assert found.verdict == "genuine", found.checks
        about = {check.about: check.code for check in found.checks}
        assert about | {"signature": "signature_good", "photos": "photos_good", "chain": "chain_good",
                        "evidence": "evidence_good"} == about  # fmt: skip
    plain = client.get(f"/verify/{shown_code(chinese.code)}").text
    for secret in (job.case.customer.name, job.case.customer.phone, job.site.address, job.lead.name):
        assert secret not in plain
    page = sign_in(app.test_client(), cast.branch_manager).get(f"/jobs/{job.id}").text
    address = f"/jobs/{job.id}/reports/{chinese.id}/pack"
    assert address in page
    pack, root = tmp_path / "pack.zip", tmp_path / "root.pem"
    pack.write_bytes(sign_in(app.test_client(), cast.branch_manager).get(address).data)
    root.write_text(pem_of(keys.sealing_identity().root))
    done = CliRunner().invoke(offline.verify, [str(pack), "--root", str(root), "--code", chinese.code, "--json"])
    said = json.loads(done.stdout)
    assert (done.exit_code, said["verdict"]) == (0, "genuine"), done.output
    assert {one["state"] for one in said["checks"]} == {"good", "open"}
    assert [one["code"] for one in said["checks"] if one["state"] == "open"] == ["time_none"]
    with zipfile.ZipFile(pack) as opened:
        assert len([name for name in opened.namelist() if name.startswith("originals/")]) == 2
    fonts = subprocess.run(["pdffonts", pdf_path(chinese)], capture_output=True, text=True, check=True).stdout
    assert all(line.split()[-5] == "yes" for line in fonts.splitlines()[2:]), f"a font is not embedded:\n{fonts}"
    edited = known.verify(sealed.at_path(tmp_path, sealed.edited(pdf_path(chinese).read_bytes())), at=clock.now())
    assert edited.verdict == "added"
