"""One run of one program: wall time, peak memory, how it ended."""

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    seconds: float
    peak_megabytes: float
    status: int  # as subprocess has it: negative for a signal
    timed_out: bool


def run_once(command: list[str], output: Path, timeout: float) -> Run:
    """Runs a command with its output in a file; one that takes longer than `timeout` seconds is killed.

    Peak memory is the kernel's ru_maxrss of the process itself, file pages that it mapped included.
    """
    with open(output, "wb") as sink:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True
        )
        expired = threading.Event()

        def expire():
            expired.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(timeout, expire)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        timer.cancel()
        timer.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(seconds, usage.ru_maxrss / 1000, process.returncode, expired.is_set())
