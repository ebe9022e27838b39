"""`make test`: everything that proves the product, from a clean clone; `--quick` is `make check`.

Every stage runs, whatever failed before it. The runners' own output stays as it is; the last line sums it up.
Runs on the system's Python, so: standard library only.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from ctypes.util import find_library
from dataclasses import dataclass, field, replace
from pathlib import Path

import environment
from environment import PYTHON, ROOT, CannotContinue

OLDEST_NODE = (20, 9)
#: what of the phone knows days, windows and moments
SHOWS_TIMES = ["core/", "device/", "rules/", "screens/", "ui/", "job-state", "transport"]
#: a browser that waits for two others can be too late for a test; more than these are no accident
MOST_TRIED_AGAIN = 4
DISTANT_ZONE = "America/New_York"  # as tests/conftest.py has it for Python's


@dataclass(frozen=True)
class Stage:
    """One runner. `counts`: it says how many tests passed and failed; others count as one check. `alone`: how the few
    that failed are run once more, by themselves: what counts is how that ends, and both lines are shown.
    """

    name: str
    command: list[str]
    counts: bool = False
    zone: str | None = None
    alone: list[str] | None = None


@dataclass
class Result:
    """What a stage brought."""

    passed: int
    failed: int
    seconds: float = field(default=0.0)
    #: what failed was run again, alone: that result counts
    is_tried_again: bool = False


def main(arguments: list[str]) -> int:
    """Prepare the machine, run the stages, sum up; the exit code."""
    quick = arguments == ["--quick"]
    if arguments and not quick:
        raise CannotContinue("Usage: tools/test.py [--quick]")
    prepare_machine(quick)
    results: dict[str, Result] = {}
    for stage in stages(quick):
        results |= run_and_try_again(stage)
    print("\nstage                              passed  failed  seconds")
    for name, result in results.items():
        print(f"{name:<34} {result.passed:>6}  {result.failed:>6}  {result.seconds:>7.1f}")
    passed = sum(result.passed for result in results.values())
    failed = sum(result.failed for result in results.values() if not result.is_tried_again)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def stages(quick: bool) -> list[Stage]:
    """What runs, in this order."""
    python = [str(PYTHON), "-m"]
    # three on two cores: a third of the time a test waits for a disk or another process
    # who is done takes over what others still have: tests differ by thousands in how long they take
    not_browser = [*python, "pytest", "-q", "-n", "3", "--dist=worksteal", "--ignore=tests/e2e"]
    first = [
        Stage("style (ruff)", [*python, "ruff", "check", "."]),
        Stage("types (mypy)", [*python, "mypy"]),
        Stage("types of JavaScript (tsc)", ["npm", "run", "--silent", "check"]),
        Stage("JavaScript", ["npm", "test", "--silent"], counts=True),
    ]
    if quick:
        command = [*not_browser, "--db=sqlite", "-m", "not slow"]
        return [*first, Stage("Python, SQLite", command, counts=True)]
    return [
        *first,
        Stage(
            f"JavaScript, {DISTANT_ZONE}",
            ["npm", "test", "--silent", "--", *SHOWS_TIMES],
            counts=True,
            zone=DISTANT_ZONE,
        ),
        Stage("Python, SQLite and PostgreSQL", [*not_browser, "--db=both"], counts=True),
        # browser tests wait a third of their time: three files at a time on two cores
        Stage(
            "browser",
            # in the order of tests/e2e/conftest.py: the longest files first
            [*python, "pytest", "-q", "-n", "3", "--dist=loadfile", "--no-loadscope-reorder", "tests/e2e"],
            counts=True,
            alone=[*python, "pytest", "-q", "--last-failed", "--last-failed-no-failures=none", "tests/e2e"],
        ),
    ]


def run_and_try_again(stage: Stage) -> dict[str, Result]:
    """The stage, and when few of it failed that may be tried alone, these once more; by name."""
    result = run(stage)
    if stage.alone is None or not 0 < result.failed <= MOST_TRIED_AGAIN:
        return {stage.name: result}
    result.is_tried_again = True
    alone = replace(stage, name=f"{stage.name}, what failed alone", command=stage.alone)
    return {stage.name: result, alone.name: run(alone)}


def run(stage: Stage) -> Result:
    """Run one stage with its output shown as it comes."""
    print(f"\n== {stage.name}", flush=True)
    started = time.monotonic()
    zone = {"TZ": stage.zone} if stage.zone else {}
    process = subprocess.Popen(
        stage.command,
        cwd=ROOT,
        env={**os.environ, **zone},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        sys.stdout.write(line)
        sys.stdout.flush()
        lines.append(line)
    result = _sum_up(stage, process.wait(), lines)
    result.seconds = time.monotonic() - started
    return result


def _sum_up(stage: Stage, exit_code: int, lines: list[str]) -> Result:
    passed, failed = _counted(lines) if stage.counts else (int(exit_code == 0), 0)
    # A runner that breaks before or beside its tests has failed, whatever it counted.
    return Result(passed, max(failed, 1) if exit_code else failed)


def _counted(lines: list[str]) -> tuple[int, int]:
    """Passed and failed of the closing lines of pytest ("3 passed, 1 failed in 2s") or node ("pass 3")."""
    for line in reversed(lines):
        if re.search(r"\b\d+ (passed|failed|errors?|skipped|deselected)\b.* in [\d.]+s", line):
            found = re.findall(r"(\d+) (passed|failed|error)", line)
            return (
                sum(int(number) for number, word in found if word == "passed"),
                sum(int(number) for number, word in found if word != "passed"),
            )
    node = re.findall(r"^\S (pass|fail|cancelled) (\d+)$", "".join(lines), re.MULTILINE)
    return (
        sum(int(number) for word, number in node if word == "pass"),
        sum(int(number) for word, number in node if word != "pass"),
    )


def prepare_machine(quick: bool) -> None:
    """Install what is missing. Raises CannotContinue with the one line that says what to do."""
    _ensure_debian_packages(quick)
    environment.prepare("requirements.txt", "requirements-dev.txt")
    _ensure_node_packages()


def _ensure_debian_packages(quick: bool) -> None:
    missing = _missing_packages(quick)
    if missing and os.getuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {' '.join(missing)} …", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=False)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        subprocess.run(install, env=quiet, check=False)
        missing = _missing_packages(quick)
    if missing:
        names = " ".join(missing)
        raise CannotContinue(f"Missing: {names}. Install with: sudo apt-get install {names}")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if tuple(int(part) for part in version.lstrip("v").split(".")[:2]) < OLDEST_NODE:
        raise CannotContinue(f"Node.js 20.9 or newer is needed, this is {version}: see https://nodejs.org")


def _missing_packages(quick: bool) -> list[str]:
    found = {
        "python3-venv": _has_venv(),
        "nodejs": shutil.which("node"),
        "npm": shutil.which("npm"),
    }
    if not quick:
        chromium = os.environ.get("FIELDSERVICE_CHROMIUM") or "/usr/bin/chromium"
        initdb = [*Path("/usr/lib/postgresql").glob("*/bin/initdb"), shutil.which("initdb")]
        found |= {
            "chromium": Path(chromium).exists(),
            "postgresql": any(initdb),
            "fonts-noto-cjk": any(Path("/usr/share/fonts").rglob("*CJK*")),
            "libpangoft2-1.0-0": find_library("pangoft2-1.0"),
            "libharfbuzz-subset0": find_library("harfbuzz-subset"),
            "poppler-utils": shutil.which("pdfsig") and shutil.which("pdffonts") and shutil.which("pdftoppm"),
        }
    return [name for name, there in found.items() if not there]


def _has_venv() -> bool:
    check = [sys.executable, "-c", "import venv, ensurepip"]
    return subprocess.run(check, capture_output=True, check=False).returncode == 0


def _ensure_node_packages() -> None:
    """`npm ci`, unless what is installed is newer than the lock file."""
    lock, installed = ROOT / "package-lock.json", ROOT / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    print("Installing the packages of package-lock.json …", flush=True)
    if subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=ROOT, check=False).returncode:
        raise CannotContinue("The packages of package-lock.json were not installed; npm says why above.")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CannotContinue as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(130)
