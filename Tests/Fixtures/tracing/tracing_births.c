// Shows every way in which threads and processes begin, execute and end; MODE is the argument. Exit status 7 where all went well.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char *self;

static void *idle(void *x) { return x; }
static void *for_ever(void *x) {
  for (;;) pause();
  return x;
}
static void *execute(void *x) {
  execl(self, self, "seven", NULL);
  return x;
}
static void *execute_soon(void *x) {
  usleep(2000);
  return execute(x);
}

static void batch(int rounds, int width) {
  pthread_t threads[256];
  for (int i = 0; i < rounds; i++) {
    for (int k = 0; k < width; k++)
      if (pthread_create(&threads[k], NULL, idle, NULL) != 0) _exit(99);
    for (int k = 0; k < width; k++) pthread_join(threads[k], NULL);
  }
}

static int reap_all(void) {
  int status, bad = 0;
  for (;;) {
    pid_t pid = wait(&status);
    if (pid < 0 && errno == ECHILD) return bad;
    if (pid > 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 7)) bad++;
  }
}

static int clone_child(void *x) { return x == NULL ? 7 : 8; }

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "";
  int count = argc > 2 ? atoi(argv[2]) : 10;
  self = argv[0];
  pthread_t thread;
  if (!strcmp(mode, "seven")) return 7;
  if (!strcmp(mode, "threads")) {
    batch(count, 64);
  } else if (!strcmp(mode, "processes")) {
    for (int i = 0; i < 8; i++)
      if (fork() == 0) {
        batch(count, 64);
        _exit(7);
      }
    if (reap_all()) return 1;
  } else if (!strcmp(mode, "exec-thread")) {
    pthread_create(&thread, NULL, for_ever, NULL);
    pthread_create(&thread, NULL, execute, NULL);
    for (;;) pause();
  } else if (!strcmp(mode, "exec-all")) {
    for (int i = 0; i < 8; i++) pthread_create(&thread, NULL, execute, NULL);
    execute(NULL);
  } else if (!strcmp(mode, "leader-gone")) {
    pthread_create(&thread, NULL, execute_soon, NULL);
    pthread_exit(NULL);
  } else if (!strcmp(mode, "vfork")) {
    for (int i = 0; i < count; i++) {
      pid_t pid = vfork();
      if (pid == 0) {
        if (i & 1) execl(self, self, "seven", NULL);
        _exit(7);
      }
    }
    if (reap_all()) return 1;
  } else if (!strcmp(mode, "spawn")) {
    char *arguments[] = {"births", "seven", NULL};
    for (int i = 0; i < count; i++) {
      pid_t pid;
      if (posix_spawn(&pid, self, NULL, NULL, arguments, environ) != 0) return 1;
    }
    if (reap_all()) return 1;
  } else if (!strcmp(mode, "clone")) {
    static const int flags[] = {0, CLONE_VFORK | CLONE_VM, CLONE_FILES, SIGCHLD, SIGCHLD | CLONE_PARENT_SETTID,
                                CLONE_UNTRACED | SIGCHLD, SIGUSR1};
    signal(SIGUSR1, SIG_IGN);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
      char *stack = malloc(65536);
      pid_t parent_tid;
      pid_t pid = clone(clone_child, stack + 65536, flags[i], NULL, &parent_tid);
      int status;
      if (pid < 0 || waitpid(pid, &status, __WALL) != pid || WEXITSTATUS(status) != 7) return 1;
    }
  } else if (!strcmp(mode, "kill-children")) {
    for (int i = 0; i < count; i++) {
      pid_t pid = fork();
      if (pid == 0) {
        for (int k = 0; k < 4; k++) pthread_create(&thread, NULL, k ? for_ever : execute_soon, NULL);
        batch(100000, 4);
      }
      usleep((unsigned)(i * 37 % 1900));
      kill(pid, SIGKILL);
      waitpid(pid, NULL, 0);
    }
  } else if (!strcmp(mode, "stop")) {
    pid_t pid = fork();
    if (pid == 0) {
      batch(200, 4);
      _exit(7);
    }
    int status;
    for (int i = 0; i < count; i++) {
      kill(pid, SIGSTOP);
      if (waitpid(pid, &status, WUNTRACED) == pid && !WIFSTOPPED(status)) break;
      kill(pid, SIGCONT);
    }
    if (!WIFSTOPPED(status)) return WEXITSTATUS(status);
    if (reap_all()) return 1;
  } else if (!strcmp(mode, "daemon")) {
    if (fork() == 0) {
      setsid();
      if (fork() == 0) {
        usleep(20000);
        _exit(3);
      }
      _exit(7);
    }
    if (reap_all()) return 1;
  } else if (!strcmp(mode, "exit-race")) {
    for (int i = 0; i < count; i++) {
      if (fork() == 0) {
        for (int k = 0; k < 8; k++) pthread_create(&thread, NULL, k % 2 ? idle : for_ever, NULL);
        _exit(7);
      }
    }
    if (reap_all()) return 1;
  } else if (!strcmp(mode, "fault")) {
    pthread_create(&thread, NULL, for_ever, NULL);
    raise(SIGSEGV);
  }
  return 7;
}
