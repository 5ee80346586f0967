# Shows the environment race in a real interpreter: time.mktime makes libc read TZ, while native code in another
# thread, which does not hold the interpreter's lock, adds variables.
import ctypes
import threading
import time

libc = ctypes.CDLL(None)


def add_variables():
    for count in range(100_000):
        libc.setenv(b"ADDED_%d" % count, b"value", 1)


def read_time():
    noon = (2026, 1, 1, 12, 0, 0, 0, 0, -1)
    while True:
        time.mktime(noon)


threading.Thread(target=read_time, daemon=True).start()
writer = threading.Thread(target=add_variables)
writer.start()
writer.join()
