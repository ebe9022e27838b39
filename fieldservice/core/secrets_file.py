"""Secrets of this installation: made at first start, kept in the data folder with mode 0600, never in code."""

import json
import os
import secrets
import time
from pathlib import Path

#: file → what it holds; a file that came later is made by the first start after it
FILES = {
    "secrets.json": ("session_key", "csrf_key", "cursor_key"),
    "link-key.json": ("link_key",),  # addresses given to customers: a new one would make all of them worthless
}


def load_or_make(data_dir: Path) -> dict[str, str]:
    """The secrets by name. Two processes that start at once end up with the same ones."""
    data_dir.mkdir(parents=True, exist_ok=True)
    return {name: text for file, names in FILES.items() for name, text in _load(data_dir / file, names).items()}


def _load(path: Path, names: tuple[str, ...]) -> dict[str, str]:
    _make_once(path, names)
    found: dict[str, str] = json.loads(_read_when_written(path))
    missing = [name for name in names if name not in found]
    if missing:
        raise RuntimeError(f"{path} lacks {', '.join(missing)}: restore it from the backup")
    return found


def _make_once(path: Path, names: tuple[str, ...]) -> None:
    """Writes beside and links into place: the file is whole or absent, and the first writer wins."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({name: secrets.token_urlsafe(32) for name in names}, file)
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
