# Shows what a person at a terminal does with a program under `inquest run`: argument 1 is inquest, argument 2 what is done.
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

inquest, what = sys.argv[1:3]
PYTHON = {
    "handled": "import time\ntry:\n  print('re'+'ady', flush=True)\n  time.sleep(30)\nexcept KeyboardInterrupt: print('cau'+'ght')\n",
    "twice": "import time, signal\nsignal.signal(2, signal.SIG_IGN)\nprint('re'+'ady', flush=True)\ntime.sleep(60)\n",
    "size": "import signal, os, time\n"
            "signal.signal(signal.SIGWINCH, lambda *a: print('now', os.get_terminal_size().lines, flush=True))\n"
            "print('re'+'ady', os.get_terminal_size().lines, flush=True)\ntime.sleep(20)\n",
    "raw": "import tty, os, termios\nold = termios.tcgetattr(0)\ntty.setraw(0)\nprint('re'+'ady', flush=True)\n"
           "byte = os.read(0, 1)\ntermios.tcsetattr(0, termios.TCSADRAIN, old)\nprint('by'+'te', byte)\n",
}

shell, terminal = pty.fork()
if shell == 0:
    os.execvpe("bash", ["bash", "--norc", "-i"], {**os.environ, "PS1": "> ", "TERM": "dumb"})


seen = b""


def seen_within(seconds, text):
    """Whether a text comes in so many seconds; what came before is not looked at again."""
    global seen
    end = time.time() + seconds
    while text.encode() not in seen:
        if time.time() > end:
            return False
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            seen += os.read(terminal, 65536)
        except OSError:
            return False
    seen = seen[seen.index(text.encode()) + len(text):]
    return True


def wait_for(text):
    if not seen_within(30, text):
        sys.exit(f"{text!r} did not come: {seen!r}")


def say(text):
    os.write(terminal, text.encode())


def size(lines):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, 80, 0, 0))


size(33)
wait_for("> ")
if what in PYTHON:
    say(f'{inquest} run -- python3 -c "{PYTHON[what]}"\n')
    wait_for("ready")
if what == "stop":
    say(f"{inquest} run -- sh -c 'echo be\"gins\"; sleep 2; echo en\"ds\"'\n")
    wait_for("begins")
    time.sleep(0.2)
    say("\x1a")
    wait_for("Stopped")
    say("fg\n")
    wait_for("ends")
elif what == "interrupt":
    say(f"{inquest} run -- sh -c 'echo be\"gins\"; exec sleep 30'\n")
    wait_for("begins")
    say("\x03")
    wait_for("> ")
    say('echo st"atus" $?\n')
    wait_for("status 130")
elif what == "handled":
    say("\x03")
    wait_for("caught")
    say('echo st"atus" $?\n')
    wait_for("status 0")
elif what == "twice":
    # Two signals that come before the first is taken are one.
    for attempt in range(20):
        say("\x03")
        if seen_within(0.5, "interrupted twice: all stacks follow"):
            break
    else:
        sys.exit("Ctrl-C was pressed for ten seconds, and nothing was told")
    wait_for("sleeps for a time")
    wait_for("> ")
elif what == "size":
    size(44)
    wait_for("now 44")
elif what == "raw":
    say("\x03")
    wait_for("byte b'\\x03'")
print("as it should be")
