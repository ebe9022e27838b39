"""What `make run` and `make phone` share: prepare the data, serve, and end together with the terminal."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from environment import PYTHON, ROOT, CannotContinue

START_SECONDS = 60
STOP_SECONDS = 15
LOOK_SECONDS = 3
PR_SET_PDEATHSIG = 1


def check_port_free(host: str, port: int, target: str) -> None:
    """Raise CannotContinue if another program listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotContinue(
                f"Port {port} cannot be used ({error.strerror}). "
                f"Stop the program on it or choose another: make {target} PORT={port + 1}"
            ) from None


def chosen_port(default: int) -> int:
    """The port in PORT, else the default. Raises CannotContinue if PORT is no port."""
    text = os.environ.get("PORT") or str(default)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise CannotContinue(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def data_dir() -> Path:
    """The data folder as an absolute path; made (0700) if it is not there."""
    folder = Path(os.environ.get("FIELDSERVICE_DATA_DIR") or ROOT / "var").resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def prepare_data() -> str:
    """Bring the database up to date and fill it; returns what a person needs to sign in.

    That is the table of the sample people or, with EMPTY=1 (no sample data), the one-time secret of the
    first administrator.
    """
    _compile_the_search()
    print("Preparing the database …", flush=True)
    commands = ["db upgrade", "checklists install"]
    if os.environ.get("EMPTY", "") not in ("", "0"):
        return _do([*commands, "first-admin"])
    return _do([*commands, "sample load", "sample passwords"])


def _do(commands: list[str]) -> str:
    """Do them in this order and return what the last one says. Raises CannotContinue, the reason printed."""
    program = [str(PYTHON), str(ROOT / "tools" / "prepare.py"), *commands]
    done = subprocess.run(program, cwd=ROOT, env=os.environ, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.stderr.write(done.stderr)
        raise CannotContinue("The data could not be prepared; the reason stands above.")
    return done.stdout.strip("\n")


def serve(host: str, port: int, scheme: str, announce: Callable[[], None]) -> int:
    """Serve until Ctrl-C, SIGTERM or the server's own end; `announce` is called once it answers.

    Returns the exit code: 0 when a person ended it. The server never outlives this process.
    """
    os.environ["FIELDSERVICE_BIND"] = f"{host}:{port}"
    # A line for each request would push the addresses and passwords out of sight.
    os.environ.setdefault("FIELDSERVICE_LOG_LEVEL", "WARNING")
    os.environ.setdefault("FIELDSERVICE_SERVER_LOG_LEVEL", "warning")
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _end)
    server = _start_server()
    worker = _start_worker()
    try:
        _wait_until_it_answers(server, f"{scheme}://127.0.0.1:{port}/livez")
        announce()
        while _is_running(server):
            if worker.poll() is not None:
                worker = _start_worker()
    except KeyboardInterrupt:
        return 0
    finally:
        worker.terminate()  # while the server ends, it finishes what it does
        _stop(server)
        _stop(worker)
    print("The server ended by itself; the reason stands above.", file=sys.stderr)
    return 1


def _start_server() -> subprocess.Popen[bytes]:
    settings = ROOT / "tools" / "gunicorn.conf.py"
    command = [str(PYTHON), "-m", "gunicorn", "--config", str(settings), "wsgi:app"]
    # Its own session: Ctrl-C reaches only us, and we end it in order.
    return subprocess.Popen(command, cwd=ROOT, start_new_session=True, preexec_fn=_end_with_parent)


def _compile_the_search() -> None:
    """Begins what the first proposal would else wait for, behind everything else; comes back at once."""
    env = {"NUMBA_CACHE_DIR": str(data_dir() / "numba"), **os.environ}
    program = [str(PYTHON), "-m", "fieldservice.routing.planner"]
    subprocess.Popen(program, cwd=ROOT, env=env, start_new_session=True, stdin=subprocess.DEVNULL,
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=_end_with_parent)  # fmt: skip


def _start_worker() -> subprocess.Popen[bytes]:
    """Looks at photos and does what else can wait; started again when it ends by itself."""
    command = [str(PYTHON), "-m", "flask", "--app", "wsgi", "worker"]
    return subprocess.Popen(command, cwd=ROOT, start_new_session=True, preexec_fn=_end_with_parent)


def _is_running(server: subprocess.Popen[bytes]) -> bool:
    """Waits a few seconds; whether it still runs then."""
    try:
        server.wait(LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        return True
    return False


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_until_it_answers(server: subprocess.Popen[bytes], address: str) -> None:
    # The certificate names the network's addresses; here only "does it answer" matters, on our own loopback.
    trusting = ssl._create_unverified_context()  # noqa: S323
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise CannotContinue("The server did not start; the reason stands above.")
        try:
            urllib.request.urlopen(address, timeout=5, context=trusting).close()  # noqa: S310
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise CannotContinue(f"The server did not answer within {START_SECONDS} seconds.")


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _end(_number: int, _frame: object) -> None:
    # A second Ctrl-C must not break into the orderly end.
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.SIG_IGN)
    raise KeyboardInterrupt
