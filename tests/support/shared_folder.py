"""One folder a test session, shared by all its worker processes; what a killed session left is removed.

The process that starts the session makes the folder and names it in the environment, which xdist's workers
inherit. The name holds the process number of that owner: a folder whose owner is gone is stale.
"""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "FIELDSERVICE_TEST_SHARED"
PREFIX = "fieldservice-tests-"
ENOUGH_MEMORY_BYTES = 1024**3
#: stands in a folder in which a commit waits for the disk
DURABLE = "durable"


def open_shared_folder(*, durable: bool = False) -> Path:
    """Make the folder of this session. Only its owner calls this, once.

    durable: on a disk, and what commits waits for it as in an installation; otherwise as quick as can be.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=_disk() if durable else _base()))
    folder.chmod(0o711)  # PostgreSQL runs as another user and must be able to walk through
    if durable:
        (folder / DURABLE).touch()
    os.environ[VARIABLE] = str(folder)
    return folder


def is_durable() -> bool:
    """Whether the folder of this session stands on a disk that commits wait for."""
    return (shared_folder() / DURABLE).exists()


def shared_folder() -> Path:
    """The folder of this session."""
    return Path(os.environ[VARIABLE])


def remove_shared_folder(folder: Path) -> None:
    """Remove the folder; whatever ran in it must have been stopped before."""
    shutil.rmtree(folder, ignore_errors=True)


def stale_folders() -> list[Path]:
    """Folders of sessions whose owner no longer lives."""
    name = re.compile(rf"{PREFIX}(\d+)-")
    found = ((path, name.match(path.name)) for base in {_base(), _disk()} for path in base.glob(f"{PREFIX}*"))
    return [path for path, match in found if match and not _lives(int(match[1]))]


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Only one process of the session is inside at a time."""
    with (shared_folder() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _base() -> Path:
    """Memory where there is enough: each commit of the product waits for the disk, thousands in a session."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ENOUGH_MEMORY_BYTES:
        return memory
    return Path(tempfile.gettempdir())


def _disk() -> Path:
    """A folder for large files that outlive a restart: never memory."""
    kept = Path("/var/tmp")
    return kept if os.access(kept, os.W_OK) else Path(tempfile.gettempdir())


def _lives(process_number: int) -> bool:
    try:
        os.kill(process_number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
