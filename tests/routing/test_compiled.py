"""Where compiled code is kept, and who never loads the compiler."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from fieldservice.routing import planner
from fieldservice.routing.engine import compiled

ROOT = Path(__file__).resolve().parents[2]
#: plans a day with more visits than two can do, and tells what had to be compiled for it
PLANS = """
from fieldservice.routing import planner
from fieldservice.routing.engine.compiled import compiled
from tests.routing.days import field_day
planner.SMALL = 0
assert planner.full(field_day(2, 30, 1), iterations=1).unassigned
print([sum(entry.stats.cache_misses.values()) for entry in compiled()[1:]])
"""


@pytest.mark.one_database
def test_compiled_code_is_kept_in_the_data_folder(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    with app.app_context():
        planner.keep_beside_the_data()
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    assert folder == app.config["DATA_DIR"] / "numba"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_server_does_not_load_the_compiler() -> None:
    code = "import sys, fieldservice; fieldservice.import_all(); print('numba' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.one_database
def test_a_worker_has_the_search_compiled_beforehand(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_begun", [])
    mark = compiled.ready_mark()
    mark.unlink(missing_ok=True)
    with app.app_context():
        planner.make_ready()
        assert len(compiled._begun) == 1
        planner.make_ready()
        assert compiled._begun[0].wait(120) == 0
        assert mark.exists()
        compiled._begun.clear()
        planner.make_ready()
    assert not compiled._begun, "it is done"
    run = subprocess.run([sys.executable, "-c", PLANS], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[0, 0, 0, 0]", "nothing that a plan needs is still to be compiled"
