/* A message where a segment was too small, before what would have happened without it. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <ucontext.h>

#include "stack.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

enum { signal_stack_least = 64 << 10, signal_stack_guard = 64 << 10 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct sigaction before[2]; /* For SIGSEGV and SIGBUS. */

static struct sigaction *before_of(int signal) { return &before[signal == SIGBUS]; }

static uintptr_t program_counter(const ucontext_t *context) {
#if defined(__x86_64__)
  return (uintptr_t)context->uc_mcontext.gregs[16 /* REG_RIP */];
#else
  return (uintptr_t)context->uc_mcontext.pc;
#endif
}

static uintptr_t stack_pointer(const ucontext_t *context) {
#if defined(__x86_64__)
  return (uintptr_t)context->uc_mcontext.gregs[15 /* REG_RSP */];
#else
  return (uintptr_t)context->uc_mcontext.sp;
#endif
}

/* As far above a segment's end as the stack pointer may be when the end is run over: a frame is entered by moving it, a red zone
   lies 128 bytes below it, and a page at a time is tried where a large frame is. A wild pointer into the guard, from a stack
   with room left, is none. */
enum { near_the_end = 8 << 10 };

/* The segment that ran out: its guard was touched by code that ran at its end, or had left it downwards. */
static const struct handrail_segment *exhausted(uintptr_t address, uintptr_t pointer) {
  for (const struct handrail_segment *segment = handrail_stacks.live; segment != NULL; segment = segment->outer) {
    uintptr_t guard = segment->low - segment_guard;
    if (address - guard < segment_guard && pointer - guard < segment_guard + near_the_end) return segment;
  }
  return NULL;
}

static void tell(const struct handrail_segment *segment, uintptr_t address, const ucontext_t *context) {
  struct handrail_line line;
  char name[16] = "";
  system_call(SYS_prctl, PR_GET_NAME, (long)name, 0, 0, 0, 0);
  handrail_line_begin(&line);
  handrail_line_text(&line, "stack exhausted: thread \"");
  handrail_line_text(&line, name);
  handrail_line_text(&line, "\" (");
  handrail_line_number(&line, (unsigned long)system_call(SYS_gettid, 0, 0, 0, 0, 0, 0));
  handrail_line_text(&line, ") left a segment of ");
  handrail_line_number(&line, segment->size >> 10);
  size_t count, bytes;
  handrail_segments(&count, &bytes);
  handrail_line_text(&line, " KiB, one of ");
  handrail_line_number(&line, count);
  handrail_line_text(&line, ", for ");
  handrail_line_hexadecimal(&line, address);
  handrail_line_text(&line, ", ");
  handrail_line_number(&line, segment->low - address);
  handrail_line_text(&line, " bytes below its end, by the instruction at ");
  handrail_line_hexadecimal(&line, program_counter(context));
  handrail_line_text(&line, ". Ask for more room, or more often.");
  handrail_line_end(&line);
}

static void by_default(int signal, int was_sent) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  sigaction(signal, &action, NULL);
  /* A fault comes again by itself, with the registers that it had. What another process sent does not: it is sent again, and
     comes when this handler is left. */
  if (was_sent)
    system_call(SYS_tgkill, system_call(SYS_getpid, 0, 0, 0, 0, 0, 0), system_call(SYS_gettid, 0, 0, 0, 0, 0, 0), signal, 0,
                0, 0);
}

static void on_fault(int signal, siginfo_t *information, void *interrupted) {
  int error = errno;
  const ucontext_t *context = interrupted;
  int was_sent = information->si_code <= 0;
  if (!was_sent) {
    uintptr_t address = (uintptr_t)information->si_addr;
    const struct handrail_segment *segment = exhausted(address, stack_pointer(context));
    if (segment != NULL) tell(segment, address, context);
  }
  struct sigaction action = *before_of(signal);
  if (action.sa_flags & (int)SA_RESETHAND) *before_of(signal) = (struct sigaction){.sa_handler = SIG_DFL};
  if (action.sa_flags & SA_SIGINFO)
    action.sa_sigaction(signal, information, interrupted);
  else if (action.sa_handler == SIG_DFL || (action.sa_handler == SIG_IGN && !was_sent))
    by_default(signal, was_sent);
  else if (action.sa_handler != SIG_IGN)
    action.sa_handler(signal);
  errno = error;
}

/* Only for what would otherwise have killed the thread in silence; what was there is called afterwards. */
static void install(void) {
  static const int signals[] = {SIGSEGV, SIGBUS};
  for (size_t index = 0; index < sizeof signals / sizeof *signals; index++) {
    int signal = signals[index];
    struct sigaction *old = before_of(signal);
    if (sigaction(signal, NULL, old) != 0) continue;
    struct sigaction ours = {.sa_sigaction = on_fault, .sa_mask = old->sa_mask};
    ours.sa_flags = (old->sa_flags & ~(int)SA_RESETHAND) | SA_SIGINFO | SA_ONSTACK;
    sigaction(signal, &ours, NULL);
  }
}

/* Vector registers may take more than a constant says. */
static size_t signal_stack_size(void) {
  size_t least = getauxval(AT_MINSIGSTKSZ) + (32 << 10), size = signal_stack_least;
  while (size < least) size *= 2;
  return size;
}

void handrail_watch_for_exhaustion(void) {
  /* Where its end would not be heard of, nothing can be given back. */
  if (!handrail_stacks.is_known) return;
  pthread_once(&once, install);
  stack_t present;
  if (handrail_stacks.signal_stack != NULL || sigaltstack(NULL, &present) != 0 || (present.ss_flags & SS_DISABLE) == 0) return;
  size_t size = signal_stack_size();
  int error;
  void *low = handrail_map(size, signal_stack_guard, "handrail signal stack", &error);
  if (low == NULL) return;
  stack_t ours = {.ss_sp = low, .ss_size = size};
  if (sigaltstack(&ours, NULL) != 0) {
    handrail_unmap(low, size, signal_stack_guard);
    return;
  }
  handrail_stacks.signal_stack = low;
  handrail_stacks.signal_stack_size = size;
}

void handrail_end_watch(void) {
  void *low = handrail_stacks.signal_stack;
  if (low == NULL) return;
  handrail_stacks.signal_stack = NULL;
  stack_t present, none = {.ss_flags = SS_DISABLE};
  /* The program may have put its own in its place, or may be on it. */
  if (sigaltstack(NULL, &present) != 0) return;
  if (present.ss_sp == low && sigaltstack(&none, NULL) != 0) return;
  handrail_unmap(low, handrail_stacks.signal_stack_size, signal_stack_guard);
}
