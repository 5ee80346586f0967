/* Cancellation without a leak.

   glibc up to 2.40 lets a cancellation act at every instruction from before a system call until after it, also where the
   call has completed and its result, a descriptor or what was read, is in a register yet: that is lost. Here its handler
   of the signal for cancellation has ours before it, which looks at where the thread was interrupted. It acts where the call
   has not begun, or has just returned EINTR without having done anything; elsewhere the thread is marked, and the next
   cancellation point acts.

   Whatever is interrupted elsewhere may be a signal handler of the program's over a call that blocks and will be begun anew
   when the handler returns. libc up to now forgets the cancellation then, or acts within the handler. As musl does, we send
   the signal again and block it where we return to: when the handler is left, the mask is what it was before, and the signal
   arrives over the call. So nothing is remembered of any other thread, no thread of ours watches over it, and no id can be
   another's by then. */

#define _GNU_SOURCE
#include "cancellation.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <ucontext.h>

#include "cancellation_code.h"
#include "../common/guard.h"
#include "../common/log.h"
#include "../common/next.h"
#include "../common/system.h"

enum { glibc_signal = 32, musl_signal = 33, signal_set_size = 8 };

/* As the kernel has it, on both architectures. */
struct kernel_action {
  void (*handler)(int, siginfo_t *, void *);
  unsigned long flags;
  void (*restorer)(void);
  uint64_t mask;
};

/* What is known of a thread beside what libc knows. */
static __thread struct {
  /* The program has made its type asynchronous: libc's bit also says that it is within a cancellation point. */
  uint8_t is_asynchronous;
  /* That was done in a signal handler over a cancellation point: libc's bit is that one's. */
  uint8_t was_within;
  /* A signal handler may be running over a cancellation point whose bit we have cleared. */
  uint8_t is_above;
  uint64_t deferred; /* What is_asynchronous was where pthread_cleanup_push_defer_np changed it: a bit for each. */
} self __attribute__((tls_model("initial-exec")));

enum { not_started, starting, started, is_off };
static uint32_t stage;
static enum cancellation_form form;
static struct cancellation_layout layout;
static struct kernel_action libcs;
static unsigned long acted, kept, sent_again;

static long thread_id(void) { return system_call(SYS_gettid, 0, 0, 0, 0, 0, 0); }
static int process_id(void) { return (int)system_call(SYS_getpid, 0, 0, 0, 0, 0, 0); }

static uint8_t *own_byte(uint32_t offset) { return (uint8_t *)pthread_self() + offset; }
static uint8_t own_flags(void) { return __atomic_load_n(own_byte(layout.flags), __ATOMIC_SEQ_CST); }
static int is_disabled(void) { return __atomic_load_n(own_byte(layout.state), __ATOMIC_SEQ_CST) & layout.disabled; }
static int has_type(void) { return __atomic_load_n(own_byte(layout.type), __ATOMIC_SEQ_CST) & layout.asynchronous; }
static void clear_type(void) { __atomic_and_fetch(own_byte(layout.type), (uint8_t)~layout.asynchronous, __ATOMIC_SEQ_CST); }
static void set_type(void) { __atomic_or_fetch(own_byte(layout.type), layout.asynchronous, __ATOMIC_SEQ_CST); }
static void mark(void) { __atomic_or_fetch(own_byte(layout.flags), layout.marks, __ATOMIC_SEQ_CST); }
static int is_marked(void) { return own_flags() & layout.canceled; }
static int is_exiting(void) { return own_flags() & layout.exiting; }

static void send_to_self(void) {
  system_call(SYS_tgkill, process_id(), thread_id(), form == form_musl ? musl_signal : glibc_signal, 0, 0, 0);
}

/* Does not return but where libc knows better: in a thread that is ending. */
static void act(void) {
  self.is_above = 0;
  (next_as(pthread_setcanceltype))(PTHREAD_CANCEL_DEFERRED, NULL);
  mark();
  __atomic_add_fetch(&acted, 1, __ATOMIC_RELAXED);
  (next_as(pthread_testcancel))();
  __atomic_sub_fetch(&acted, 1, __ATOMIC_RELAXED);
}

static void tell(struct cancellation_site *site, long result) {
  if (site == NULL || result < 0 || __atomic_exchange_n(&site->is_told, 1, __ATOMIC_RELAXED)) return;
  struct log_line line;
  log_begin(&line);
  log_text(&line, "cancellation: of thread ");
  log_number(&line, (unsigned long)thread_id());
  log_text(&line, " when ");
  log_text(&line, site->name != NULL ? site->name : "a call");
  log_text(&line, " had just returned ");
  log_number(&line, (unsigned long)result);
  log_text(&line, ": the result is kept, and the next cancellation point acts");
  log_end(&line);
}

