# Shows what a person sees of `inquest stacks PID --watch`: argument 1 is inquest, 2 what is done, 3 the process to look at.
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

inquest, what, process = sys.argv[1:4]
ENTERED, LEFT = b"\x1b[?1049h", b"\x1b[?1049l"
seen = b""

child, terminal = pty.fork()
if child == 0:
    os.read(0, 1)
    command = [inquest, "stacks", process, "--watch", "200ms"]
    os.execvpe(inquest, command + (["--threads", "all"] if what == "scroll" else []), {**os.environ, "TERM": "xterm"})


def size(lines, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


def more(seconds):
    global seen
    if select.select([terminal], [], [], seconds)[0]:
        try:
            seen += os.read(terminal, 65536)
        except OSError:
            return False
    return True


def wait_for(text, since=0):
    end = time.time() + 30
    while text not in seen[since:]:
        if time.time() > end or not more(0.2):
            sys.exit(f"{text!r} did not come: {seen[-4000:]!r}")
    return seen.index(text, since) + len(text)


def rows():
    """The last screen that is whole: from one home position to the next."""
    return seen.split(b"\x1b[H")[-2].split(b"\r\n")


def ends(status):
    while more(0.5):
        pass
    _, result = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(result) != status:
        sys.exit(f"ended with {os.waitstatus_to_exitcode(result)}: {seen[-2000:]!r}")


size(24, 80)
before = termios.tcgetattr(terminal)
os.write(terminal, b"\n")
place = wait_for(ENTERED)
for _ in range(3):
    place = wait_for(b"every 200 ms", place)
screen = rows()
if len(screen) != 24 or any(b"\n" in row for row in screen):
    sys.exit(f"{len(screen)} rows: {screen!r}")
if not any(f"(pid {process})".encode() in row for row in screen[:3]):
    sys.exit(f"no process: {screen!r}")
if what == "scroll":
    os.write(terminal, b" j")
    place = wait_for(b"every 200 ms", wait_for(b"every 200 ms", wait_for(b"every 200 ms", len(seen))))
    if any(f"(pid {process})".encode() in row for row in rows()[:3]):
        sys.exit(f"not scrolled: {rows()!r}")
    size(10, 40)
    for _ in range(3):
        place = wait_for(b"every 200 ms", max(place, len(seen)))
    if len(rows()) != 10:
        sys.exit(f"{len(rows())} rows in 10: {rows()!r}")
if what == "ends":
    os.kill(int(process), signal.SIGKILL)
    after = wait_for(LEFT, place)
    ends(3)
    # Whose child it was may not have asked for its end yet.
    if not any(f"{text} {process}".encode() in seen[after:] for text in ("there is no process", "inquest: process")):
        sys.exit(f"not said: {seen[after:]!r}")
elif what == "interrupt":
    os.write(terminal, b"\x03")
    wait_for(LEFT, place)
    ends(-signal.SIGINT)
else:
    os.write(terminal, b"q")
    wait_for(LEFT, place)
    if termios.tcgetattr(terminal)[3] != before[3]:
        sys.exit("the terminal is not as it was")
    ends(0)
print("as it should be")
