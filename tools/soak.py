"""`make soak`: histories of phones and server that no run has played yet (tests/proof), for a count or a time.

    make soak                     ten minutes, both databases in turn
    make soak COUNT=500 DB=sqlite
    make soak MINUTES=60          or SECONDS=90
    make soak COUNT=50 SERVED=gunicorn

Histories behind gunicorn stand on a disk, and every commit waits for it, as in an installation; the others are served by
threads of one process from memory. `SERVED` chooses, otherwise every fifth turn is gunicorn's.

What was played stands in `var/soak-seeds.json` and is added up over all runs; a new checkout goes on from
`tests/proof/played.json`, into which `tools/soak.py record` takes it over. A law that does not hold is printed with
its seed, the shortest history that breaks it and the line that plays it again; the exit code is then 1.
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.proof.run import Report, run_histories  # noqa: E402
from tests.support import shared_folder  # noqa: E402
from tests.support.databases import KINDS  # noqa: E402
from tests.support.pg_cluster import stop_cluster  # noqa: E402
from tests.support.warm import collect_seldom  # noqa: E402

SEEDS = ROOT / "var" / "soak-seeds.json"
#: what was played anywhere, kept with the project
PLAYED = ROOT / "tests" / "proof" / "played.json"
#: below are the seeds of `make test`
FIRST_SEED = 100_000
DEFAULT_MINUTES = 10
#: a fresh database for so many: its tables stay small
BATCH = 40
#: one batch of so many behind gunicorn
SERVED_EVERY = 5


@dataclass
class Soak:
    """Everything that was played, in this run and before."""

    #: next seed by database and way of serving
    next: dict[str, int] = field(default_factory=dict)
    histories: Counter[str] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    #: ["sqlite here 100017", …] seeds that broke a law, for ever
    broken: list[str] = field(default_factory=list)

    @classmethod
    def read(cls) -> "Soak":
        """As the last run left it here; before the first one, as the record of the project has it."""
        file = SEEDS if SEEDS.exists() else PLAYED
        if not file.exists():
            return cls()
        kept = json.loads(file.read_text())
        counters = {name: Counter(kept[name]) for name in ("histories", "totals", "faults")}
        return cls(next=kept["next"], broken=kept["broken"], **counters)

    def write(self, file: Path | None = None) -> None:
        """Whole or not at all; to where this folder keeps it, unless told otherwise."""
        file = file or SEEDS
        file.parent.mkdir(exist_ok=True)
        draft = file.with_suffix(".new")
        draft.write_text(json.dumps(vars(self), indent=1, sort_keys=True) + "\n")
        draft.replace(file)

    def add(self, where: str, one: dict[str, Any]) -> None:
        """A history has been played."""
        self.next[where] = max(self.next.get(where, FIRST_SEED), one["seed"] + 1)
        self.histories[where] += 1
        self.totals += Counter(operations=one["ops"], requests=one["requests"], violations=bool(one["broken"]))
        self.faults += Counter(one["faults"])
        if one["broken"]:
            self.broken.append(f"{where} {one['seed']}")
        self.write()


def main() -> int:
    """Plays until the count or the time is reached; 1 when a law was broken."""
    count, seconds = _limits()
    until = time.monotonic() + seconds if seconds else float("inf")
    soak, now = Soak.read(), Soak()
    collect_seldom()
    place = _Place()
    try:
        for kind, served in _turns(os.environ.get("DB") or "both", os.environ.get("SERVED") or ""):
            left = count - sum(now.histories.values()) if count else BATCH
            seconds_left = until - time.monotonic()
            if left <= 0 or seconds_left <= 0:
                break
            place.be(durable=served == "gunicorn")
            report = _batch(kind, served, min(left, BATCH), seconds_left, soak, now)
            print(report.in_words(), flush=True)
    except KeyboardInterrupt:
        print("stopped")
    finally:
        place.leave()
    _tell("this run", now)
    _tell("all runs", soak)
    return 1 if now.broken else 0


def main_record() -> int:
    """Takes over into the project what was played here."""
    Soak.read().write(PLAYED)
    return 0


class _Place:
    """The folder of what is played now."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    def be(self, *, durable: bool) -> None:
        """Goes to a folder of that kind, unless it is in one."""
        if self._folder is None or shared_folder.is_durable() != durable:
            self.leave()
            self._folder = shared_folder.open_shared_folder(durable=durable)

    def leave(self) -> None:
        """Nothing is left of it."""
        if self._folder:
            stop_cluster(self._folder)
            shared_folder.remove_shared_folder(self._folder)
            self._folder = None


def _batch(kind: str, served: str, most: int, seconds: float, soak: Soak, now: Soak) -> Report:
    where = f"{kind} {served}"
    first = soak.next.get(where, FIRST_SEED)

    def note(one: dict[str, Any]) -> None:
        soak.add(where, one)
        now.histories[where] += 1
        now.totals += Counter(operations=one["ops"], requests=one["requests"], violations=bool(one["broken"]))
        now.faults += Counter(one["faults"])
        now.broken += [where] if one["broken"] else []

    limit = None if seconds == float("inf") else seconds
    return run_histories(kind, range(first, first + most), served=served, seconds=limit, on_report=note)


def _turns(choice: str, served: str) -> Iterator[tuple[str, str]]:
    kinds = KINDS if choice == "both" else (choice,)
    number = 0
    while True:
        for kind in kinds:
            yield kind, served or ("gunicorn" if number % SERVED_EVERY == SERVED_EVERY - 1 else "here")
        number += 1


def _limits() -> tuple[int, float]:
    """(histories, seconds); 0: no such limit."""
    count = int(os.environ.get("COUNT") or 0)
    seconds = float(os.environ.get("SECONDS") or 0) + 60 * float(os.environ.get("MINUTES") or 0)
    return count, seconds or (0 if count else 60 * DEFAULT_MINUTES)


def _tell(title: str, soak: Soak) -> None:
    total = soak.totals
    histories = f"{sum(soak.histories.values())} histories ({_listed(soak.histories)})"
    figures = f"{total['operations']} operations, {total['requests']} requests, {sum(soak.faults.values())} faults"
    print(f"\n{title}: {histories}, {figures}, {total['violations']} violations")
    print(f"  faults: {_listed(soak.faults)}")
    if soak.broken:
        print(f"  broken: {', '.join(soak.broken)}")


def _listed(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {times}" for name, times in counter.most_common())


if __name__ == "__main__":
    sys.exit(main_record() if sys.argv[1:] == ["record"] else main())
