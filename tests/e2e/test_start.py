"""`make run` and `make phone` as a person starts and ends them."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.databases import ROOT

Start = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def start(tmp_path: Path, port: int) -> Iterator[Start]:
    """Starts a script and reads until it says how to end it; returns the process and what it printed."""
    started: list[subprocess.Popen[str]] = []

    def start_script(name: str, **environment: str) -> tuple[subprocess.Popen[str], str]:
        variables = {
            **os.environ,
            "FIELDSERVICE_DATA_DIR": str(tmp_path / "data"),
            "PORT": str(port),
            **environment,
        }
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "tools" / name)],
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if line.startswith("Ctrl-C"):
                return process, printed
        raise AssertionError(f"{name} ended:\n{printed}")

    yield start_script
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


def end(process: subprocess.Popen[str]) -> str:
    """Ctrl-C in the terminal; what was printed afterwards."""
    assert process.stdout is not None
    os.killpg(process.pid, signal.SIGINT)
    rest = process.stdout.read()
    assert process.wait(30) == 0, rest
    return rest


def listens(port: int) -> bool:
    """Whether anything answers on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_it_starts_with_people_ends_without_a_trace_keeps_its_data_and_dies_with_its_terminal(
    start: Start, port: int
) -> None:
    """One after the other, for each start is a quarter of a minute of work."""
    process, printed = start("run.py")
    assert f"http://127.0.0.1:{port}/app/" in printed
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez") as answer:
        assert answer.status == 200
    rest = end(process)
    assert "Traceback" not in rest
    assert '"route"' not in printed + rest, "lines of requests push the passwords out of sight"
    assert not listens(port)

    process, again = start("run.py")
    assert printed == again, "the sign-in table is another one"
    assert listens(port)
    process.kill()
    process.wait()
    for _ in range(100):
        if not listens(port):
            return
        time.sleep(0.1)
    raise AssertionError("the server outlived its terminal")


def test_started_bare_it_has_no_people_but_a_way_in(start: Start, tmp_path: Path) -> None:
    process, printed = start("run.py", EMPTY="1")
    end(process)
    way_in = printed.partition("/app/")[2].partition("Ctrl-C")[0].strip()
    assert way_in, "nothing tells how the first administrator gets in"
    assert not (tmp_path / "data" / "passwords.json").exists()


def test_a_phone_trusts_it_through_the_authority_it_offers(start: Start, port: int, tmp_path: Path) -> None:
    process, printed = start("phone.py")
    assert f":{port}/app/" in printed
    authority = tmp_path / "data" / "tls" / "ca.crt"
    trusting = ssl.create_default_context(cafile=str(authority))
    with urllib.request.urlopen(f"https://localhost:{port}/ca.crt", context=trusting) as answer:
        assert answer.read() == authority.read_bytes()
    assert "Traceback" not in end(process)
    assert not listens(port)
