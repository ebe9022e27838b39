"""Secrets of this installation: made at first start, kept in the data folder with mode 0600, never in code."""

import json
import os
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from fieldservice.core import sealing


def _text() -> str:
    return secrets.token_urlsafe(32)


#: file → what it holds and how that is made; a file that came later is made by the first start after it
FILES: dict[str, dict[str, Callable[[], str]]] = {
    "secrets.json": {"session_key": _text, "csrf_key": _text, "cursor_key": _text},
    "link-key.json": {"link_key": _text},  # addresses given to customers: a new one would make all of them worthless
    # private keys that open what phones sealed, the newest first, blanks between; the old ones stay for files under way
    "rescue-keys.json": {"rescue_keys": sealing.new_private_key},
}


#: what seals reports (reports/keys.py makes it): no secrets by name, and kept with the keys all the same
SEALING_CERTIFICATES = "sealing/certificates.json"
SEALING = ("sealing/seal.p12", "sealing/root.p12", SEALING_CERTIFICATES)


def load_or_make(data_dir: Path) -> dict[str, str]:
    """The secrets by name. Two processes that start at once end up with the same ones."""
    data_dir.mkdir(parents=True, exist_ok=True)
    return {name: text for file, makers in FILES.items() for name, text in _load(data_dir / file, makers).items()}


def add_rescue_key(data_dir: Path) -> str:
    """Makes a new key that phones seal with from the next start on; gives its id. The old ones still open."""
    path = data_dir / "rescue-keys.json"
    keys = _load(path, FILES[path.name])["rescue_keys"]
    fresh = sealing.new_private_key()
    _draft_of(path, {"rescue_keys": f"{fresh} {keys}"}).replace(path)
    return sealing.public_key(fresh).id


def keep_rescue_keys_of(before: Path, data_dir: Path) -> None:
    """After a backup's keys took the place of others: what those open must still be opened."""
    path = data_dir / "rescue-keys.json"
    own, others = (json.loads(one.read_text())["rescue_keys"].split() for one in (path, before))
    _draft_of(path, {"rescue_keys": " ".join(dict.fromkeys([*own, *others]))}).replace(path)


def keep_certificates_of(before: Path, data_dir: Path) -> None:
    """The same for the certificates that have sealed: what they sealed must still verify."""
    path = data_dir / SEALING_CERTIFICATES
    own, others = (json.loads(one.read_text()) for one in (path, before))
    known = {(one["role"], one["pem"]): one for one in (*others["certificates"], *own["certificates"])}
    _draft_of(path, {**own, "certificates": list(known.values())}).replace(path)


def _load(path: Path, makers: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    _make_once(path, makers)
    found: dict[str, str] = json.loads(_read_when_written(path))
    missing = [name for name in makers if name not in found]
    if missing:
        raise RuntimeError(f"{path} lacks {', '.join(missing)}: restore it from the backup")
    return found


def _make_once(path: Path, makers: Mapping[str, Callable[[], str]]) -> None:
    """Writes beside and links into place: the file is whole or absent, and the first writer wins."""
    if path.exists():
        return
    draft = _draft_of(path, {name: make() for name, make in makers.items()})
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _draft_of(path: Path, values: Mapping[str, object]) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(dict(values), file)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _read_when_written(path: Path) -> str:
    for _ in range(50):
        text = path.read_text()
        if text:
            return text
        time.sleep(0.02)
    raise RuntimeError(f"{path} is empty: restore it from the backup")
