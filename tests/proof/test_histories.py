"""The laws of sync hold in random histories of the true phone against the true server (tests/proof/run.py).

The seeds are the same in every run; `make soak` goes on with others.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.proof.run import run_histories

#: histories that once broke a law, shortened
NAMED = sorted((Path(__file__).parents[1] / "vectors" / "histories").glob("*.json"))

#: 200 a database, or as many as fit in the time: with all of them two cores would need more than the 25 minutes of
#: `make test`, so both databases have four minutes of a worker together. In thirds, which three workers play at once
SECONDS = 40
THIRDS = [range(1, 68), range(68, 135), range(135, 201)]
#: with a server in processes of its own, which takes longer to come back
SERVED_SECONDS = 10
SERVED_SEEDS = range(1001, 1051)


@pytest.mark.parametrize("file", NAMED, ids=lambda file: file.stem)
def test_what_once_broke_a_law_breaks_none(database_kind: str, file: Path) -> None:
    report = run_histories(database_kind, [], history=json.loads(file.read_text()), shrink=False)
    assert not report.broken, report.in_words()


@pytest.mark.slow
@pytest.mark.parametrize("seeds", THIRDS, ids=lambda seeds: f"{seeds[0]} to {seeds[-1]}")
def test_every_law_holds_in_every_history(
    database_kind: str, seeds: range, record_property: Callable[[str, object], None]
) -> None:
    report = run_histories(database_kind, seeds, seconds=SECONDS)
    played = f"{len(report.histories)} of {len(seeds)} histories (seeds {seeds[0]} to {seeds[-1]})"
    record_property("said", f"{played} played on {database_kind}, in {SECONDS} s at most")
    assert not report.broken, report.in_words()
    assert len(report.histories) >= 5, "too few to say anything"


@pytest.mark.slow
def test_every_law_holds_behind_gunicorn(database_kind: str) -> None:
    report = run_histories(database_kind, SERVED_SEEDS, served="gunicorn", seconds=SERVED_SECONDS)
    print(report.in_words())
    assert not report.broken, report.in_words()
    assert report.histories, "none was played"
