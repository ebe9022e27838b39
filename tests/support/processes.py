"""The processes of this machine, as /proc has them."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


class Process(NamedTuple):
    """One of them; `state` is a letter: 'Z' has ended and was not fetched yet."""

    number: int
    state: str
    parent: int
    group: int


def processes() -> Iterator[Process]:
    """Those there are; one that ends meanwhile is left out."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # "pid (name) state parent group …"; the name may hold blanks and brackets
            state, parent, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            yield Process(int(folder.name), state, int(parent), int(group))
