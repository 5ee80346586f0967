#define _GNU_SOURCE
#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static volatile sig_atomic_t entered = 0;
static volatile sig_atomic_t resized = 0;

static void say(const char *text) {
  ssize_t written = write(STDOUT_FILENO, text, strlen(text));
  (void)written;
}

void inquest_leave_screen(void) {
  if (!entered) return;
  entered = 0;
  tcsetattr(STDIN_FILENO, TCSANOW, &before);
  say("\033[?25h\033[?1049l");
}

/* Only async-signal-safe functions. */
static void end(int number) {
  inquest_leave_screen();
  signal(number, SIG_DFL);
  raise(number);
}

static void resize(int number) {
  (void)number;
  resized = 1;
}

int64_t inquest_enter_screen(void) {
  if (tcgetattr(STDIN_FILENO, &before) != 0) return -errno;
  struct termios now = before;
  now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  now.c_cc[VMIN] = 0;
  now.c_cc[VTIME] = 0;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = end;
  int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  for (unsigned index = 0; index < sizeof ends / sizeof *ends; index++) sigaction(ends[index], &action, NULL);
  action.sa_handler = resize;
  sigaction(SIGWINCH, &action, NULL);
  if (tcsetattr(STDIN_FILENO, TCSANOW, &now) != 0) return -errno;
  entered = 1;
  say("\033[?1049h\033[?25l");
  return 0;
}

int64_t inquest_key(int64_t milliseconds) {
  struct pollfd input = {STDIN_FILENO, POLLIN, 0};
  int count = poll(&input, 1, milliseconds > 86400000 ? 86400000 : (int)milliseconds);
  if (count < 0 && errno != EINTR) return -errno;
  if (resized) {
    resized = 0;
    return -EINTR;
  }
  if (count <= 0) return 0;
  unsigned char byte = 0;
  ssize_t got = read(STDIN_FILENO, &byte, 1);
  if (got == 1) return byte == 0 ? 1 : byte;
  return got == 0 || errno != EINTR ? -EPIPE : 0;
}

void inquest_terminal_size(int32_t *columns, int32_t *rows) {
  struct winsize size;
  int known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
  *columns = known ? size.ws_col : 0;
  *rows = known ? size.ws_row : 0;
}
