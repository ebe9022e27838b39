"""`flask backup`, `flask restore`: whole or not at all, and every fault is found before anything is touched."""

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldservice.backups import databases, making, manifest, restoring
from fieldservice.core import audit, files, high_water, secrets_file, start, versions
from fieldservice.core.db import db
from fieldservice.evidence.models import ANNOUNCED, VERIFIED, Blob, Upload
from fieldservice.jobs.models import Job
from fieldservice.reports.keys import sealing_identity
from tests.backups.conftest import Run, let_go
from tests.builders import MOMENT, a_job
from tests.cast import sign_in
from tests.evidence.photos import Sender, a_device, announced, picture
from tests.support.databases import Database, app_on, close, empty_database
from tests.support.dying import die, dies

WHOLE = picture()


@pytest.fixture
def photo(app, cast, session):
    """A job with a photo whose bytes are on the server; its hash."""
    device = a_device(cast.technician)
    job = a_job(cast.store, cast.technician)
    taken = announced(job, cast.technician, device, WHOLE)
    phone = Sender(sign_in(app.test_client(), cast.technician), device)
    assert phone.create(taken, WHOLE, WHOLE).status_code == 201
    sha256 = taken.sha256
    session.rollback()
    return sha256


def counted() -> tuple[int, int, int]:
    with db.engine.connect() as connection:
        return tuple(connection.scalar(sa.text(f"SELECT count(*) FROM {name}")) for name in ("job", "op_log", "blob"))


def test_a_backup_put_back_elsewhere_is_the_same_installation(app, photo, run, target, database_kind, tmp_path):
    before, seal = counted(), sealing_identity().certificate
    done = run("backup", target)
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in target.parent.iterdir()) == ["one"]
    assert {path.name for path in (target / "keys/sealing").iterdir()} == {"certificates.json", "root.p12", "seal.p12"}
    assert (target.stat().st_mode & 0o777, (target / "keys").stat().st_mode & 0o777) == (0o700, 0o700)
    assert {path.stat().st_mode & 0o077 for path in target.rglob("*") if path.is_file()} == {0}
    with empty_database(database_kind) as other:
        elsewhere = app_on(other, tmp_path / "elsewhere")
        done = run("restore", target, on=elsewhere)
        assert done.exit_code == 0, done.output
        with elsewhere.app_context():
            assert counted() == before
            assert sealing_identity().certificate == seal, "what is sealed there is sealed by the same key"
            assert versions.current()[0] == 2
            assert high_water.read() == versions.current()[1]
            assert files.path_of(photo).read_bytes() == WHOLE
            assert db.session.get_one(Blob, photo).state == VERIFIED
            # cursors, links and sessions are good there too
            for name in ("secrets.json", "link-key.json"):
                there, here = (Path(one.config["DATA_DIR"]) / name for one in (elsewhere, app))
                assert there.read_text() == here.read_text()
            there, here = (dict(one.config["SECRETS"]) for one in (elsewhere, app))
            assert there.pop("rescue_keys").startswith(here.pop("rescue_keys")), "its own open what came meanwhile"
            assert there == here
        close(elsewhere)


def test_a_backup_is_made_while_others_write(app, cast, session, run: Run, target: Path):
    job_id, going_on, written = a_job(cast.store, cast.technician).id, threading.Event(), threading.Event()
    session.rollback()

    def write() -> None:
        with app.app_context():
            while not going_on.is_set():
                job = db.session.get_one(Job, job_id)
                job.brief = f"{job.version}"
                db.session.commit()
                written.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert written.wait(20)
    try:
        made = app.test_cli_runner().invoke(args=["backup", str(target)])
    finally:
        going_on.set()
        writer.join()
    assert made.exit_code == 0, made.output
    assert run("restore", "--verify", target).exit_code == 0


