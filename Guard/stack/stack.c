/* The signal itself, and alternate signal stacks. */

#define _GNU_SOURCE
#include "stack.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <ucontext.h>

#include "../common/guard.h"
#include "../common/lock.h"
#include "../common/log.h"
#include "../common/next.h"
#include "../common/system.h"
#include "../threads/threads.h"
#include "../common/words.h"

static unsigned long exhausted;
static uint64_t told_place;
static int64_t told_second;

/* Where the program's handler is to be entered; in assembly they are three words. */
struct landing {
  uintptr_t sp;
  void *information;
  void *context;
#if defined(__aarch64__)
  uintptr_t frame_record;
#endif
};

int stack_wants_room(void) { return stack_is_started(); }

/* Alternate stacks of threads whose own stack has no room for one: each with a page below that nobody may touch. They are
   kept for the next. There are so many and no more: each takes two mappings, of which a process has 65,530. */
enum { most_mapped = 2048 };
static struct guard_lock lock;
static uintptr_t spare; /* A list, by their first words. */
static unsigned mapped;

static uintptr_t take_mapped(void) {
  uint64_t mask = signals_block();
  lock_take(&lock);
  uintptr_t result = spare;
  if (result != 0) {
    spare = *(uintptr_t *)result;
  } else if (mapped < most_mapped) {
    void *pages = system_pages(4096 + alternate_size);
    if (pages != NULL) {
      mapped++;
      result = (uintptr_t)pages + 4096;
      system_call(SYS_mprotect, (long)pages, 4096, 0, 0, 0, 0);
    }
  }
  lock_give(&lock);
  signals_restore(mask);
  return result;
}

static void give_mapped(uintptr_t start) {
  uint64_t mask = signals_block();
  lock_take(&lock);
  *(uintptr_t *)start = spare;
  spare = start;
  lock_give(&lock);
  signals_restore(mask);
}

static int set_alternate(uintptr_t start, size_t size) {
  struct kernel_stack stack = {start, start == 0 ? KERNEL_SS_DISABLE : 0, size};
  return kernel_sigaltstack(&stack, NULL) == 0;
}

static int is_set(const struct kernel_stack *stack) { return !(stack->flags & KERNEL_SS_DISABLE); }

void stack_enter_thread(struct thread_record *record, uintptr_t room, size_t size) {
  if (!stack_is_started()) return;
  if (room == 0) room = take_mapped(), size = alternate_size;
  /* It has none: a thread begins without, and only wrappers of pthread_create before ours may have given it one. */
  struct kernel_stack present, own = {room, 0, size};
  if (room == 0 || kernel_sigaltstack(&own, &present) != 0) return;
  record->alternate = room;
  record->alternate_size = size;
  thread_set_alternate(room);
  if (is_set(&present)) kernel_sigaltstack(&present, NULL);
}

void stack_leave_thread(struct thread_record *record) {
  uintptr_t start = record->alternate;
  if (start == 0) return;
  struct kernel_stack present = {0, 0, 0}, none = {0, KERNEL_SS_DISABLE, 0};
  record->alternate = 0;
  thread_set_alternate(0);
  /* One that is in use cannot be taken away: a handler on it has ended its thread. */
  if (kernel_sigaltstack(&none, &present) != 0) return;
  if (is_set(&present) && present.start != start) kernel_sigaltstack(&present, NULL);
  if (!record->is_roomy) give_mapped(start);
}

/* The program sees its own alternate stack: none, where it has ours. */
EXPORTED int sigaltstack(const stack_t *restrict new, stack_t *restrict old) {
  uintptr_t ours = thread_alternate();
  struct kernel_stack present;
  __typeof__(&sigaltstack) libcs = next_as(sigaltstack);
  if (libcs == NULL) {
    errno = ENOSYS;
    return -1;
  }
  if (ours == 0 || kernel_sigaltstack(NULL, &present) != 0) return libcs(new, old);
  int has_ours = is_set(&present) && present.start == ours;
  if (new != NULL) {
    /* Ours in the place of none; with everything else the kernel does what it does. */
    stack_t instead = *new;
    if ((new->ss_flags & ~(int)0x80000000) == SS_DISABLE) {
      const struct thread_record *record = thread_current();
      instead.ss_sp = (void *)ours;
      instead.ss_size = record != NULL && record->alternate == ours ? record->alternate_size : alternate_size;
      instead.ss_flags = 0;
    }
    int result = libcs(&instead, old);
    if (result != 0) return result;
  } else if (old != NULL) {
    int result = libcs(NULL, old);
    if (result != 0) return result;
  }
  if (old != NULL && has_ours) {
    old->ss_sp = NULL;
    old->ss_size = 0;
    old->ss_flags = SS_DISABLE;
  }
  return 0;
}

