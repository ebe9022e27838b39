"""Where compiled code is kept, and who never loads the compiler."""

import os
import subprocess
import sys
import threading
import time
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
        assert planner.make_ready(), "a proposal waits for it"
        assert len(compiled._begun) == 1
        planner.make_ready()
        assert len(compiled._begun) == 1
        assert compiled._begun[0].wait(600) == 0
        assert mark.exists()
        assert not planner.make_ready()
        compiled._begun.clear()
        assert not planner.make_ready()
    assert not compiled._begun, "it is done"
    run = subprocess.run([sys.executable, "-c", PLANS], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[0, 0, 0, 0]", "nothing that a plan needs is still to be compiled"


@pytest.mark.one_database
def test_a_compiler_that_came_to_nothing_is_not_waited_for(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compiled, "_begun", [])
    monkeypatch.setattr(compiled, "_PROGRAM", "fieldservice.no_such_program")
    with app.app_context():
        planner.make_ready()
        compiled._begun[0].wait(60)
        assert not planner.make_ready()
        assert len(compiled._begun) == 1, "nor begun again and again"
        assert not planner.is_ready()


def test_two_that_would_compile_the_same_do_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    done = []

    def slowly() -> None:
        time.sleep(0.2)
        done.append(1)

    monkeypatch.setattr(planner, "_compile_all", slowly)
    both = [threading.Thread(target=planner.warm_up) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(30)
    assert done == [1]
    assert planner.is_ready()


@pytest.mark.one_database
def test_an_installation_compiles_by_a_command(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    done = []
    monkeypatch.setattr(planner, "_compile_all", lambda: done.append(1))
    command = app.test_cli_runner()
    assert "was compiled" in command.invoke(args=["planning", "make-ready"]).output
    assert "is ready" in command.invoke(args=["planning", "make-ready"]).output
    assert done == [1]