def test_an_existing_target_is_refused_and_stays(photo, run: Run, target: Path):
    target.mkdir(parents=True)
    (target / "mine").touch()
    done = run("backup", target)
    assert (done.exit_code, "never replaces" in done.output) == (1, True)
    assert [path.name for path in target.iterdir()] == ["mine"]


def test_keys_can_be_kept_apart(photo, run: Run, target: Path, tmp_path: Path):
    keys = tmp_path / "safe" / "keys"
    assert run("backup", target, "--keys", keys).exit_code == 0
    assert not (target / "keys").exists()
    assert sorted(path.name for path in keys.iterdir())[0] == "link-key.json"
    done = run("restore", "--verify", target)
    assert (done.exit_code, "keys/secrets.json: No such file" in done.output) == (1, True)
    assert run("restore", "--verify", target, "--keys", keys).exit_code == 0


def test_a_linked_backup_shares_the_bytes(photo, run: Run, target: Path, app: Flask):
    assert run("backup", target, "--link").exit_code == 0
    with app.app_context():
        original = files.path_of(photo)
    assert os.path.samefile(original, target / "media" / "blobs" / photo[:2] / photo)


def test_files_that_phones_exported_and_what_opens_them_are_kept(app, photo, run, target, database_kind, tmp_path):
    with app.app_context():
        exported = files.rescue_path(hashlib.sha256(b"sealed").hexdigest())
    exported.parent.mkdir(exist_ok=True)
    exported.write_bytes(b"sealed")
    assert run("backup", target).exit_code == 0
    keys = Path(app.config["DATA_DIR"]) / "rescue-keys.json"
    before = json.loads(keys.read_text())["rescue_keys"]
    secrets_file.add_rescue_key(keys.parent)
    both = set(json.loads(keys.read_text())["rescue_keys"].split())
    exported.unlink()
    assert run("restore", "--force", target).exit_code == 0
    assert exported.read_bytes() == b"sealed"
    joined = json.loads(keys.read_text())["rescue_keys"].split()
    assert (set(joined), joined[0], keys.stat().st_mode & 0o777) == (both, before, 0o600)


def test_what_phones_sealed_since_is_opened_after_a_restore_that_was_cut_off_too(app, photo, run, target, database_kind):
    assert run("backup", target).exit_code == 0
    keys = Path(app.config["DATA_DIR"]) / "rescue-keys.json"
    before = json.loads(keys.read_text())["rescue_keys"]
    secrets_file.add_rescue_key(keys.parent)
    both = set(json.loads(keys.read_text())["rescue_keys"].split())

    def replace_and_die(source: Path, to: Path) -> None:
        manifest.replace_file(source, to)
        if to == keys:
            die()

    def work() -> None:
        run("restore", "--force", target)

    let_go(app)
    dies(work, lambda: setattr(restoring, "replace_file", replace_and_die))
    assert json.loads(keys.read_text())["rescue_keys"] == before
    assert run("restore", target).exit_code == 0
    joined = json.loads(keys.read_text())["rescue_keys"].split()
    assert (set(joined), joined[0]) == (both, before)


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.chmod(0o600)
    path.write_bytes(content)


def newer(target: Path) -> None:
    manifest = json.loads((target / "manifest.json").read_text())
    (target / "manifest.json").unlink()
    (target / "manifest.json.sha256").unlink()
    manifest["schema"] = "9999"
    making.Manifest(**manifest).write(target)


def escaping(target: Path) -> None:
    manifest = json.loads((target / "manifest.json").read_text())
    (target / "manifest.json").unlink()
    (target / "manifest.json.sha256").unlink()
    manifest["files"]["media/blobs/../../../x"] = {"size": 0, "sha256": ""}
    making.Manifest(**manifest).write(target)


