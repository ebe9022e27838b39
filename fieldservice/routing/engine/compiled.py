"""The search compiled by Numba: the very functions of `kernel.py`, 300 to 500 times as fast.

Compiled once on a machine (15 seconds) and kept in `numba` of the data folder; later starts load that in a third of a
second. A worker has that done as soon as it runs, by a process of its own (`make_ready`); a proposal that comes sooner
waits for that one instead of compiling the same beside it. Numba is imported here, inside the function, and nowhere
else: only a process that plans has it in memory.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

from flask import current_app, has_app_context

from fieldservice.routing.engine import kernel

_ROOT = Path(__file__).resolve().parents[3]
#: compiles the search, as a program
_PROGRAM = "fieldservice.routing.planner"
#: what this process has begun to have compiled: once, even if nothing came of it
_begun: list[subprocess.Popen[bytes]] = []
#: tasks run side by side in a worker
_beginning = threading.Lock()


class Engine(NamedTuple):
    """The entries of the search. Compiled ones work on arrays, and give other threads way while they run."""

    as_arrays: bool
    search: Callable[..., Any]
    insert_all: Callable[..., Any]
    load_plan: Callable[..., Any]
    displaced: Callable[..., Any]


#: the search as it stands, for small tasks and in processes that shall not load Numba
PLAIN = Engine(False, kernel.search, kernel.insert_all, kernel.load_plan, kernel.displaced)


@lru_cache(maxsize=1)
def compiled() -> Engine:
    """The compiled search. The first call in a process imports Numba."""
    keep_beside_the_data()
    import numba

    # no references are counted: nothing in there makes a table, and counting took five sixths of the time
    options: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": False}
    names: dict[str, Any] = dict(vars(kernel))
    for name, function in vars(kernel).items():
        if isinstance(function, FunctionType) and function.__module__ == kernel.__name__:
            copy = FunctionType(function.__code__, names, name, function.__defaults__)
            copy.__module__ = function.__module__
            names[name] = numba.njit(**options)(copy)
    return Engine(True, *(names[name] for name in Engine._fields[1:]))


def _folder() -> Path:
    """Where compiled code is kept. Raises RuntimeError outside an application where NUMBA_CACHE_DIR does not say it."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    return Path(given) if given else Path(current_app.config["DATA_DIR"]) / "numba"


def keep_beside_the_data() -> None:
    """Compiled code is kept in the data folder; where NUMBA_CACHE_DIR says otherwise (as in tests), there.

    Called where there is an application, before a search begins in a thread that has none. Numba reads it when it is
    imported.
    """
    if has_app_context() and "NUMBA_CACHE_DIR" not in os.environ:
        folder = _folder()
        folder.mkdir(mode=0o700, exist_ok=True)
        os.environ["NUMBA_CACHE_DIR"] = str(folder)


def make_ready() -> bool:
    """Has the search compiled by another process, unless that is done; comes back at once. Within an application.

    Returns whether that process is still at it. One that ended with nothing is not begun again: a plan then compiles.
    """
    keep_beside_the_data()
    with _beginning:
        if not _begun and not is_ready():
            _begun.append(
                subprocess.Popen(  # noqa: S603 - our own program, nothing from outside
                    [sys.executable, "-m", _PROGRAM],
                    cwd=_ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
        # one that has ended is taken leave of
        return bool(_begun) and _begun[0].poll() is None


def is_ready() -> bool:
    """Whether a plan finds the search compiled. Within an application, or with NUMBA_CACHE_DIR; in any process."""
    return ready_mark().exists()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Of several processes that would compile the same, the second comes in when the first is done."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "compiling.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ready_mark() -> Path:
    """The empty file that says: this very search, for this Python and Numba, is compiled."""
    return _folder() / _name_of_mark()


@lru_cache(maxsize=1)
def _name_of_mark() -> str:
    sources = b"".join(Path(one).read_bytes() for one in (kernel.__file__, __file__))
    of = f"{sys.version} {importlib.metadata.version('numba')} {hashlib.sha256(sources).hexdigest()}"
    return f"ready-{hashlib.sha256(of.encode()).hexdigest()[:16]}"