static struct fault fault_of(const siginfo_t *information, const ucontext_t *context) {
  struct fault fault;
  fault.address = (uintptr_t)information->si_addr;
#if defined(__x86_64__)
  fault.pc = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
  fault.sp = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
  fault.frame_pointer = (uintptr_t)context->uc_mcontext.gregs[REG_RBP];
  /* A signal that could not be delivered: not a general protection fault (13) or one of a segment (10 to 12), which have no
     address either. */
  long trap = (long)context->uc_mcontext.gregs[REG_TRAPNO];
  fault.is_undeliverable = information->si_code == SI_KERNEL && fault.address == 0 && (trap < 10 || trap > 13);
#else
  fault.pc = context->uc_mcontext.pc;
  fault.sp = context->uc_mcontext.sp;
  fault.frame_pointer = context->uc_mcontext.regs[29];
  fault.is_undeliverable = information->si_code == SI_KERNEL && fault.address == 0;
#endif
  fault.alternate.start = (uintptr_t)context->uc_stack.ss_sp;
  fault.alternate.flags = context->uc_stack.ss_flags;
  fault.alternate.size = context->uc_stack.ss_size;
  return fault;
}

static void log_size(struct log_line *line, size_t bytes) {
  if (bytes >= 10240 && bytes % 1024 == 0) {
    log_number(line, bytes / 1024);
    log_text(line, " KiB");
  } else {
    log_number(line, bytes);
    log_text(line, bytes == 1 ? " byte" : " bytes");
  }
}

static void tell(const struct fault *fault, const struct exhaustion *what) {
  char name[17] = "";
  struct log_line line;
  system_call(SYS_prctl, 16 /* PR_GET_NAME */, (long)name, 0, 0, 0, 0);
  log_begin(&line);
  log_text(&line, "stack: thread \"");
  log_text(&line, name);
  log_text(&line, "\" (");
  log_number(&line, (unsigned long)system_call(SYS_gettid, 0, 0, 0, 0, 0, 0));
  log_text(&line, ") has used up ");
  switch (what->kind) {
    case stack_main: log_text(&line, "the main thread's stack ("); break;
    case stack_thread: log_text(&line, "its stack ("); break;
    case stack_alternate: log_text(&line, "its alternate signal stack ("); break;
    default: log_text(&line, "a stack of the program's own (its mapping has "); break;
  }
  log_size(&line, what->kind == stack_thread && what->limit != 0 ? what->limit : what->end - what->start);
  if (what->kind == stack_main && what->limit != 0) {
    log_text(&line, ", its limit RLIMIT_STACK");
  }
  if (what->name[0] != 0) {
    log_text(&line, ", ");
    log_text(&line, what->name);
  }
  log_text(&line, "): ");
  if (fault->is_undeliverable) {
    log_text(&line, "a signal came for which ");
    log_size(&line, what->left);
    log_text(&line, " were left, at ");
    log_code(&line, fault->pc);
  } else {
    log_text(&line, "the frame of ");
    log_code(&line, fault->pc);
    if (what->wanted != 0) {
      log_text(&line, " does not fit: it takes ");
      log_size(&line, what->wanted);
      log_text(&line, ", and ");
      log_size(&line, what->left);
      log_text(&line, " were left");
    } else {
      log_text(&line, " goes ");
      log_size(&line, what->beyond);
      log_text(&line, " beyond its end");
    }
  }
  log_end(&line);
}

/* A program that goes on may do so for ever; before a death it is always told. */
static int is_worth_telling(unsigned long before, int is_last) {
  enum { always = 20 };
  return is_last || before < always || log_may_tell();
}

/* Whether the same fault was told in the last two seconds: a handler that knows nothing of this stack restores the default and
   returns, and the instruction faults once more. */