def forgetful(target: Path) -> None:
    """A photo of the database that the manifest does not name."""
    manifest = json.loads((target / "manifest.json").read_text())
    (target / "manifest.json").unlink()
    (target / "manifest.json.sha256").unlink()
    manifest["files"] = {name: said for name, said in manifest["files"].items() if not name.startswith("media")}
    making.Manifest(**manifest).write(target)


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "database": (lambda target: damage(next(target.glob("database.*"))), "database."),
    "photo": (lambda target: damage(next(path for path in target.rglob("blobs/*/*"))), ": damaged"),
    "photo gone": (lambda target: next(target.rglob("blobs/*/*")).unlink(), "No such file"),
    "key": (lambda target: damage(target / "keys" / "secrets.json"), "keys/secrets.json: damaged"),
    "manifest": (lambda target: damage(target / "manifest.json"), "manifest.json is damaged"),
    "no manifest": (lambda target: (target / "manifest.json").unlink(), "is no whole backup"),
    "newer": (newer, "The backup has the schema 9999, which this version of the program does not know"),
    "path": (escaping, "names what no backup of ours holds"),
    "forgotten": (forgetful, "its bytes are not in the backup"),
}


def test_every_fault_is_found_and_then_nothing_is_touched(app, photo, run: Run, target: Path, tmp_path: Path):
    assert run("backup", target).exit_code == 0
    shutil.copytree(target, tmp_path / "sound")
    with app.app_context():
        before = counted()
    for name, (spoil, words) in FAULTS.items():
        shutil.rmtree(target)
        shutil.copytree(tmp_path / "sound", target)
        spoil(target)
        for how in ("--verify", "--force"):
            done = run("restore", how, target)
            assert (done.exit_code, words in done.output) == (1, True), (name, how, done.output)
    with app.app_context():
        assert counted() == before
        assert versions.current()[0] == 1
    assert not start.restore_mark(app).exists()


def test_a_backup_with_a_broken_chain_says_so(app, cast, session, run: Run, target: Path, database_kind):
    for number in range(3):
        told = {"entity_type": "test", "entity_id": str(number), "by_id": None, "at": MOMENT}
        audit.note("test.noted", **told, facts={})
    session.commit()
    if database_kind == "sqlite":
        session.execute(sa.text("DROP TRIGGER audit_kept"))
    else:
        session.execute(sa.text("ALTER TABLE audit DISABLE TRIGGER USER"))
    session.execute(sa.text("UPDATE audit SET at = at + 1 WHERE seq = 2"))
    session.commit()
    assert run("backup", target).exit_code == 0
    done = run("restore", "--verify", target)
    assert (done.exit_code, "its audit chain is broken at entry 2" in done.output) == (1, True), done.output


def test_a_restore_needs_force_and_nobody_at_work(app, photo, run: Run, target: Path, database: Database):
    assert run("backup", target).exit_code == 0
    done = run("restore", target)
    assert (done.exit_code, "With --force" in done.output) == (1, True)
    held = start._locked(app, 1)
    done = run("restore", "--force", target)
    assert (done.exit_code, "stop it first" in done.output) == (1, True)
    os.close(held)
    if database.kind == "postgresql":
        with sa.create_engine(database.url, poolclass=sa.NullPool).connect():
            done = run("restore", "--force", target)
        assert (done.exit_code, "1 other connections" in done.output) == (1, True)
    assert run("restore", "--force", target).exit_code == 0


def test_no_server_starts_while_a_backup_is_being_put_back(app: Flask):
    with start.alone(app) as is_alone:
        assert is_alone
        with pytest.raises(start.CannotStart):
            start.hold(app)
    start.hold(app)
    with start.alone(app) as is_alone:
        assert not is_alone
    os.close(app.extensions.pop("running_lock"))


def test_bytes_that_are_gone_are_said_and_waited_for_again(app, photo, run: Run, target: Path):
    with app.app_context():
        files.path_of(photo).unlink()
    done = run("backup", target)
    assert (done.exit_code, photo in done.output) == (3, True)
    assert run("restore", "--verify", target).exit_code == 1
    done = run("restore", "--force", target)
    assert (done.exit_code, "gone and waited for: 1" in done.output) == (3, True)
    with app.app_context():
        assert db.session.get_one(Blob, photo).state == ANNOUNCED
        job = db.session.scalars(sa.select(Job)).one()
        assert job.version // versions.EPOCH_STEP == 2, "its phone hears of it"


