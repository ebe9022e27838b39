"""An older backup is put back under a phone in a real browser, by the commands, with a real server."""

import subprocess
import sys

import sqlalchemy as sa
from playwright.sync_api import expect

from fieldservice.core.db import db
from fieldservice.core.versions import current
from fieldservice.evidence.models import VERIFIED, Blob
from fieldservice.jobs.models import JobNote
from tests.e2e.test_uploads import HERE, SHOOT, wait_until_there
from tests.e2e.trip import a_job_for, ops_on_server, reading, sign_in_phone, unsent
from tests.support.browser import NETWORK_ERROR
from tests.support.databases import ROOT, app_on, close

NOTE = """([job, text]) => {
  const { store } = document.querySelector('fieldservice-app').firstElementChild.app;
  return store.confirm('add_note', job, { text });
}"""


def command(server, *words):
    done = subprocess.run([sys.executable, "-m", "flask", "--app", "wsgi", *map(str, words)], cwd=ROOT, check=False,
                          env=server._environment(), capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_nothing_is_lost_or_doubled_when_the_office_puts_an_older_backup_back(phone, own_server, watch, tmp_path):
    watch.expect(NETWORK_ERROR)
    app = app_on(own_server.database, own_server.data_dir)
    job_id = a_job_for(app)
    sign_in_phone(phone, own_server)
    phone.goto(f"/app/#/job/{job_id}")
    expect(phone.get_by_role("heading", level=1)).to_contain_text("龚女士")
    phone.asked = []
    phone.evaluate(NOTE, [job_id, "备份之前"])
    first, _hash = phone.evaluate(SHOOT, [job_id, 2000])
    wait_until_there(phone, first)
    command(own_server, "backup", tmp_path / "old")

    phone.evaluate(NOTE, [job_id, "备份之后"])
    since, since_hash = phone.evaluate(SHOOT, [job_id, 3000])
    wait_until_there(phone, since)
    close(app)
    with own_server.stopped():
        phone.evaluate(NOTE, [job_id, "停机期间"])
        waiting, waiting_hash = phone.evaluate(SHOOT, [job_id, 4000])
        told = command(own_server, "restore", "--force", tmp_path / "old")
        assert "as epoch 2" in told
        with reading(app):
            assert db.session.get(Blob, since_hash) is None
        close(app)
    phone.evaluate("dispatchEvent(new Event('online'))")
    wait_until_there(phone, waiting)
    assert (unsent(phone), phone.evaluate(HERE, since)) == (0, [0, False])

    assert sorted(ops_on_server(app, job_id)) == [("add_note", "applied")] * 3 + [("add_photo", "applied")] * 3
    with reading(app):
        assert sorted(db.session.scalars(sa.select(JobNote.text).filter_by(job_id=job_id))) == sorted(
            ["备份之前", "备份之后", "停机期间"]
        )
        assert {db.session.get_one(Blob, sha256).state for sha256 in (since_hash, waiting_hash)} == {VERIFIED}
        assert current()[0] == 2
    close(app)
