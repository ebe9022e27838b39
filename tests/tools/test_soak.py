"""What `make soak` remembers: here, and in the record of the project."""

import pytest

from tools import soak


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Nothing was played anywhere yet."""
    monkeypatch.setattr(soak, "SEEDS", tmp_path / "var" / "soak-seeds.json")
    monkeypatch.setattr(soak, "PLAYED", tmp_path / "played.json")


def a_history(seed: int, broken: str = "") -> dict:
    return {"seed": seed, "ops": 20, "requests": 30, "faults": {"lost answer": 2}, "broken": [broken] if broken else []}


def test_a_new_checkout_goes_on_behind_what_was_recorded(files):
    here = soak.Soak.read()
    here.add("sqlite here", a_history(100_000))
    here.add("sqlite here", a_history(100_001, "P1"))
    soak.main_record()
    soak.SEEDS.unlink()
    anew = soak.Soak.read()
    assert anew.next == {"sqlite here": 100_002}
    assert anew.histories == {"sqlite here": 2}
    assert anew.totals == {"operations": 40, "requests": 60, "violations": 1}
    assert anew.broken == ["sqlite here 100001"]


def test_what_was_played_here_comes_before_the_record(files):
    soak.Soak().write(soak.PLAYED)
    soak.Soak.read().add("postgresql here", a_history(100_007))
    assert soak.Soak.read().next == {"postgresql here": 100_008}


def test_a_seed_is_never_played_twice(files):
    here = soak.Soak.read()
    for seed in (100_003, 100_001):  # threads come home in any order
        here.add("sqlite here", a_history(seed))
    assert soak.Soak.read().next["sqlite here"] == 100_004
