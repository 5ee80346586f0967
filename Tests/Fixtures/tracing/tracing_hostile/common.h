// What all parts of tracing_hostile.c share.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static char *self;

/* Prints what it found, so that two runs can be compared. */
static void say(const char *what, long value) { dprintf(1, "%s %ld\n", what, value); }
static void check(const char *what, int holds) {
  if (!holds) {
    dprintf(1, "FAILED %s (errno %d)\n", what, errno);
    _exit(1);
  }
}
static void rest(long microseconds) {
  struct timespec time = {microseconds / 1000000, microseconds % 1000000 * 1000};
  while (nanosleep(&time, &time) != 0 && errno == EINTR) {
  }
}
/* One says that it has come to a point, another one waits for that. */
struct signpost {
  int ends[2];
};
static struct signpost signpost(void) {
  struct signpost post;
  check("pipe", pipe(post.ends) == 0);
  return post;
}
static void pass(struct signpost post) { check("pass", write(post.ends[1], "x", 1) == 1); }
static void until_passed(struct signpost post) {
  char byte;
  check("until_passed", read(post.ends[0], &byte, 1) == 1);
}
static pthread_t make(void *(*run)(void *), void *argument) {
  pthread_t thread;
  check("pthread_create", pthread_create(&thread, NULL, run, argument) == 0);
  return thread;
}
static void *for_ever(void *x) {
  for (;;) pause();
  return x;
}
static void *idle(void *x) { return x; }
static void *execute(void *status) {
  execl(self, self, "exit", status, NULL);
  return NULL;
}
static void *execute_soon(void *status) {
  rest(3000);
  return execute(status);
}
static int status_of(pid_t pid) {
  int status = -1;
  while (waitpid(pid, &status, __WALL) < 0 && errno == EINTR) {
  }
  return status;
}
static void say_status(const char *what, pid_t pid) {
  int status = status_of(pid);
  if (WIFEXITED(status)) say(what, WEXITSTATUS(status));
  if (WIFSIGNALED(status)) say(what, -WTERMSIG(status));
}