static int is_same_again(const struct fault *fault) {
  struct timespec now = {0, 0};
  system_call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0, 0, 0, 0);
  uint64_t place = (uint64_t)system_call(SYS_gettid, 0, 0, 0, 0, 0, 0) << 32 ^ fault->pc ^ fault->address * 0x9e3779b97f4a7c15u;
  uint64_t former_place = __atomic_exchange_n(&told_place, place, __ATOMIC_RELAXED);
  int64_t former_second = __atomic_exchange_n(&told_second, (int64_t)now.tv_sec, __ATOMIC_RELAXED);
  return place == former_place && now.tv_sec - former_second < 2;
}

static void examine(const struct fault *fault, int is_last) {
  struct instruction_facts facts;
  if (!fault_may_be_exhaustion(fault, &facts)) return;
  struct exhaustion what = exhaustion_of(fault, &facts);
  if (what.kind == stack_none) return;
  if (is_same_again(fault) && is_last) return;
  if (is_worth_telling(__atomic_fetch_add(&exhausted, 1, __ATOMIC_RELAXED), is_last)) tell(fault, &what);
}

/* The default action, with the registers as they were: the instruction that faulted will fault again when the handler returns. A
   signal that no instruction brought about is sent again; it is blocked until then. */
static void die(int number, siginfo_t *information) {
  static const struct kernel_action none;
  long process = system_call(SYS_getpid, 0, 0, 0, 0, 0, 0), thread = system_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
  /* The first process of a container does not die of a signal that was sent to it. */
  if (process == 1 && information->si_code <= 0) return;
  kernel_sigaction(number, &none, NULL);
  /* SEGV_MAPERR and SEGV_ACCERR; BUS_ADRALN, BUS_ADRERR and BUS_OBJERR. */
  if (information->si_code > 0 && information->si_code <= (number == SIGSEGV ? 2 : 3)) return;
  if (system_failed(system_call(SYS_rt_tgsigqueueinfo, process, thread, number, (long)information, 0, 0)) &&
      information->si_code <= 0)
    system_call(SYS_tgkill, process, thread, number, 0, 0, 0);
}

/* Whether a stack may be written down to a place, and 8 KiB further for the handler's own frames. From above, and no page beyond
   the first that may not: behind a guard lies somebody else's. */
static int has_room(uintptr_t place, uintptr_t top) {
  if (place < 65536 || top < place) return 0;
  for (uintptr_t page = (top - 16) & ~(uintptr_t)4095;; page -= 4096) {
    if (!is_writable(page)) return 0;
    if (page <= place - 8192) return 1;
  }
}

#if defined(__x86_64__)

/* struct rt_sigframe (arch/x86/include/asm/sigframe.h): the return address, the context (304 bytes), the information; the
   floating point state lies above, where the context says. */
enum { context_size = 304, information_size = 128, frame_size = 8 + context_size + information_size };

static size_t state_size(const char *state) {
  /* struct _fpx_sw_bytes at 464: magic1, extended_size. */
  uint32_t magic = *(const uint32_t *)(state + 464), size = *(const uint32_t *)(state + 468);
  return magic == 0x46505853 && size >= 512 && size <= 65536 ? size : 512;
}

/* Copies the frame to where the kernel would have written it without an alternate stack. Returns 0 where there is no room. */
static int move_frame(const ucontext_t *context, const siginfo_t *information, struct landing *landing) {
  if ((uintptr_t)information != (uintptr_t)context + context_size || landing->sp + 8 != (uintptr_t)context) return 0;
  const char *state = (const char *)context->uc_mcontext.fpregs;
  size_t size = state == NULL ? 0 : state_size(state);
  uintptr_t top = (uintptr_t)context->uc_mcontext.gregs[REG_RSP] - 128;
  uintptr_t new_state = (top - size) & ~(uintptr_t)63;
  uintptr_t place = ((new_state - frame_size + 8) & ~(uintptr_t)15) - 8;
  if (!has_room(place, top)) return 0;
  copy_bytes((char *)place, (const char *)landing->sp, frame_size);
  copy_bytes((char *)new_state, state, size);
  ucontext_t *copy = (ucontext_t *)(place + 8);
  if (size != 0) copy->uc_mcontext.fpregs = (fpregset_t)new_state;
  *landing = (struct landing){place, (void *)(place + 8 + context_size), copy};
  return 1;
}

#else

