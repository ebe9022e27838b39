"""`flask backup`, `flask restore`."""

from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from fieldservice.backups.checking import Checked, check_backup
from fieldservice.backups.databases import Store, store_of
from fieldservice.backups.making import Wanted, make_backup
from fieldservice.backups.manifest import BackupError
from fieldservice.backups.restoring import Restored
from fieldservice.backups.restoring import restore as put_back
from fieldservice.core import clock
from fieldservice.core.db import db

#: exit code when it is done but bytes of photos are missing; 0: all is well, 1: refused or failed, 2: click's own
INCOMPLETE = 3

_FOLDER = click.Path(path_type=Path, file_okay=False, resolve_path=True)


@click.command("backup")
@click.argument("target", type=_FOLDER)
@click.option("--keys", type=_FOLDER, help="A folder for the keys instead of TARGET/keys: another disk, another safe.")
@click.option("--link", is_flag=True, help="Share the bytes of photos with the data folder where the disk is the same.")
@with_appcontext
def backup(target: Path, keys: Path | None, link: bool) -> None:
    """Writes database, photos, imports and keys into the new folder TARGET, while the product runs."""
    with _in_words():
        manifest = make_backup(_data_dir(), _store(), Wanted(target, keys, link), at=clock.now())
    photos = sum(name.startswith("media/") for name in manifest.files)
    size = sum(entry["size"] for entry in manifest.files.values())
    click.echo(f"{target}: schema {manifest.schema}, photos: {photos}, MB: {size / 1e6:.1f}")
    click.echo(f"Keys: {keys or target / 'keys'}. Who has them and the database can open every customer's link.")
    if manifest.missing:
        _say_missing(manifest.missing)
        raise SystemExit(INCOMPLETE)


@click.command("restore")
@click.argument("folder", type=_FOLDER)
@click.option("--verify", is_flag=True, help="Only look whether it can be put back; touches nothing.")
@click.option("--force", is_flag=True, help="Take the place of a database that is there.")
@click.option("--keys", type=_FOLDER, help="Where the keys are when they were kept apart.")
@with_appcontext
def restore(folder: Path, verify: bool, force: bool, keys: Path | None) -> None:
    """Puts the backup in FOLDER back; server and worker must be stopped."""
    app: Flask = current_app._get_current_object()
    with _in_words():
        store = _store()
        checked = check_backup(folder, store, keys, click.echo)
        _say_checked(checked)
        if verify:
            raise SystemExit(0 if checked.is_good else 1)
        if checked.faults:
            raise BackupError("Nothing was put back.")
        done = put_back(app, store, folder, checked, keys=keys, force=force, at=clock.now())
    _say_done(done, checked)
    if done.looked.lost:
        raise SystemExit(INCOMPLETE)


class _in_words:
    """An error of ours is a sentence and exit code 1."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, BackupError):
            raise click.ClickException(str(error)) from error


def _data_dir() -> Path:
    folder: Path = current_app.config["DATA_DIR"]
    return folder


def _store() -> Store:
    return store_of(db.engine.url)


def _say_checked(checked: Checked) -> None:
    for fault in checked.faults:
        click.echo(f"  {fault}")
    if checked.missing:
        _say_missing(checked.missing)
    manifest = checked.manifest
    what = f"Backup of {manifest.made_at}, schema {manifest.schema}, files: {len(manifest.files)}"
    found = "good" if checked.is_good else f"faults: {len(checked.faults)}, photos missing: {len(checked.missing)}"
    click.echo(f"{what}: {found}")


def _say_missing(missing: list[str]) -> None:
    click.echo(f"Photos whose bytes were gone or damaged when it was made: {len(missing)}")
    for sha256 in missing:
        click.echo(f"  {sha256}")


def _say_done(done: Restored, checked: Checked) -> None:
    made_at = checked.manifest.made_at
    click.echo(f"Put back, as epoch {done.epoch}. Phones send again what they confirmed since {made_at}.")
    click.echo(f"Photos found again beside it: {done.looked.found}; gone and waited for: {len(done.looked.lost)}")
    for path in done.aside:
        click.echo(f"Kept: {path}")
    click.echo("People, passwords, blocked phones and revoked links are as they were then: look through them.")


COMMANDS = [backup, restore]
