"""Making a backup, while the product runs."""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fieldservice.backups.databases import Store
from fieldservice.backups.manifest import (
    KEPT,
    KEYS,
    BackupError,
    Facts,
    Manifest,
    copy,
    entry_of,
    sync_all,
)
from fieldservice.core import secrets_file
from fieldservice.core.files import sync_folder
from fieldservice.evidence.rules import is_sha256


@dataclass(frozen=True)
class Wanted:
    """Where to, and how."""

    target: Path
    #: where the keys go; None: into the backup
    keys: Path | None = None
    #: photos share their bytes with the data folder where the disk is the same
    link: bool = False


def make_backup(data_dir: Path, store: Store, wanted: Wanted, *, at: datetime) -> Manifest:
    """Saves the database first, then the media: so every photo the database knows is among them. Raises BackupError."""
    for place in filter(None, (wanted.target, wanted.keys)):
        if place.exists():
            raise BackupError(f"{place} is there already: a backup never replaces another. Choose another name.")
    try:
        with _draft_of(wanted.target) as draft:
            facts = store.save(draft / store.file_name)
            manifest = _manifest(store, facts, at)
            manifest.files[store.file_name] = entry_of(draft / store.file_name)
            manifest.missing = _copy_photos(data_dir, draft, facts, manifest, link=wanted.link)
            _copy_imports(data_dir, draft, manifest)
            _copy_keys(data_dir, wanted.keys or draft / KEYS, manifest)
            manifest.write(draft)
            sync_all(draft)
    except OSError as error:
        _take_back(wanted.keys)
        raise BackupError(f"No backup was made: {_why(error)}") from error
    return manifest


def _take_back(keys: Path | None) -> None:
    """Keys without a backup are of no use to anybody who should have them."""
    if keys is not None:
        shutil.rmtree(keys, ignore_errors=True)


def _manifest(store: Store, facts: Facts, at: datetime) -> Manifest:
    made_at = at.isoformat(timespec="seconds")
    return Manifest(made_at, store.kind, store.file_name, facts.schema, facts.epoch, facts.counter)


@contextmanager
def _draft_of(target: Path) -> Iterator[Path]:
    """A folder beside the target, which gets its name when all went well; what a killed one left is thrown away."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.partial")
    with _alone(target.with_name(f".{target.name}.lock")):
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        try:
            yield draft
            if target.exists():
                raise BackupError(f"{target} is there already: it was made meanwhile.")
            draft.rename(target)
            sync_folder(target.parent)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
        path.unlink(missing_ok=True)
    except BlockingIOError as error:
        raise BackupError("A backup with this name is being made at this moment.") from error
    finally:
        os.close(handle)


def _copy_photos(data_dir: Path, draft: Path, facts: Facts, manifest: Manifest, *, link: bool) -> list[str]:
    """All that are there, also those that came after the database was saved, and files that phones exported; hashes of
    those that are gone or damaged.
    """
    wrong = set(facts.verified)
    kept = [path for folder in KEPT for path in _files_below(data_dir / folder) if is_sha256(path.name)]
    for path in kept:
        name = str(path.relative_to(data_dir))
        entry = copy(path, draft / name, link=link)
        if entry["sha256"] != path.name:
            (draft / name).unlink()
            wrong.add(path.name)
            continue
        manifest.files[name] = entry
        if facts.verified.get(path.name) in (None, entry["size"]):
            wrong.discard(path.name)
    return sorted(wrong)


def _copy_imports(data_dir: Path, draft: Path, manifest: Manifest) -> None:
    for path in _files_below(data_dir / "imports"):
        name = str(path.relative_to(data_dir))
        try:
            manifest.files[name] = copy(path, draft / name)
        except FileNotFoundError:  # its time was over, or it was being written: the import begins anew
            (draft / name).unlink(missing_ok=True)


def _copy_keys(data_dir: Path, target: Path, manifest: Manifest) -> None:
    target.mkdir(mode=0o700, parents=True)
    for name in (*secrets_file.FILES, *secrets_file.SEALING):
        if (data_dir / name).exists():
            manifest.files[f"{KEYS}/{name}"] = copy(data_dir / name, target / name)
    sync_folder(target)
    sync_folder(target.parent)


def _files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _why(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full."
    return f"{error.strerror}: {error.filename}"
