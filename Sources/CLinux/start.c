#define _GNU_SOURCE
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What this process was given; read before anybody can have changed it. */
static sigset_t blocked_at_start;
static uint64_t ignored_at_start;

__attribute__((constructor)) static void look_at_signals(void) {
  sigprocmask(SIG_SETMASK, NULL, &blocked_at_start);
  for (int number = 1; number <= 64; number++) {
    struct sigaction action;
    /* libc keeps two signals to itself, and refuses to tell of them. */
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
      ignored_at_start |= (uint64_t)1 << (number - 1);
  }
}

uint64_t inquest_ignored_at_start(void) { return ignored_at_start; }

uint64_t inquest_blocked_at_start(void) {
  uint64_t mask = 0;
  for (int number = 1; number <= 64; number++)
    if (sigismember(&blocked_at_start, number) == 1) mask |= (uint64_t)1 << (number - 1);
  return mask;
}

void inquest_restore_signals(void) {
  for (int number = 1; number <= 64; number++) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) != 0) continue;
    void (*wanted)(int) = ignored_at_start >> (number - 1) & 1 ? SIG_IGN : SIG_DFL;
    if (action.sa_handler == wanted) continue;
    memset(&action, 0, sizeof action);
    action.sa_handler = wanted;
    sigaction(number, &action, NULL);
  }
  sigprocmask(SIG_SETMASK, &blocked_at_start, NULL);
}

static int install(const struct inquest_start *start) {
  if (start->filter == NULL) return 0;
  struct sock_fprog program = {(unsigned short)start->filter_length, (struct sock_filter *)start->filter};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0) return 0;
  if (errno != EACCES) return -1;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

/* The child's side: nothing here returns. Only async-signal-safe calls, for the tracer may have other threads. */
static _Noreturn void become(const struct inquest_start *start, int go, int failure) {
  char byte;
  ssize_t got;
  do {
    got = read(go, &byte, 1);
  } while (got < 0 && errno == EINTR);
  if (got == 1) {
    inquest_restore_signals();
    if ((start->folder == NULL || chdir(start->folder) == 0) && install(start) == 0)
      execvpe(start->file, (char *const *)start->arguments, (char *const *)start->environment);
    int32_t error = errno;
    got = write(failure, &error, sizeof error);
  }
  _exit(127);
}

int32_t inquest_start_traced(const struct inquest_start *start, int32_t *failure) {
  int go[2], told[2];
  if (start->filter_length > 4096) return -EINVAL;
  if (pipe2(go, O_CLOEXEC) != 0) return -errno;
  if (pipe2(told, O_CLOEXEC | O_NONBLOCK) != 0) {
    int error = errno;
    close(go[0]);
    close(go[1]);
    return -error;
  }
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  pid_t child = fork();
  int error = errno;
  if (child == 0) {
    close(go[1]);
    become(start, go[0], told[1]);
  }
  sigprocmask(SIG_SETMASK, &before, NULL);
  close(go[0]);
  close(told[1]);
  if (child > 0 && syscall(SYS_ptrace, PTRACE_SEIZE, (long)child, 0L, start->options) != 0) {
    error = errno;
    close(go[1]); /* The child reads the end and exits. */
    waitpid(child, NULL, 0);
    child = -1;
    go[1] = -1;
  }
  if (child > 0 && write(go[1], "", 1) != 1) error = errno;
  if (go[1] >= 0) close(go[1]);
  if (child < 0) {
    close(told[0]);
    return -error;
  }
  *failure = told[0];
  return child;
}

int32_t inquest_start_failure(int32_t failure) {
  int32_t error = 0;
  return read(failure, &error, sizeof error) == (ssize_t)sizeof error ? error : 0;
}
