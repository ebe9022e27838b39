"""The processes of this machine, as /proc has them."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_ENDED = frozenset("ZX")


class Process(NamedTuple):
    """One of them; `state` is the letter of its first thread: 'Z' has ended and was not fetched yet."""

    number: int
    state: str
    parent: int
    group: int
    #: number of its threads
    threads: int

    @property
    def is_over(self) -> bool:
        """Whether nothing of it runs any more. A killed process whose first thread is gone may have others that wait
        for the disk: they hold its files and locks until then.
        """
        return self.state in _ENDED and self.threads <= 1


def processes() -> Iterator[Process]:
    """Those there are; one that ends meanwhile is left out."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # "pid (name) state parent group …"; the name may hold blanks and brackets
            state, parent, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            threads = len(list((folder / "task").iterdir()))
            yield Process(int(folder.name), state, int(parent), int(group), threads)