/* struct rt_sigframe_user_layout (arch/arm64/kernel/signal.c): the information, the context with 4 KiB of records, and behind it
   a frame record. Larger vector registers lie elsewhere: such a frame stays where it is. */
enum { information_size = 128, records_offset = 128 + 464 - 128 };

static int move_frame(const ucontext_t *context, const siginfo_t *information, struct landing *landing) {
  if ((uintptr_t)context != (uintptr_t)information + information_size) return 0;
  const char *record = (const char *)context->uc_mcontext.__reserved;
  const char *end = record + sizeof context->uc_mcontext.__reserved;
  while (end - record >= 8) {
    uint32_t magic = *(const uint32_t *)record, size = *(const uint32_t *)(record + 4);
    if (magic == 0 && size == 0) break;
    if (magic == 0x45585401 /* EXTRA_MAGIC */ || size < 8 || size > (size_t)(end - record)) return 0;
    record += size;
  }
  uintptr_t from = (uintptr_t)information, to = landing->frame_record + 16;
  if (to <= from || to - from > 16384) return 0;
  uintptr_t place = (context->uc_mcontext.sp - (to - from)) & ~(uintptr_t)15;
  if (!has_room(place, context->uc_mcontext.sp)) return 0;
  copy_bytes((char *)place, (const char *)from, to - from);
  *landing = (struct landing){
      place, (void *)place, (void *)(place + information_size), place + (landing->frame_record - from)};
  return 1;
}

#endif

/* Where the program's handler belongs: one that did not ask for an alternate stack, on the stack that was interrupted, where the
   kernel would have put it. Where that has no room it runs all the same. One that did ask stays on ours, if the program has
   none of its own: Go's runtime takes ours for its own, since it asks the kernel. The JVM's needs more than ours has when
   it writes its report. */
static void choose_stack(const struct kernel_action *program, int is_left, const struct fault *fault, struct landing *landing) {
  const struct kernel_stack *alternate = &fault->alternate;
  int is_ours = alternate->start == thread_alternate() && thread_alternate() != 0;
  if (!is_set(alternate) || ((program->flags & KERNEL_SA_ONSTACK) && !(is_ours && is_left))) return;
  /* It was on the alternate stack already. */
  if (fault->sp - alternate->start < alternate->size) return;
  move_frame(landing->context, landing->information, landing);
}

/* Called by guard_entry. Returns the program's handler, or null where there is nothing more to do. */
__attribute__((used)) uintptr_t
guard_signal(int number, siginfo_t *information, ucontext_t *context, struct landing *landing) {
  struct kernel_action program = stack_program_action(number);
  struct fault fault = fault_of(information, context);
  /* What the kernel sends has a positive code; with others there is no address. */
  int is_left = stack_is_left_to_program(number);
  if (information->si_code > 0 && !is_left) examine(&fault, program.handler == handler_default);
  if (program.handler == handler_default) {
    die(number, information);
    return 0;
  }
  if (program.handler == handler_ignore) return 0;
  if (program.flags & KERNEL_SA_RESETHAND) stack_reset_action(number);
  choose_stack(&program, is_left, &fault, landing);
  return program.handler;
}

void stack_start(void) {
  if (part_is_off(part_stack)) return;
  struct kernel_stack present = {0, 0, 0};
  if (kernel_sigaltstack(NULL, &present) != 0) return;
  if (!is_set(&present)) {
    uintptr_t start = take_mapped();
    if (start == 0 || !set_alternate(start, alternate_size)) return;
    thread_set_alternate(start);
  }
  /* Handlers call these: they are looked for while there is none. */
  next(next_sigaltstack);
  next(next_sigaction);
  next(next_signal);
  stack_start_actions();
}

/* Signals are blocked from the first to the last of these. */
void stack_before_fork(void) {
  actions_before_fork();
  lock_take(&lock);
}

void stack_after_fork(void) {
  lock_give(&lock);
  actions_after_fork();
}

void stack_in_child(void) {
  exhausted = 0;
  lock_give(&lock);
  actions_in_child();
}

void stack_summary(void) {
  if (exhausted == 0 || !log_wants_summary(1)) return;
  struct log_line line;
  log_begin(&line);
  log_text(&line, "stack: ");
  log_number(&line, exhausted);
  log_text(&line, exhausted == 1 ? " stack was used up" : " stacks were used up");
  log_end(&line);
}
