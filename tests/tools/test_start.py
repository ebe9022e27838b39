"""What `make run` and `make phone` say before they start anything."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def start(script: str, data_dir: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "FIELDSERVICE_DATA_DIR": str(data_dir), **environment}
    command = [sys.executable, str(ROOT / "tools" / script)]
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("script", ["run.py", "phone.py"])
def test_a_busy_port_gets_one_line_and_nothing_is_started(
    script: str, busy_port: int, tmp_path: Path
) -> None:
    done = start(script, tmp_path / "data", PORT=str(busy_port))
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert f"PORT={busy_port + 1}" in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("port", ["0", "65536", "eighty", "８０８０", "-1"])
def test_a_port_that_is_none_gets_one_line(port: str, tmp_path: Path) -> None:
    done = start("run.py", tmp_path / "data", PORT=port)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"PORT must be a number from 1 to 65535, not {port!r}."]


def test_a_python_without_venv_gets_one_line(tmp_path: Path) -> None:
    # As on Debian without python3-venv: the module venv is there, ensurepip is not.
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name == 'ensurepip' else find(name, *more)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, str(ROOT / "tools" / "environment.py"), "requirements.txt"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["Python's venv is missing. Install it: apt-get install python3-venv"]