/* The signal comes once more when what was interrupted is left, if that is a signal handler: its mask is the one before.
   Else it waits until the thread ends, since every cancellation point looks at the mark. */
static void send_again(ucontext_t *context) {
  unsigned long *mask = (unsigned long *)&context->uc_sigmask;
  mask[0] |= 1UL << (glibc_signal - 1);
  __atomic_add_fetch(&sent_again, 1, __ATOMIC_RELAXED);
  send_to_self();
}

static void handle_asynchronous(ucontext_t *context) {
  int was_within = has_type() || self.is_above;
  /* libc waits for the mark behind a call, and it does so in a thread that is ending too. */
  if (is_exiting()) return mark();
  if (self.is_asynchronous && has_type()) return is_disabled() ? mark() : act();
  if (!was_within) return mark();
  uintptr_t pc = context_pc(context);
  long result = context_result(context);
  struct cancellation_site *site = NULL;
  if (!is_disabled()) switch (cancellation_moment_of(pc, result, &site)) {
      case moment_before:
      case moment_failed:
      case moment_libcs: return act();
      case moment_unknown: break;
    }
  if (site == NULL) site = cancellation_site_around(pc);
  mark();
  clear_type();
  if (!self.is_above) {
    __atomic_add_fetch(&kept, 1, __ATOMIC_RELAXED);
    if (site != NULL && pc == site->at + system_call_length) tell(site, result);
  }
  self.is_above = 1;
  send_again(context);
}

static void handle_bridged(siginfo_t *information, ucontext_t *context) {
  libcs.handler(glibc_signal, information, context);
  if (!is_exiting() && is_marked()) send_again(context);
}

static void handler(int number, siginfo_t *information, void *context) {
  if (number != glibc_signal || information->si_code != SI_TKILL || information->si_pid != process_id()) return;
  int *error = __errno_location(), before = *error;
  if (form == form_bridged)
    handle_bridged(information, context);
  else
    handle_asynchronous(context);
  *error = before;
}

static int fail(const char *reason) {
  struct log_line line;
  log_begin(&line);
  log_text(&line, "cancellation: left as libc has it, since ");
  log_text(&line, reason);
  log_end(&line);
  return 0;
}

static int take_handler(void) {
  struct kernel_action ours;
  if (system_call(SYS_rt_sigaction, glibc_signal, 0, (long)&libcs, signal_set_size, 0, 0) != 0) return 0;
  if (!cancellation_is_libcs((uintptr_t)libcs.handler) || !(libcs.flags & SA_SIGINFO)) return 0;
  ours = libcs;
  ours.handler = handler;
  /* A call that was interrupted where nothing acts goes on as if nothing had been. */
  ours.flags |= SA_RESTART;
  return system_call(SYS_rt_sigaction, glibc_signal, (long)&ours, 0, signal_set_size, 0, 0) == 0;
}

static int start_now(void) {
  const char *reason = "";
  form = cancellation_find_sites(&reason);
  if (form == form_unexpected) return fail(reason);
  if (next(next_pthread_testcancel) == NULL || !cancellation_find_layout(form, &layout, &reason)) return fail(reason);
  /* musl's does all that ours would; it lacks the signals that arrive() sends. */
  if (form != form_musl && !take_handler()) return fail("the handler of its signal is not libc's");
  return 1;
}

/* At the first cancellation of a process: most have none, and it costs a millisecond. */
static void start(void) {
  uint32_t seen = not_started;
  uint64_t all = ~(uint64_t)0, mask;
  if (__atomic_load_n(&stage, __ATOMIC_ACQUIRE) >= started) return;
  if (__atomic_compare_exchange_n(&stage, &seen, starting, 0, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) {
    system_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&mask, signal_set_size, 0, 0);
    int is_on = start_now();
    __atomic_store_n(&stage, is_on ? started : is_off, __ATOMIC_RELEASE);
    system_call(SYS_futex, (long)&stage, 129 /* FUTEX_WAKE_PRIVATE */, 0x7fffffff, 0, 0, 0);
    system_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, signal_set_size, 0, 0);
    return;
  }
  /* It needs the dynamic linker's lock, which this thread may hold: it is not waited for without end. */
  struct {
    long seconds, nanoseconds;
  } second = {1, 0};
  while (__atomic_load_n(&stage, __ATOMIC_ACQUIRE) == starting)
    if (system_call(SYS_futex, (long)&stage, 128 /* FUTEX_WAIT_PRIVATE */, starting, (long)&second, 0, 0) == -110) return;
}

