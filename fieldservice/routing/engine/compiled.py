"""The search compiled by Numba: the very functions of `kernel.py`, 300 to 500 times as fast.

Compiled at the first use on a machine (ten seconds) and kept in `numba` of the data folder; later starts load that in a
third of a second. Numba is imported here, inside the function, and nowhere else: only a process that plans has it in
memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

from flask import current_app, has_app_context

from fieldservice.routing.engine import kernel


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
