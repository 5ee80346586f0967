#define _GNU_SOURCE
#include "trace.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef __WALL
#define __WALL 0x40000000
#endif
#ifndef __WNOTHREAD
#define __WNOTHREAD 0x20000000
#endif
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

int64_t inquest_ptrace(int64_t request, int32_t tid, uint64_t address, uint64_t data) {
  long result = syscall(SYS_ptrace, (long)request, (long)tid, address, data);
  return result < 0 ? -errno : result;
}

/* libc's wait4 is a cancellation point, and asks before and after each call whether there is another thread. */
static int32_t wait_once(int32_t tid, int32_t *status, int options) {
  int raw = 0;
  long who = syscall(SYS_wait4, (long)tid, &raw, (long)(__WALL | __WNOTHREAD | options), NULL);
  if (who < 0) return -errno;
  *status = raw;
  return (int32_t)who;
}

static uint64_t now_in_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int has_other_processors(void) {
  static atomic_int known;
  int count = atomic_load_explicit(&known, memory_order_relaxed);
  if (count == 0) {
    cpu_set_t set;
    count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 2;
    atomic_store_explicit(&known, count < 1 ? 1 : count, memory_order_relaxed);
  }
  return count > 1;
}

static void pause_processor(void) {
#if defined(__x86_64__)
  __asm__ volatile("pause");
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

/* In nanoseconds: as long as it takes to be woken on a processor that sleeps, which a virtual machine makes long. */
enum { longest_look = 50000, shortest_look = 10000 };
/* How long the next wait looks before it sleeps. */
static _Thread_local uint64_t look;

/* Looks for a while before it sleeps, as long as that pays: as hosts do with guests that wait (halt_poll_ns, virt/kvm). */
static int32_t look_and_wait(int32_t tid, int32_t *status) {
  if (!has_other_processors()) return wait_once(tid, status, 0);
  uint64_t began = now_in_nanoseconds(), now = began;
  while (now - began < look) {
    int32_t who = wait_once(tid, status, WNOHANG);
    if (who != 0) return who;
    for (int turn = 0; turn < 16; turn++) pause_processor();
    now = now_in_nanoseconds();
  }
  int32_t who = wait_once(tid, status, 0);
  if (now_in_nanoseconds() - began > longest_look) {
    look = 0;
  } else {
    look = look == 0 ? shortest_look : look >= longest_look / 2 ? longest_look : look * 2;
  }
  return who;
}

int32_t inquest_wait(int32_t tid, int32_t *status, int32_t how) {
  switch (how) {
  case 0:
    return wait_once(tid, status, WNOHANG);
  case 1:
    return wait_once(tid, status, 0);
  default:
    return look_and_wait(tid, status);
  }
}

int32_t inquest_is_thread_of(int32_t tid, int32_t process) {
  return syscall(SYS_tgkill, process, tid, 0) == 0 || errno == EPERM;
}

int32_t inquest_thread_id(void) { return (int32_t)syscall(SYS_gettid); }

int64_t inquest_get_registers(int32_t tid, int32_t type, void *buffer, uint64_t size) {
  struct iovec part = {buffer, size};
  long result = syscall(SYS_ptrace, (long)PTRACE_GETREGSET, (long)tid, (long)type, &part);
  return result < 0 ? -errno : (int64_t)part.iov_len;
}

int64_t inquest_set_registers(int32_t tid, int32_t type, const void *buffer, uint64_t size) {
  struct iovec part = {(void *)buffer, size};
  long result = syscall(SYS_ptrace, (long)PTRACE_SETREGSET, (long)tid, (long)type, &part);
  return result < 0 ? -errno : 0;
}

int64_t inquest_read_word(int32_t tid, uint64_t address, uint64_t *word) {
  struct iovec here = {word, sizeof *word}, there = {(void *)address, sizeof *word};
  ssize_t count = process_vm_readv(tid, &here, 1, &there, 1, 0);
  return count == (ssize_t)sizeof *word ? 0 : count < 0 ? -errno : -EFAULT;
}

int64_t inquest_write_word(int32_t tid, uint64_t address, uint64_t word) {
  struct iovec here = {&word, sizeof word}, there = {(void *)address, sizeof word};
  ssize_t count = process_vm_writev(tid, &here, 1, &there, 1, 0);
  return count == (ssize_t)sizeof word ? 0 : count < 0 ? -errno : -EFAULT;
}

struct inquest_alarm {
  timer_t timer;
  pid_t thread;
  /* Somebody wants the thread to look up. */
  atomic_int is_rung;
  /* Milliseconds of CLOCK_MONOTONIC; 0 where the timer is not set. */
  volatile int64_t rings_at;
};

/* Of the thread that waits: the handler belongs to it. */
static _Thread_local struct inquest_alarm *volatile mine;
static _Thread_local volatile sig_atomic_t is_waiting;
/* mutex_lock_interruptible in ptrace_attach begins anew whatever a handler's flags say: only a jump leads out. */
static _Thread_local volatile sig_atomic_t may_jump;
static _Thread_local sigjmp_buf way_out;

static int alarm_signal(void) { return SIGRTMAX - 2; }

static int set(struct inquest_alarm *alarm, int64_t milliseconds, int64_t again) {
  struct itimerspec when = {{0, again * 1000000}, {milliseconds / 1000, milliseconds % 1000 * 1000000}};
  return timer_settime(alarm->timer, 0, &when, NULL);
}

/* A ring may fall between a look at the clock and the wait: so it is repeated as long as the thread means to wait. */
static void ring(int signal) {
  (void)signal;
  int error = errno;
  if (may_jump) {
    may_jump = 0;
    siglongjmp(way_out, 1);
  }
  struct inquest_alarm *alarm = mine;
  if (alarm != NULL) {
    alarm->rings_at = 0;
    set(alarm, is_waiting ? 10 : 0, is_waiting ? 10 : 0);
  }
  errno = error;
}

struct inquest_alarm *inquest_alarm_make(int32_t *error) {
  struct inquest_alarm *alarm = calloc(1, sizeof *alarm);
  struct sigaction action = {.sa_handler = ring};
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = alarm_signal()};
  if (alarm == NULL) {
    *error = ENOMEM;
    return NULL;
  }
  alarm->thread = (pid_t)syscall(SYS_gettid);
  event.sigev_notify_thread_id = alarm->thread;
  if (sigaction(alarm_signal(), &action, NULL) != 0 || timer_create(CLOCK_MONOTONIC, &event, &alarm->timer) != 0) {
    *error = errno;
    free(alarm);
    return NULL;
  }
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, alarm_signal());
  pthread_sigmask(SIG_UNBLOCK, &only, NULL);
  return alarm;
}

