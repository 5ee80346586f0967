#define _GNU_SOURCE
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* Written by handlers, read by the one thread that takes. A handler blocks all signals while it runs. */
enum { RING = 64 };
static struct inquest_relayed ring[RING];
static atomic_uint written, taken;

static void keep(int number, siginfo_t *information, void *context) {
  (void)context;
  unsigned at = atomic_load_explicit(&written, memory_order_relaxed);
  if (at - atomic_load_explicit(&taken, memory_order_acquire) >= RING) return;
  int sent = information->si_code <= 0;
  ring[at % RING] = (struct inquest_relayed){number, information->si_code, sent ? information->si_pid : 0};
  atomic_store_explicit(&written, at + 1, memory_order_release);
}

void inquest_relay_begin(void) {
  struct sigaction action, before;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = keep;
  action.sa_flags = SA_SIGINFO;
  sigfillset(&action.sa_mask);
  for (int number = 1; number < NSIG; number++) {
    switch (number) {
      /* Faults of our own, what cannot be caught, and what the waiting uses. */
      case SIGKILL: case SIGSTOP: case SIGSEGV: case SIGBUS: case SIGILL: case SIGFPE: case SIGTRAP: case SIGABRT:
      case SIGSYS: case SIGCHLD: case SIGPIPE: continue;
      default: break;
    }
    /* What is ignored stays so; what has a handler has one of ours. */
    if (sigaction(number, NULL, &before) != 0 || before.sa_handler != SIG_DFL) continue;
    sigaction(number, &action, NULL);
  }
}

int32_t inquest_relay_take(struct inquest_relayed *signal) {
  unsigned at = atomic_load_explicit(&taken, memory_order_relaxed);
  if (at == atomic_load_explicit(&written, memory_order_acquire)) return 0;
  *signal = ring[at % RING];
  atomic_store_explicit(&taken, at + 1, memory_order_release);
  return 1;
}

int64_t inquest_kill(int32_t pid, int32_t number) {
  return kill(pid, number) == 0 ? 0 : -errno;
}

static void restore_default(int number) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = SIG_DFL;
  sigaction(number, &action, NULL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, number);
  sigprocmask(SIG_UNBLOCK, &only, NULL);
}

_Noreturn void inquest_die_by(int32_t number) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
  restore_default(number);
  kill(getpid(), number);
  /* One that is about to be delivered to another thread is given the time. */
  struct timespec pause = {0, 100000000};
  nanosleep(&pause, NULL);
  _exit(128 + number);
}

void inquest_stop_self(int32_t number) {
  (void)number;
  kill(getpid(), SIGSTOP);
}

int32_t inquest_is_foreground(void) {
  int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0) return 0;
  pid_t group = tcgetpgrp(terminal);
  close(terminal);
  return group == getpgrp();
}

int32_t inquest_own_pid(void) {
  return getpid();
}

int32_t inquest_process_group(int32_t pid) {
  pid_t group = getpgid(pid);
  return group < 0 ? -errno : group;
}

const char *const *inquest_environment_pointers(void) {
  return (const char *const *)environ;
}

int64_t inquest_make_folder(const char *path) {
  char part[4096];
  size_t length = strlen(path);
  if (length == 0 || length >= sizeof part) return -ENAMETOOLONG;
  memcpy(part, path, length + 1);
  for (size_t i = 1; i <= length; i++) {
    if (part[i] != '/' && part[i] != 0) continue;
    char kept = part[i];
    part[i] = 0;
    if (mkdir(part, 0777) != 0 && errno != EEXIST && errno != EISDIR) return -errno;
    part[i] = kept;
  }
  struct stat status;
  if (stat(path, &status) != 0) return -errno;
  return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
}
