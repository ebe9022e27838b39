"""What a backup says of itself, and whether its files are as it says."""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fieldservice.core import json
from fieldservice.core.files import sync_folder

FORMAT = 1
NAME = "manifest.json"
#: as `sha256sum --check` reads it
SEAL = "manifest.json.sha256"
KEYS = "keys"
MEDIA = "media"
BLOBS = "media/blobs"
#: what never changes once it is there, under its hash
KEPT = (BLOBS, "media/rescue")

#: paths that stay where they belong, whoever wrote the manifest
_NAME = re.compile(
    r"database\.\w+|keys/(sealing/)?[\w-]+\.\w+|media/blobs/[0-9a-f]{2}/[0-9a-f]{64}|media/rescue/[0-9a-f]{64}|"
    r"imports/[\w-]+/[\w-]+(\.\w+)?"
)
_STEP_BYTES = 1024 * 1024


class BackupError(Exception):
    """Why it cannot be done, in words for who runs the machine."""


@dataclass(frozen=True)
class Facts:
    """What the database of a backup says of itself."""

    #: number of the last migration
    schema: str
    epoch: int
    counter: int
    #: hash → bytes of every photo that is whole by the database
    verified: dict[str, int]
    #: what is wrong with the audit chain, in words; '' nothing, or it is older than its chain
    chain: str = ""


@dataclass
class Manifest:
    """The content of `manifest.json`."""

    made_at: str
    #: 'sqlite' or 'postgresql'
    database: str
    #: name of the database's file in the backup
    database_file: str
    schema: str
    epoch: int
    counter: int
    #: path in the backup → {"size": bytes, "sha256": 64 hex digits}; of the keys too where they are kept apart
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: hashes of photos whose bytes were gone or damaged when the backup was made
    missing: list[str] = field(default_factory=list)
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        """Puts it, and its own hash beside it, into the folder."""
        text = json.dumps(asdict(self)).encode()
        write_file(folder / NAME, text)
        write_file(folder / SEAL, f"{hashlib.sha256(text).hexdigest()}  {NAME}\n".encode())


def read_manifest(folder: Path) -> Manifest:
    """What stands in a backup. Raises BackupError."""
    try:
        text, seal = (folder / NAME).read_bytes(), (folder / SEAL).read_text()
    except OSError as error:
        raise BackupError(f"{folder} is no whole backup: {error.strerror}: {error.filename}") from error
    if seal.split()[:1] != [hashlib.sha256(text).hexdigest()]:
        raise BackupError(f"{folder / NAME} is damaged.")
    given = json.loads(text.decode())
    if given.get("format") != FORMAT:
        raise BackupError(f"{folder} has the format {given.get('format')}, this program knows {FORMAT}.")
    manifest = Manifest(**given)
    strange = [name for name in (*manifest.files, manifest.database_file) if not _NAME.fullmatch(name)]
    if strange:
        raise BackupError(f"{folder / NAME} names what no backup of ours holds: {strange[0]}")
    return manifest


def faults(folder: Path, manifest: Manifest, keys: Path) -> Iterator[str]:
    """Every file that is not as the manifest says, in words."""
    for name, said in sorted(manifest.files.items()):
        path = place_of(name, folder, keys)
        try:
            size, sha256 = path.stat().st_size, hash_of(path)
        except OSError as error:
            yield f"{name}: {error.strerror}"
            continue
        if (size, sha256) != (said["size"], said["sha256"]):
            yield f"{name}: damaged"


def place_of(name: str, folder: Path, keys: Path) -> Path:
    """Where a file of the manifest is: the keys may be kept apart."""
    top, _, rest = name.partition("/")
    return keys / rest if top == KEYS else folder / name


def copy(source: Path, target: Path, *, link: bool = False) -> dict[str, Any]:
    """Copies (or links) a file and brings it to the disk; what the manifest says of it. The hash is that of the copy."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if link and _linked(source, target):
        return {"size": target.stat().st_size, "sha256": hash_of(target)}
    digest, size = hashlib.sha256(), 0
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with source.open("rb") as given, os.fdopen(handle, "wb") as file:
        while piece := given.read(_STEP_BYTES):
            digest.update(piece)
            size += len(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return {"size": size, "sha256": digest.hexdigest()}


def _linked(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        return False
    return True


def hash_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def entry_of(path: Path) -> dict[str, Any]:
    """What the manifest says of a file that is there."""
    return {"size": path.stat().st_size, "sha256": hash_of(path)}


def write_file(path: Path, content: bytes) -> None:
    """Writes a new file for this account alone and brings it to the disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_file(source: Path, target: Path) -> None:
    """Puts a copy in the place of a file, whole or not at all."""
    draft = target.with_name(f".{target.name}.restoring")
    draft.unlink(missing_ok=True)
    copy(source, draft)
    draft.replace(target)
    sync_folder(target.parent)


def sync_all(folder: Path) -> None:
    """The same for a folder and all below it."""
    for path, _folders, _files in os.walk(folder):
        sync_folder(Path(path))


Say = Callable[[str], None]
