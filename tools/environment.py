"""Keeps `.venv` equal to the requirement files. Runs on the system's Python, so: standard library only.

python3 tools/environment.py requirements.txt [requirements-dev.txt]
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST_PYTHON = (3, 11)


class CannotContinue(Exception):
    """Something outside the project is missing; the text is the one line that says what to do."""


def enter(*requirement_files: str) -> None:
    """Go on in `.venv` with these requirements installed: replaces this process if it runs elsewhere."""
    if Path(sys.prefix) == VENV:
        return
    prepare(*requirement_files)
    os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606


def prepare(*requirement_files: str) -> None:
    """Make `.venv` if needed and install what changed. Raises CannotContinue; slow only the first time."""
    _check_python()
    _make_venv()
    for name in requirement_files:
        _install(ROOT / name)


def _check_python() -> None:
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:2]))
        raise CannotContinue(f"Python 3.11 or newer is needed, this is {found}. Debian 12 and later have it.")
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise CannotContinue("Python's venv is missing. Install it: apt-get install python3-venv")


def _make_venv() -> None:
    if PYTHON.exists() and _succeeds([str(PYTHON), "-c", "import pip"]):
        return
    print("Making the virtual environment in .venv …", flush=True)
    if not _succeeds([sys.executable, "-m", "venv", "--clear", str(VENV)]):
        raise CannotContinue("Python's venv does not work. Install it: apt-get install python3-venv")


def _install(requirements: Path) -> None:
    stamp = VENV / f".{requirements.name}.sha256"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Installing the packages of {requirements.name} …", flush=True)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    if subprocess.run([*pip, "-r", str(requirements)], check=False).returncode:
        raise CannotContinue(f"The packages of {requirements.name} were not installed; pip says why above.")
    stamp.write_text(wanted)


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


if __name__ == "__main__":
    try:
        prepare(*sys.argv[1:])
    except CannotContinue as problem:
        sys.exit(str(problem))
