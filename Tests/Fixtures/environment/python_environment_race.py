# Shows the environment race in a real interpreter: time.mktime makes libc read TZ, while native code in another
# thread, which does not hold the interpreter's lock, adds variables.
# It strikes at once or not for long: where it has not within four seconds, the program begins anew.
import ctypes
import os
import sys
import threading
import time

libc = ctypes.CDLL(None)
# The writer waits for the interpreter's lock after every call: let it have it sooner.
sys.setswitchinterval(1e-5)


def add_variables():
    for count in range(100_000):
        libc.setenv(b"ADDED_%d" % count, b"value", 1)


def read_time():
    noon = (2026, 1, 1, 12, 0, 0, 0, 0, -1)
    while True:
        time.mktime(noon)


threading.Thread(target=read_time, daemon=True).start()
threading.Thread(target=add_variables, daemon=True).start()
time.sleep(4)
os.execve(sys.executable, sys.orig_argv, os.environ)
