"""Programs of our own that open strangers' files, in processes of their own: a line of JSON asks, a line answers."""

import json
import os
import select
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any


class NoAnswer(RuntimeError):
    """The program ended, was silent for too long or said what nobody can read."""


class Programs:
    """The running processes of one program; as many as are asked side by side."""

    def __init__(self, program: Path, *, patience_seconds: float, is_quiet: bool = False) -> None:
        """`patience_seconds`: longer than the program gives itself. `is_quiet`: what it complains of is not shown."""
        self._program = program
        self._patience_seconds = patience_seconds
        self._complains_to = subprocess.DEVNULL if is_quiet else None
        self._lock = threading.Lock()
        self._of_process = 0
        #: those that nobody asks now
        self.idle: list[subprocess.Popen[bytes]] = []

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """What one of them answers. Raises NoAnswer; that one is then ended."""
        process = self._take()
        try:
            assert process.stdin
            assert process.stdout
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], self._patience_seconds)
            answer: dict[str, Any] = json.loads(process.stdout.readline() if ready else b"")
        except (OSError, ValueError) as error:
            _end(process)
            raise NoAnswer(f"{self._program.stem} does not answer") from error
        except BaseException:
            _end(process)
            raise
        with self._lock:
            self.idle.append(process)
        return answer

    def _take(self) -> subprocess.Popen[bytes]:
        """One that nobody uses. One that was begun before a fork belongs to the other process."""
        with self._lock:
            if self._of_process != os.getpid():
                self.idle.clear()
                self._of_process = os.getpid()
            while self.idle:
                found = self.idle.pop()
                if found.poll() is None:
                    return found
                _end(found)
        # isolated: neither the environment nor the folder it is started in can bring other code in. It ends when its
        # input does, that is with this process. A session of its own: Ctrl-C is not for it.
        return subprocess.Popen(  # noqa: S603 - our own program, nothing from outside
            [sys.executable, "-I", str(self._program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complains_to,
            start_new_session=True,
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):
            pipe.close()  # type: ignore[union-attr]
    process.wait()
