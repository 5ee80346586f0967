#define _GNU_SOURCE
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __WALL
#define __WALL 0x40000000
#endif
#ifndef __WNOTHREAD
#define __WNOTHREAD 0x20000000
#endif

int64_t inquest_ptrace(int64_t request, int32_t tid, uint64_t address, uint64_t data) {
  long result = syscall(SYS_ptrace, (long)request, (long)tid, address, data);
  return result < 0 ? -errno : result;
}

int32_t inquest_wait(int32_t tid, int32_t *status, int32_t blocks) {
  int raw = 0;
  pid_t who = waitpid(tid, &raw, __WALL | __WNOTHREAD | (blocks ? 0 : WNOHANG));
  if (who < 0) return -errno;
  *status = raw;
  return who;
}

int32_t inquest_is_thread_of(int32_t tid, int32_t process) {
  return syscall(SYS_tgkill, process, tid, 0) == 0 || errno == EPERM;
}

/* The child's side: nothing here returns. Only async-signal-safe calls, though the tracer has one thread. */
static _Noreturn void become(const struct inquest_start *start, int go, int failure, const sigset_t *mask) {
  char byte;
  ssize_t got;
  do {
    got = read(go, &byte, 1);
  } while (got < 0 && errno == EINTR);
  if (got == 1) {
    sigprocmask(SIG_SETMASK, mask, NULL);
    if (start->folder == NULL || chdir(start->folder) == 0)
      execvpe(start->file, (char *const *)start->arguments, (char *const *)start->environment);
    int32_t error = errno;
    got = write(failure, &error, sizeof error);
  }
  _exit(127);
}

int32_t inquest_start_traced(const struct inquest_start *start, int32_t *failure) {
  int go[2], told[2];
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
    become(start, go[0], told[1], &before);
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
