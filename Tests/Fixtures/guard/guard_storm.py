# Threads of Python that read the environment through libc (time.mktime, locale, subprocess) while native code, which
# holds no lock of the interpreter's, sets, unsets and puts variables: libc's functions called by ctypes, and the threads of a
# Rust library, guard_storm.rs.
# usage: guard_storm.py MILLISECONDS LIBRARY
import ctypes
import locale
import os
import subprocess
import sys
import threading
import time

libc = ctypes.CDLL(None)
rust = ctypes.CDLL(sys.argv[2])
rust.change_environment.argtypes, rust.change_environment.restype = [ctypes.c_uint64], ctypes.c_uint64
ends = time.monotonic() + int(sys.argv[1]) / 1000
counts = {"writes": 0, "reads": 0, "starts": 0}
wrong = []
sys.setswitchinterval(1e-5)
# A start fails with EFAULT where the list of the environment moved while the kernel copied it.
threading.excepthook = lambda failure: wrong.append(repr(failure.exc_value))


def write():
    number = 0
    while time.monotonic() < ends:
        number += 1
        libc.setenv(b"ADDED_%d" % (number % 500), b"value", 1)
        libc.unsetenv(b"ADDED_%d" % (number * 7 % 500))
        os.putenv("TZ", ("UTC", "Europe/Berlin", "Asia/Tokyo")[number % 3])
        counts["writes"] += 3


def write_by_rust():
    counts["changes by Rust"] = rust.change_environment(int(sys.argv[1]))


def read():
    noon = (2026, 1, 1, 12, 0, 0, 0, 0, -1)
    libc.getenv.restype = ctypes.c_char_p
    while time.monotonic() < ends:
        time.mktime(noon)
        locale.setlocale(locale.LC_ALL, "")
        if libc.getenv(b"ALWAYS") != b"here":
            wrong.append("getenv")
        counts["reads"] += 3


def start():
    while time.monotonic() < ends:
        if subprocess.run(["/bin/true"]).returncode != 0:
            wrong.append("subprocess")
        os.waitpid(os.posix_spawn("/bin/sh", ["sh", "-c", 'test "$ALWAYS" = here'], os.environ), 0)
        counts["starts"] += 2


libc.setenv(b"ALWAYS", b"here", 1)
os.environ["ALWAYS"] = "here"
threads = [threading.Thread(target=each) for each in (write, write_by_rust, read, read, read, read, read, read, start)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(counts, len(wrong), "wrong", wrong[:5])
sys.exit(bool(wrong))
