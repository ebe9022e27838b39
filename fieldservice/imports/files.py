"""Where an import keeps its file and the rows made of it: a folder of its own in the data folder, for nobody else."""

import os
import shutil
import time
from pathlib import Path

from flask import current_app


def folder_of(import_id: str) -> Path:
    """The import's folder, made when it is not there."""
    folder = _all() / import_id
    for part in (folder.parent, folder):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def original_path(import_id: str) -> Path:
    """The file as it came."""
    return folder_of(import_id) / "original"


def rows_path(import_id: str) -> Path:
    """Its rows as texts (sheets.py)."""
    return folder_of(import_id) / "rows.jsonl"


def keep(import_id: str, content: bytes) -> Path:
    """Writes the file, readable for this account alone, and brings it to the disk."""
    path = original_path(import_id)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return path


def throw_away(import_id: str) -> None:
    """Takes the folder away with all in it, as far as the system lets us; `is_there` says whether it did."""
    shutil.rmtree(_all() / import_id, ignore_errors=True)


def is_there(import_id: str) -> bool:
    """Whether the import has its folder."""
    return (_all() / import_id).exists()


def folders_older_than(seconds: int) -> list[str]:
    """Names of the folders in which nothing was laid or taken away for so long: ids of imports."""
    before = time.time() - seconds
    return [one.name for one in _all().iterdir() if one.stat().st_mtime < before] if _all().is_dir() else []


def _all() -> Path:
    folder: Path = current_app.config["DATA_DIR"]
    return folder / "imports"
