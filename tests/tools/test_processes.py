"""What the tests see of the machine's processes."""

import os
import signal
import subprocess
import sys

from tests.support.processes import Process, processes

#: its first thread ends, as a killed one does while another waits for the disk; that other one lives on
_HALF_GONE = """
import ctypes, platform, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
print("ready", flush=True)
ctypes.CDLL(None).syscall(60 if platform.machine() == "x86_64" else 93, 0)
"""


def find(number: int) -> Process | None:
    return next((one for one in processes() if one.number == number), None)


def test_a_process_with_a_thread_that_lives_is_not_over() -> None:
    with subprocess.Popen([sys.executable, "-c", _HALF_GONE], stdout=subprocess.PIPE) as half:
        assert half.stdout is not None
        half.stdout.readline()
        while (found := find(half.pid)) is not None and found.state != "Z":
            pass
        assert found is not None
        assert (found.parent, found.threads, found.is_over) == (os.getpid(), 2, False)
        half.send_signal(signal.SIGKILL)
        while (found := find(half.pid)) is not None and not found.is_over:
            pass
        assert found is not None
        assert found.state == "Z", "nobody fetched it yet"
    assert find(half.pid) is None
