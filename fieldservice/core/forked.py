"""Answers requests each from a fork with little memory and time: for programs that open what strangers may have made.

Such a program (`core/programs.py` starts it) is run isolated and imports nothing of ours: it loads this file by its path.
Only the standard library is imported, so that a fork is small and quick.
"""

import ctypes
import json
import os
import resource
import select
import signal
import sys
from collections.abc import Callable
from typing import Any

_PR_SET_PDEATHSIG = 1
_PIECE_BYTES = 65_536

Json = dict[str, Any]


def serve(answer: Callable[[Json], Json], *, wall_seconds: int, silent: Json) -> None:
    """Answers each line of the input (JSON) with a line, until the input ends: whoever asks has gone.

    `answer` is called in a fork, and limits itself first. `silent`: what is said of a fork that said nothing, or not in
    time. Each answer also has `peak_kb`, the most memory its fork had.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    for line in sys.stdin:
        found = _in_a_fork(answer, json.loads(line), wall_seconds, silent)
        print(json.dumps(found), file=answers, flush=True)


def limit(*, memory_bytes: int, cpu_seconds: int, output_bytes: int) -> None:
    """Of this process, for good: address space, computing, what it may write into a file. It leaves no core behind."""
    for kind, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, output_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def _in_a_fork(answer: Callable[[Json], Json], request: Json, wall_seconds: int, silent: Json) -> Json:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer_and_end(answer, request, writing)
    os.close(writing)
    said = _read_until_end(reading, wall_seconds)
    os.kill(child, signal.SIGKILL)  # it has ended, or its time is up; it is not yet waited for, so the number is its own
    _pid, _status, used = os.wait4(child, 0)
    found: Json = json.loads(said) if said.endswith(b"}") else silent
    return {**found, "peak_kb": used.ru_maxrss}


def _read_until_end(handle: int, wall_seconds: int) -> bytes:
    """What the fork said; b"" when it took too long or ended without a word."""
    poller, said = select.poll(), bytearray()
    poller.register(handle, select.POLLIN)
    with os.fdopen(handle, "rb", buffering=0) as pipe:
        while poller.poll(wall_seconds * 1000):
            piece = pipe.read(_PIECE_BYTES)
            if not piece:
                return bytes(said)
            said += piece
    return b""


def _answer_and_end(answer: Callable[[Json], Json], request: Json, writing: int) -> None:
    try:
        _end_with_parent()
        left = memoryview(json.dumps(answer(request)).encode())
        while left:
            left = left[os.write(writing, left) :]
    finally:
        os._exit(0)


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
