"""The search compiled by Numba: the very functions of `kernel.py`, 300 to 500 times as fast.

Compiled once on a machine (ten seconds) and kept in `numba` of the data folder; later starts load that in a third of a
second. A worker has that done as soon as it runs, by a process of its own (`make_ready`). Numba is imported here, inside
the function, and nowhere else: only a process that plans has it in memory.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

from flask import current_app, has_app_context

from fieldservice.routing.engine import kernel

_ROOT = Path(__file__).resolve().parents[3]
#: ours, and not in the way of anybody
_PROGRAM = "import os; os.nice(19); from fieldservice.routing.planner import warm_up; warm_up()"
#: what this process has begun to have compiled: once, even if nothing came of it
_begun: list[subprocess.Popen[bytes]] = []


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


def keep_beside_the_data() -> None:
    """Compiled code is kept in the data folder; where NUMBA_CACHE_DIR says otherwise (as in tests), there.

    Called where there is an application, before a search begins in a thread that has none. Numba reads it when it is
    imported.
    """
    if has_app_context() and "NUMBA_CACHE_DIR" not in os.environ:
        folder: Path = current_app.config["DATA_DIR"] / "numba"
        folder.mkdir(mode=0o700, exist_ok=True)
        os.environ["NUMBA_CACHE_DIR"] = str(folder)


def make_ready() -> None:
    """Has the search compiled by another process, unless that is done; comes back at once. Within an application."""
    keep_beside_the_data()
    if _begun:
        _begun[0].poll()  # one that has ended is taken leave of
    elif not ready_mark().exists():
        _begun.append(
            subprocess.Popen(  # noqa: S603 - our own program, nothing from outside
                [sys.executable, "-c", _PROGRAM],
                cwd=_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )


def ready_mark() -> Path:
    """The empty file that says: this very search, for this Python and Numba, is compiled. Needs NUMBA_CACHE_DIR."""
    sources = b"".join(Path(one).read_bytes() for one in (kernel.__file__, __file__))
    of = f"{sys.version} {importlib.metadata.version('numba')} {hashlib.sha256(sources).hexdigest()}"
    return Path(os.environ["NUMBA_CACHE_DIR"]) / f"ready-{hashlib.sha256(of.encode()).hexdigest()[:16]}"
