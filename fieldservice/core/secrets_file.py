"""Secrets of this installation: made at first start, kept in the data folder with mode 0600, never in code."""

import json
import os
import secrets
import time
from pathlib import Path

NAMES = ("session_key", "csrf_key", "cursor_key")


def load_or_make(data_dir: Path) -> dict[str, str]:
    """The secrets by name. Two processes that start at once end up with the same ones."""
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / "secrets.json"
    _make_once(path)
    found: dict[str, str] = json.loads(_read_when_written(path))
    missing = [name for name in NAMES if name not in found]
    if missing:
        raise RuntimeError(f"{path} lacks {', '.join(missing)}: restore it from the backup")
    return found


def _make_once(path: Path) -> None:
    """Writes beside and links into place: the file is whole or absent, and the first writer wins."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({name: secrets.token_urlsafe(32) for name in NAMES}, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _read_when_written(path: Path) -> str:
    for _ in range(50):
        text = path.read_text()
        if text:
            return text
        time.sleep(0.02)
    raise RuntimeError(f"{path} is empty: restore it from the backup")
