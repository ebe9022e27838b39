"""Putting a backup back. Cut off anywhere, it is run again; nothing works on the data before it is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import flask_migrate
from flask import Flask

from fieldservice.backups.checking import Checked
from fieldservice.backups.databases import Store
from fieldservice.backups.manifest import KEYS, MEDIA, BackupError, Manifest, hash_of, place_of, replace_file
from fieldservice.core import high_water, secrets_file, start, versions
from fieldservice.core.db import db
from fieldservice.core.files import put_text
from fieldservice.evidence import found
from fieldservice.evidence.found import Looked


@dataclass
class Restored:
    """What was done."""

    epoch: int
    looked: Looked
    #: what was replaced and is kept beside its place
    aside: list[str] = field(default_factory=list)


def restore(app: Flask, store: Store, folder: Path, checked: Checked, *, keys: Path | None, force: bool,
            at: datetime) -> Restored:  # fmt: skip
    """Puts a backup that was looked at into the data folder and the database. Raises BackupError, nothing changed."""
    with start.alone(app) as is_alone:
        if not is_alone:
            raise BackupError("The server or the worker is running on these data: stop it first.")
        db.session.remove()
        db.engine.dispose()
        _check_target(app, store, force=force)
        with _marked(app, folder):
            return _put_back(app, store, folder, checked.manifest, keys or folder / KEYS, at)


def _check_target(app: Flask, store: Store, *, force: bool) -> None:
    others = store.others()
    if others:
        raise BackupError(f"{others} other connections to the database are open: stop what uses it first.")
    if not (force or store.is_empty() or start.restore_mark(app).exists()):
        raise BackupError("There is a database already. With --force the backup takes its place; back it up before.")


@contextmanager
def _marked(app: Flask, folder: Path) -> Iterator[None]:
    """From the first change to the last nothing else works on the data; the mark stays when it is cut off."""
    mark = start.restore_mark(app)
    put_text(mark, f"{folder}\n")
    app.config["IS_RESTORING"] = True
    try:
        yield
    finally:
        app.config["IS_RESTORING"] = False
    mark.unlink()


def _put_back(app: Flask, store: Store, folder: Path, manifest: Manifest, keys: Path, at: datetime) -> Restored:
    data_dir: Path = app.config["DATA_DIR"]
    given_out = high_water.read()
    epoch = max(manifest.epoch, store.epoch(), (given_out or 0) // versions.EPOCH_STEP) + 1
    aside = _put_files(data_dir, folder, manifest, keys, at)
    app.config["SECRETS"] = secrets_file.load_or_make(data_dir)
    kept = store.replace(folder / manifest.database_file, epoch=epoch, at=at)
    flask_migrate.upgrade(directory=str(start.MIGRATIONS))
    high_water.note(versions.current()[1])
    db.session.rollback()
    looked = found.look_through()
    return Restored(epoch, looked, [*aside, *([kept] if kept else [])])


def _put_files(data_dir: Path, folder: Path, manifest: Manifest, keys: Path, at: datetime) -> list[str]:
    """Photos are added, never taken away: what phones sent since is still needed. Keys that differ are kept aside."""
    aside = []
    for name, entry in manifest.files.items():
        top, _, rest = name.partition("/")
        if name == manifest.database_file:
            continue
        source, target = place_of(name, folder, keys), data_dir / (rest if top == KEYS else name)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if target.is_file() and (target.stat().st_size, hash_of(target)) == (entry["size"], entry["sha256"]):
            continue
        if top == KEYS and target.exists():
            old = target.with_name(f"{target.name}.before-{at:%Y%m%dT%H%M%SZ}")
            replace_file(target, old)
            aside.append(str(old))
        replace_file(source, target)
        if name.startswith(MEDIA):
            target.chmod(0o440)
    # of a run that was cut off too: it has put the keys in their place and not joined them
    for before in sorted(data_dir.glob("rescue-keys.json.before-*")):
        secrets_file.keep_rescue_keys_of(before, data_dir)
    for before in sorted(data_dir.glob(f"{secrets_file.SEALING_CERTIFICATES}.before-*")):
        secrets_file.keep_certificates_of(before, data_dir)
    return aside
