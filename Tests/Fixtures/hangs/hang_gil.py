# A thread of Python that holds the interpreter's lock wants a lock of a C library; its holder wants the interpreter's.
# Arguments: the library (hang_gil.c), and "running" for a near miss: who holds the interpreter's lock runs.
import ctypes
import sys
import threading
import time

free = ctypes.CDLL(sys.argv[1])
bound = ctypes.PyDLL(sys.argv[1])
callback = ctypes.CFUNCTYPE(None)(lambda: None)
threading.Thread(target=free.hold_and_call, args=(callback,)).start()
while not free.held():
    time.sleep(0.001)
if sys.argv[2] == "running":
    bound.run()
else:
    bound.want()
