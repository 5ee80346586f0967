#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>
#include <ucontext.h>

#include "threads.h"

_Thread_local struct handrail_thread *handrail_current HIDDEN __attribute__((tls_model("initial-exec")));

const long handrail_read = SYS_read, handrail_write = SYS_write, handrail_accept4 = SYS_accept4,
           handrail_connect = SYS_connect, handrail_openat = SYS_openat, handrail_ppoll = SYS_ppoll,
           handrail_clock_nanosleep = SYS_clock_nanosleep, handrail_wait4 = SYS_wait4, handrail_close = SYS_close;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int cancellation_signal, install_error;

/* glibc's own name of sigaction. ThreadSanitizer has a sigaction in its place, and keeps a signal back until the thread calls
   something of libc's: one that waits in a call of ours never does. */
extern int __sigaction(int, const struct sigaction *, struct sigaction *) __attribute__((weak));

static int change_action(int signal, const struct sigaction *action, struct sigaction *before) {
  return __sigaction != NULL ? __sigaction(signal, action, before) : sigaction(signal, action, before);
}

/* A handler that comes at any instruction, a sanitizer's own among them, must not call the sanitizer. */
#if defined(__clang__)
#define UNWATCHED __attribute__((disable_sanitizer_instrumentation))
#else
#define UNWATCHED __attribute__((no_sanitize_thread))
#endif

UNWATCHED static bool may_act(const struct handrail_thread *thread) {
  return __atomic_load_n(&thread->is_cancelled, __ATOMIC_RELAXED) && !thread->is_held && !thread->has_acted;
}

UNWATCHED static uintptr_t program_counter(const ucontext_t *context) {
#if defined(__x86_64__)
  return (uintptr_t)context->uc_mcontext.gregs[16 /* REG_RIP */];
#else
  return (uintptr_t)context->uc_mcontext.pc;
#endif
}

UNWATCHED static void go_on_at(ucontext_t *context, const char *place) {
#if defined(__x86_64__)
  context->uc_mcontext.gregs[16 /* REG_RIP */] = (greg_t)(uintptr_t)place;
#else
  context->uc_mcontext.pc = (uintptr_t)place;
#endif
}

UNWATCHED static void set_first_argument(ucontext_t *context, void *argument) {
#if defined(__x86_64__)
  context->uc_mcontext.gregs[8 /* REG_RDI */] = (greg_t)(uintptr_t)argument;
#else
  context->uc_mcontext.regs[0] = (uintptr_t)argument;
#endif
}

/* With all signals blocked. Uses no libc: errno stays. */
UNWATCHED static void on_cancellation(int signal, siginfo_t *information, void *interrupted) {
  struct handrail_thread *self = handrail_current;
  ucontext_t *context = interrupted;
  long process = system_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
  if (self == NULL || information->si_code != SI_TKILL || information->si_pid != process) return;
  if (!__atomic_load_n(&self->is_cancelled, __ATOMIC_RELAXED) || self->has_acted) return;
  uintptr_t counter = program_counter(context);
  if (may_act(self)) {
    if (self->resume != NULL) {
      set_first_argument(context, &self->resume);
      go_on_at(context, handrail_asynchronous_end);
      return;
    }
    if (counter - (uintptr_t)handrail_call_begin < (uintptr_t)(handrail_call_end - handrail_call_begin)) {
      go_on_at(context, handrail_call_cancelled);
      return;
    }
  }
  /* Not now. What was interrupted may be the handler of another signal, over a call that will be made again when that handler
     is left: the signal is sent again, and blocked for what was interrupted, so that it comes then. Where there is none, it
     stays blocked, and the next cancellation point sees `is_cancelled`. */
  ((unsigned long *)&context->uc_sigmask)[0] |= 1ul << (signal - 1);
  system_call(SYS_tgkill, process, system_call(SYS_gettid, 0, 0, 0, 0, 0, 0), signal, 0, 0, 0);
}

static int take_signal(int signal) {
  struct sigaction present, ours = {.sa_sigaction = on_cancellation};
  if (change_action(signal, NULL, &present) != 0) return errno;
  if ((present.sa_flags & SA_SIGINFO) || present.sa_handler != SIG_DFL) return EBUSY;
  ours.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigfillset(&ours.sa_mask);
  if (change_action(signal, &ours, NULL) != 0) return errno;
  cancellation_signal = signal;
  return 0;
}

/* The highest that nobody uses, but the last two, which other libraries and debuggers like. */
static void install(void) {
  install_error = EBUSY;
  for (int signal = SIGRTMAX - 2; cancellation_signal == 0 && signal >= SIGRTMIN; signal--) take_signal(signal);
  if (cancellation_signal != 0) install_error = 0;
}

int handrail_prepare_cancellation(void) {
  pthread_once(&once, install);
  return install_error;
}

static int chosen, choice_error;

static void install_chosen(void) {
  choice_error = take_signal(chosen);
  if (choice_error != 0) install();
}

int handrail_choose_signal(int signal) {
  if (signal < SIGRTMIN || signal > SIGRTMAX) return EINVAL;
  /* Whoever is first decides. */
  choice_error = EBUSY;
  chosen = signal;
  pthread_once(&once, install_chosen);
  return cancellation_signal == signal ? 0 : choice_error;
}

int handrail_cancellation_signal(void) { return cancellation_signal; }

long handrail_plain_call(long number, long a, long b, long c, long d, long e, long f) {
  return system_call(number, a, b, c, d, e, f);
}

long handrail_call(long number, long a, long b, long c, long d, long e, long f) {
  struct handrail_thread *self = handrail_current;
  if (self == NULL || self->is_held || self->has_acted) return system_call(number, a, b, c, d, e, f);
  long result = handrail_cancellable_call(&self->is_cancelled, number, a, b, c, d, e, f);
  /* Interrupted, with nothing done, and not to be made again by itself. */
  if (result == -EINTR && may_act(self)) result = HANDRAIL_CANCELLED;
  if (result == HANDRAIL_CANCELLED) self->has_acted = 1;
  return result;
}

long handrail_cancellation_point(void) {
  struct handrail_thread *self = handrail_current;
  if (self == NULL || !may_act(self)) return 0;
  self->has_acted = 1;
  return HANDRAIL_CANCELLED;
}

bool handrail_is_cancelled(void) {
  return handrail_current != NULL && __atomic_load_n(&handrail_current->is_cancelled, __ATOMIC_RELAXED);
}

bool handrail_hold_cancellation(bool is_held) {
  struct handrail_thread *self = handrail_current;
  if (self == NULL) return false;
  bool before = self->is_held;
  self->is_held = is_held;
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  return before;
}

long handrail_call_asynchronously(void (*function)(void *), void *context) {
  struct handrail_thread *self = handrail_current;
  if (self == NULL || self->is_held || self->has_acted || self->resume != NULL) {
    function(context);
    return 0;
  }
  /* What is left may be the handler of another signal, with that one blocked. */
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, NULL, &mask);
  long result = handrail_asynchronous_call(&self->resume, &self->is_cancelled, function, context);
  if (result == HANDRAIL_CANCELLED) {
    self->has_acted = 1;
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
  }
  return result;
}

int handrail_socket_error(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

void handrail_monotonic_time(void *time) { clock_gettime(CLOCK_MONOTONIC, time); }
