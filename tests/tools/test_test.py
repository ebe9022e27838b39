"""`make test` counts what the runners say in their closing lines, and says what a machine lacks."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "tools")
    spec = spec_from_file_location("tools_test", ROOT / "tools" / "test.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "tools_test", module)  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("lines", "counted"),
    [
        (["40 passed in 2.33s\n"], (40, 0)),
        (["2 failed, 38 passed, 1 skipped, 3 errors in 61.02s (0:01:01)\n"], (38, 5)),
        (["a test said: 7 passed in a row\n", "1 passed, 1 warning in 0.10s\n"], (1, 0)),
        (["no tests ran in 0.01s\n"], (0, 0)),
        (["# tests 24\n", "# pass 23\n", "# fail 1\n", "# cancelled 0\n"], (23, 1)),
        (["ℹ pass 23\n", "ℹ fail 0\n", "ℹ cancelled 2\n"], (23, 2)),
    ],
)
def test_it_reads_the_closing_lines(runner: ModuleType, lines: list[str], counted: tuple[int, int]) -> None:
    assert runner._counted(lines) == counted


def test_a_runner_that_breaks_has_failed_whatever_it_counted(runner: ModuleType) -> None:
    stage = runner.Stage("broken", ["sh", "-c", "echo 3 passed in 1.00s; exit 4"], counts=True)
    result = runner.run(stage)
    assert (result.passed, result.failed) == (3, 1)


@pytest.mark.parametrize(
    ("first", "alone", "is_tried_again", "failed"),
    [
        ("9 passed, 1 failed in 1.00s", "1 passed in 1.00s", True, 0),
        ("9 passed, 1 failed in 1.00s", "1 failed in 1.00s", True, 1),
        ("9 passed, 1 failed in 1.00s", "no tests ran in 1.00s; exit 5", True, 1),
        ("9 passed, 5 failed in 1.00s", "5 passed in 1.00s", False, 5),
        ("9 passed in 1.00s; exit 3", "1 failed in 1.00s", True, 1),
        ("9 passed in 1.00s", "1 failed in 1.00s", False, 0),
    ],
)
def test_the_few_that_failed_are_run_once_more_alone_and_both_are_shown(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    first: str, alone: str, is_tried_again: bool, failed: int,
) -> None:  # fmt: skip
    says = [["sh", "-c", f"echo {words}" + ("; exit 1" if "failed" in words else "")] for words in (first, alone)]
    stage = runner.Stage("browser", says[0], counts=True, alone=says[1])
    monkeypatch.setattr(runner, "stages", lambda quick: [stage])
    monkeypatch.setattr(runner, "prepare_machine", lambda quick: None)
    assert runner.main([]) == (1 if failed else 0)
    shown = capsys.readouterr().out
    assert f" {failed} failed" in shown.splitlines()[-1]
    assert ("browser, what failed alone" in shown) is is_tried_again


def test_a_stage_runs_in_its_own_zone(runner: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    stage = runner.Stage("zone", ["sh", "-c", "echo zone=$TZ"], zone="America/New_York")
    assert runner.run(stage).passed == 1
    assert "zone=America/New_York" in capfd.readouterr().out


def test_what_is_missing_stands_in_one_line(runner: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_missing_packages", lambda quick: ["chromium", "postgresql"])
    monkeypatch.setattr(runner.os, "getuid", lambda: 1000)
    with pytest.raises(runner.CannotContinue) as raised:
        runner.prepare_machine(quick=False)
    assert str(raised.value) == (
        "Missing: chromium postgresql. Install with: sudo apt-get install chromium postgresql"
    )
