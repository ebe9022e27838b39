"""A process that has imported the product and shrunk its scripts once, from which the tests' servers are forked.

An interpreter that starts and imports everything works for more than two seconds, and the tests start servers a
hundred times and more. What is forked is what `python -m gunicorn` is after its first imports: gunicorn with its own
command line, environment, log and session, as alone on the machine as it would be. How a server starts from nothing
is for the tests of `make run` (tests/e2e/test_start.py).

One nursery a process of the tests, started when it is first needed; it ends with it, and its servers with it.
"""

import ctypes
import gc
import json
import os
import pickle
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG = 1


def end_with_parent(how: int = signal.SIGTERM) -> None:
    """The calling process gets this signal when its parent ends, however that ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, how)


class Forked:
    """A process that was forked there; as much of `subprocess.Popen` as a server of the tests needs."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)  # the nursery keeps the number till it is asked for the next one

    def has_ended(self, seconds: float = 0) -> bool:
        """Whether it ends within this time."""
        poll = select.poll()
        poll.register(self._handle, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def terminate(self) -> None:
        """SIGTERM."""
        signal.pidfd_send_signal(self._handle, signal.SIGTERM)

    def close(self) -> None:
        """Nothing more is asked of it."""
        os.close(self._handle)


def fork(arguments: list[str], environment: dict[str, str], log: Path) -> Forked:
    """`python -m gunicorn` with these arguments in a session of its own; what it says goes to the end of `log`."""
    nursery = _nursery()
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    wanted = {"arguments": arguments, "environment": environment, "log": str(log)}
    nursery.stdin.write(json.dumps(wanted) + "\n")
    nursery.stdin.flush()
    answer = nursery.stdout.readline()
    if not answer:
        raise RuntimeError("The process that servers are forked from has ended.")
    return Forked(int(answer))


_running: list[subprocess.Popen[str]] = []


def _nursery() -> "subprocess.Popen[str]":
    if not _running or _running[0].poll() is not None:
        _running[:] = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.support.nursery"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        ]
    return _running[0]


def close() -> None:
    """End it, and what it still serves; nothing happens if there is none."""
    while _running:
        with _running.pop() as nursery:  # its input ends, and so does it
            nursery.terminate()


def _serve(product: Callable[[], Any]) -> None:
    """For each line of the standard input: fork, and say the number of the new process. Ends with the input."""
    product()
    _have_the_scripts_ready()
    # once for all that are forked: each would else look through it anew, and make a copy of what it looks at
    gc.collect()
    gc.freeze()
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        _forget_the_dead()
        pid = os.fork()
        if pid == 0:
            _become_gunicorn(**json.loads(line))
        answers.write(f"{pid}\n")
        answers.flush()


def _have_the_scripts_ready() -> None:
    """Read, shrunk and compressed once for all that are forked, by a process of its own: the library that shrinks
    starts threads, and whoever is forked after that waits for them for ever.
    """
    from fieldservice.web import assets

    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            made = assets._assets(False)
            for file in made.files.values():
                _ = file.zipped  # made when first asked for
            with os.fdopen(writing, "wb") as answer:
                pickle.dump(made, answer)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        ready = pickle.load(answer)
    os.waitpid(pid, 0)
    make = assets._assets
    assets._assets = lambda pseudo: make(pseudo) if pseudo else ready  # type: ignore[assignment]


def _forget_the_dead() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _become_gunicorn(arguments: list[str], environment: dict[str, str], log: str) -> NoReturn:
    status = 1
    try:
        os.setsid()
        end_with_parent()
        said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (said, 1), (said, 2)):
            os.dup2(source, target)
        os.closerange(3, 64)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        sys.argv = ["gunicorn", *arguments]

        from gunicorn.app.wsgiapp import run

        run()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    gc.set_threshold(50_000, 20, 50)  # as tools/gunicorn.conf.py does before it imports the product

    import gunicorn.app.wsgiapp  # noqa: F401 - for those who are forked

    import fieldservice

    _serve(fieldservice.import_all)