static int is_started(void) { return __atomic_load_n(&stage, __ATOMIC_ACQUIRE) == started; }

/* In a signal handler over a cancellation point libc would act now if anything were to be acted upon: its bit is cleared,
   and the point it belongs to will be reached by the signal. */
static int step_above(void) {
  if (!is_started() || form != form_asynchronous || self.is_asynchronous || !has_type() || is_exiting()) return 0;
  self.is_above = 1;
  clear_type();
  return 1;
}

/* Undoes step_above where there is no cancellation. Whoever cancels afterwards finds the bit; whoever did so before has
   left the mark. */
static void step_back(void) {
  if (!is_marked()) {
    set_type();
    self.is_above = 0;
    if (!is_marked()) return;
    clear_type();
    self.is_above = 1;
  }
  send_to_self();
}

/* This thread may be cancelled now, and no signal was sent: this may be a signal handler over a call that blocks. */
static void arrive(void) {
  if (is_started() && (form != form_asynchronous || self.is_above) && is_marked() && !is_disabled() && !is_exiting()) send_to_self();
}

EXPORTED int pthread_cancel(pthread_t thread) {
  __typeof__(&pthread_cancel) real = next_as(pthread_cancel);
  if (real == NULL) return ENOSYS;
  if (part_is_off(part_cancellation)) return real(thread);
  start();
  if (thread != pthread_self()) return real(thread);
  int is_above = step_above();
  int result = real(thread);
  if (is_above)
    step_back();
  else
    arrive();
  return result;
}

EXPORTED int pthread_setcancelstate(int state, int *before) {
  __typeof__(&pthread_setcancelstate) real = next_as(pthread_setcancelstate);
  if (real == NULL) return ENOSYS;
  int is_above = state == PTHREAD_CANCEL_ENABLE && step_above();
  int result = real(state, before);
  if (is_above) {
    step_back();
  } else if (state == PTHREAD_CANCEL_ENABLE) {
    arrive();
  }
  return result;
}

EXPORTED int pthread_setcanceltype(int type, int *before) {
  __typeof__(&pthread_setcanceltype) real = next_as(pthread_setcanceltype);
  if (real == NULL) return ENOSYS;
  int was_asynchronous = self.is_asynchronous, result = 0;
  if (type == PTHREAD_CANCEL_ASYNCHRONOUS) {
    if (!was_asynchronous) self.was_within = is_started() && form == form_asynchronous && has_type();
    self.is_asynchronous = 1;
    result = real(type, NULL);
  } else if (type == PTHREAD_CANCEL_DEFERRED) {
    /* libc's bit may be that of a cancellation point that this is a handler over. */
    if (was_asynchronous && !self.was_within) result = real(type, NULL);
    self.is_asynchronous = 0;
  } else {
    return real(type, before);
  }
  if (before != NULL) *before = was_asynchronous ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED;
  return result;
}

/* What pthread_cleanup_push_defer_np and its counterpart call. */
EXPORTED void __pthread_register_cancel_defer(__pthread_unwind_buf_t *buffer) {
  (next_as(__pthread_register_cancel_defer))(buffer);
  self.deferred = self.deferred << 1 | self.is_asynchronous;
  self.is_asynchronous = 0;
}

EXPORTED void __pthread_unregister_cancel_restore(__pthread_unwind_buf_t *buffer) {
  self.is_asynchronous = self.deferred & 1;
  self.deferred >>= 1;
  (next_as(__pthread_unregister_cancel_restore))(buffer);
}

/* A program may begin with the signal blocked, by the mask of the thread that started it: glibc before 2.34 does this. */
void cancellation_start(void) {
  uint64_t only = (uint64_t)1 << (glibc_signal - 1);
  system_call(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&only, 0, signal_set_size, 0, 0);
}

void cancellation_in_child(void) {
  acted = kept = sent_again = 0;
  /* The thread that was at it is not here. */
  if (stage == starting) stage = not_started;
}

void cancellation_summary(void) {
  if (!log_wants_summary(acted + kept != 0) || !is_started()) return;
  struct log_line line;
  log_begin(&line);
  log_text(&line, "cancellation: ");
  log_number(&line, acted);
  log_text(&line, " acted over a call that had not begun or was interrupted; ");
  log_number(&line, kept);
  log_text(&line, " came elsewhere and were kept for the next cancellation point; ");
  log_number(&line, cancellation_site_counts.sites);
  log_text(&line, " cancellation points of libc guarded");
  log_end(&line);
}
