"""Taking a protection out of the product from outside: a function runs without the lines that protect.

The product has no switch for this. The source of the function is read, the lines are replaced, and the compiled result
takes the place of the function's code, wherever the function is registered or was imported to.
"""

import inspect
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

import pytest


@dataclass(frozen=True)
class Cut:
    """`function` without `lines`, which must stand in it exactly once; `instead` stands in their place."""

    function: Callable[..., Any]
    lines: str
    instead: str

    @property
    def place(self) -> str:
        """Module and function, as docs/proof.md names it."""
        function = _plain(self.function)
        return f"{function.__module__.removeprefix('fieldservice.')}.{function.__qualname__}"


def cut(cuts: Iterable[Cut], patch: pytest.MonkeyPatch) -> None:
    """Makes them all at once. Raises AssertionError when lines are not there any more: then the list must learn where
    they went.
    """
    found: dict[FunctionType, list[Cut]] = defaultdict(list)
    for one in cuts:
        found[_plain(one.function)].append(one)
    for function, those in found.items():
        patch.setattr(function, "__code__", _code(function, those))


def _plain(function: Callable[..., Any]) -> FunctionType:
    found = inspect.unwrap(function)
    assert isinstance(found, FunctionType)
    return found


def _code(function: FunctionType, cuts: list[Cut]) -> CodeType:
    source = textwrap.dedent(inspect.getsource(function))
    source = source[source.index(f"def {function.__name__}") :]  # registered once is enough
    for one in cuts:
        assert source.count(one.lines) == 1, f"{one.place} has changed; not found once:\n{one.lines}"
        source = source.replace(one.lines, one.instead)
    made: dict[str, Any] = {}
    exec(compile(source, inspect.getfile(function), "exec"), function.__globals__, made)
    code = made[function.__name__].__code__
    assert isinstance(code, CodeType)
    return code