void inquest_alarm_end(struct inquest_alarm *alarm) {
  timer_delete(alarm->timer);
  if (mine == alarm) mine = NULL;
  free(alarm);
}

void inquest_alarm_ring(struct inquest_alarm *alarm) {
  atomic_store(&alarm->is_rung, 1);
  syscall(SYS_tgkill, (long)getpid(), (long)alarm->thread, (long)alarm_signal());
}

static int64_t now_in_milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int32_t inquest_wait_for(struct inquest_alarm *alarm, int32_t *status, int64_t milliseconds, int32_t looks) {
  mine = alarm;
  if (milliseconds < 1) milliseconds = 1;
  if (milliseconds > 1000000000) milliseconds = 1000000000;
  int64_t now = now_in_milliseconds(), rings_at = alarm->rings_at;
  /* A timer that rings earlier is left: the caller looks at the clock anyway, and most waits are short. */
  if (rings_at <= now || rings_at > now + milliseconds) {
    if (set(alarm, milliseconds, 10) != 0) return -errno;
    alarm->rings_at = now + milliseconds;
  }
  is_waiting = 1;
  int32_t who = atomic_exchange(&alarm->is_rung, 0) ? -EINTR : inquest_wait(-1, status, looks ? 2 : 1);
  is_waiting = 0;
  if (who == -EINTR) atomic_store(&alarm->is_rung, 0);
  return who;
}

int64_t inquest_seize(int32_t tid, uint64_t options, struct inquest_alarm *alarm, int64_t milliseconds) {
  mine = alarm;
  alarm->rings_at = 0;
  if (sigsetjmp(way_out, 1) != 0) {
    set(alarm, 0, 0);
    return -ETIME;
  }
  if (set(alarm, milliseconds, 10) != 0) return -errno;
  may_jump = 1;
  long result = syscall(SYS_ptrace, (long)PTRACE_SEIZE, (long)tid, 0L, options);
  int error = errno;
  may_jump = 0;
  set(alarm, 0, 0);
  return result < 0 ? -error : 0;
}

void inquest_keep_ended(void) {
  struct sigaction action;
  if (sigaction(SIGCHLD, NULL, &action) != 0) return;
  if (action.sa_handler != SIG_IGN && !(action.sa_flags & SA_NOCLDWAIT)) return;
  if (action.sa_handler == SIG_IGN) action.sa_handler = SIG_DFL;
  action.sa_flags &= ~SA_NOCLDWAIT;
  sigaction(SIGCHLD, &action, NULL);
}

int64_t inquest_affinity(int32_t tid, void *mask, uint64_t size) {
  long result = syscall(SYS_sched_getaffinity, (long)tid, (long)size, mask);
  return result < 0 ? -errno : result;
}

int64_t inquest_set_affinity(int32_t tid, const void *mask, uint64_t size) {
  long result = syscall(SYS_sched_setaffinity, (long)tid, (long)size, mask);
  return result < 0 ? -errno : 0;
}

int32_t inquest_processor(void) { return sched_getcpu(); }

bool inquest_may_be_of_proc(const void *path) {
  enum { proc_magic = 0x9fa0 };
  struct statfs facts;
  if (statfs(path, &facts) == 0) return facts.f_type == proc_magic;
  return errno != ENOENT && errno != ENOTDIR;
}