def test_bytes_that_came_after_the_backup_stay_and_are_found(app, cast, session, run: Run, target: Path):
    device, job = a_device(cast.technician), a_job(cast.store, cast.technician)
    taken = announced(job, cast.technician, device, WHOLE)
    evidence_id, sha256, person_id = taken.id, taken.sha256, cast.technician.id
    phone = Sender(sign_in(app.test_client(), cast.technician), device)
    assert run("backup", target).exit_code == 0
    assert phone.create(session.merge(taken), WHOLE, WHOLE).status_code == 201
    done = run("restore", "--force", target)
    assert (done.exit_code, "found again beside it: 1" in done.output) == (0, True), done.output
    with app.app_context():
        assert db.session.get_one(Blob, sha256).state == VERIFIED
        upload = db.session.scalars(sa.select(Upload).filter_by(evidence_id=evidence_id)).one()
        assert (upload.person_id, upload.received, upload.finished_at is not None) == (person_id, len(WHOLE), True)


def after(place: object, name: str) -> Callable[[], None]:
    """Dies when that function has been called and is done."""

    def set_point() -> None:
        work = getattr(place, name)

        def then_die(*args: object, **given: object) -> object:
            done = work(*args, **given)
            die()
            return done

        setattr(place, name, then_die)

    return set_point


def test_a_backup_that_is_killed_leaves_none(app, photo, run: Run, target: Path):
    def work() -> None:
        run("backup", target)

    let_go(app)
    for name in ("_copy_photos", "_copy_keys", "sync_all"):
        dies(work, after(making, name))
        assert not target.exists()
    assert run("backup", target).exit_code == 0
    assert [path.name for path in target.parent.iterdir()] == ["one"]
    assert run("restore", "--verify", target).exit_code == 0


RESTORE_POINTS = {
    "the first file": (restoring, "put_text"),
    "the photos and keys": (restoring, "_put_files"),
    "the old database put aside": (databases, "replace_file"),
    "the database": (restoring.high_water, "note"),
    "the migrations": (restoring.flask_migrate, "upgrade"),
    "the look through the bytes": (restoring.found, "look_through"),
}


def test_a_restore_that_is_killed_is_run_again_and_nothing_starts_before(app, photo, run, target, database_kind):
    assert run("backup", target).exit_code == 0
    with app.app_context():
        before = counted()

    def work() -> None:
        run("restore", "--force", target)

    for name, (place, function) in RESTORE_POINTS.items():
        if (name, database_kind) == ("the old database put aside", "postgresql"):
            continue  # one transaction: there is no such point
        let_go(app)
        dies(work, after(place, function))
        for words in (["first-admin"], ["backup", target.with_name("two")]):
            refused = run(*words)
            assert (refused.exit_code, "run it again" in refused.output) == (1, True), name
        with app.app_context(), pytest.raises(start.CannotStart):
            start.check(app)
    done = run("restore", target)
    assert done.exit_code == 0, done.output
    with app.app_context():
        assert counted() == before
        assert start.check(app)
        assert versions.current()[0] > 1
        assert files.path_of(photo).read_bytes() == WHOLE


def test_without_postgresqls_programs_it_says_what_to_install(app, photo, run, target, database_kind, monkeypatch):
    if database_kind == "sqlite":
        return
    monkeypatch.setattr(databases.shutil, "which", lambda name: None)
    monkeypatch.setattr(databases.Path, "glob", lambda path, pattern: iter(()))
    done = run("backup", target)
    assert (done.exit_code, "apt-get install postgresql-client" in done.output) == (1, True)
    assert not target.exists()
