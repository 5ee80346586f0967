/* sigaction and its kin for SIGSEGV and SIGBUS: the program sets and sees its own actions; the kernel has ours, with the
   program's mask and flags, so that the program's handler finds what the kernel would have given it. */

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>

#include "../common/guard.h"
#include "../common/lock.h"
#include "../common/log.h"
#include "../common/next.h"
#include "../common/signals.h"
#include "stack.h"
#include "../common/words.h"

extern const char *gnu_get_libc_version(void) __attribute__((weak));

/* In assembly. */
extern void guard_entry(int number, void *information, void *context);
extern void guard_restorer(void) __attribute__((weak));

/* A handler reads them while another thread may write: whoever reads looks at the version before and after. */
static struct {
  uint32_t version;
  struct kernel_action action;
  uint8_t is_left_to_program;
} programs[2];
static struct guard_lock lock;
static long process;
static int is_started;

static int is_ours(int number) { return number == SIGSEGV || number == SIGBUS; }
static int index_of(int number) { return number == SIGBUS; }

int stack_is_started(void) { return is_started; }
int stack_is_own_process(void) { return process == system_call(SYS_getpid, 0, 0, 0, 0, 0, 0); }

struct kernel_action stack_program_action(int number) {
  __typeof__(&programs[0]) program = &programs[index_of(number)];
  for (;;) {
    uint32_t before = __atomic_load_n(&program->version, __ATOMIC_ACQUIRE);
    struct kernel_action action = program->action;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (before % 2 == 0 && before == __atomic_load_n(&program->version, __ATOMIC_RELAXED)) return action;
  }
}

int stack_is_left_to_program(int number) { return programs[index_of(number)].is_left_to_program; }

/* What the kernel is to have for an action of the program's. An ignored signal stays ignored: it may not interrupt anything.
   The default action has all signals blocked, this one among them, until the handler returns. */
static struct kernel_action ours(const struct kernel_action *program) {
  if (program->handler == handler_ignore) return *program;
  struct kernel_action action = {
      (uintptr_t)guard_entry, KERNEL_SA_SIGINFO | KERNEL_SA_ONSTACK | KERNEL_SA_RESTART, 0, ~(uint64_t)0};
  if (program->handler != handler_default) {
    action.flags = KERNEL_SA_SIGINFO | KERNEL_SA_ONSTACK |
                   (program->flags & (KERNEL_SA_RESTART | KERNEL_SA_NODEFER | KERNEL_SA_EXPOSE_TAGBITS));
    action.mask = program->mask;
  }
#if defined(__x86_64__)
  action.flags |= KERNEL_SA_RESTORER;
  action.restorer = (uintptr_t)guard_restorer;
#endif
  return action;
}

/* HotSpot makes guard zones of its own within its threads' stacks, and exceptions of their faults. */
static int leaves_to_itself(uintptr_t handler) {
  static const char jvm[] = "/libjvm.so";
  struct region here, above;
  uintptr_t below;
  if (handler <= handler_ignore || !maps_find(handler, &here, &above, &below) || here.end == 0) return 0;
  size_t length = word_length(here.name);
  return length >= sizeof jvm - 1 && words_equal(here.name + length - (sizeof jvm - 1), jvm);
}

static void set_program(int number, const struct kernel_action *action, int is_left) {
  __typeof__(&programs[0]) program = &programs[index_of(number)];
  __atomic_store_n(&program->version, program->version + 1, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_RELEASE);
  program->action = *action;
  program->is_left_to_program = (uint8_t)is_left;
  __atomic_store_n(&program->version, program->version + 1, __ATOMIC_RELEASE);
}

/* As the program would see it: ours stands for its own. Code that goes past us (a raw system call, libc's own calls) may have
   put another in our place. */
static struct kernel_action seen(int number, const struct kernel_action *kernels) {
  return kernels->handler == (uintptr_t)guard_entry ? stack_program_action(number) : *kernels;
}

/* The kernel keeps the flags and the mask (kernel/signal.c, get_signal). */
void stack_reset_action(int number) {
  struct kernel_action action = stack_program_action(number);
  action.handler = handler_default;
  if (stack_is_own_process()) {
    uint64_t mask = signals_block();
    lock_take(&lock);
    set_program(number, &action, 0);
    struct kernel_action kernels = ours(&action);
    kernel_sigaction(number, &kernels, NULL);
    lock_give(&lock);
    signals_restore(mask);
  } else {
    kernel_sigaction(number, &action, NULL);
  }
}

static void change(int number, const struct kernel_action *new, struct kernel_action *old) {
  /* In the child of a vfork the actions are its own, but what we remember is its parent's: it is left alone. */
  if (!stack_is_own_process()) {
    struct kernel_action kernels;
    kernel_sigaction(number, new, &kernels);
    *old = seen(number, &kernels);
    return;
  }
  int is_left = new != NULL && leaves_to_itself(new->handler);
  uint64_t mask = signals_block();
  lock_take(&lock);
  struct kernel_action kernels;
  kernel_sigaction(number, NULL, &kernels);
  *old = seen(number, &kernels);
  if (new != NULL) {
    /* Our own comes back from code that asked the kernel, or libc's own functions: the program's is still what it was. */
    if (new->handler != (uintptr_t)guard_entry) set_program(number, new, is_left);
    struct kernel_action action = stack_program_action(number);
    kernels = ours(&action);
    kernel_sigaction(number, &kernels, NULL);
  }
  lock_give(&lock);
  signals_restore(mask);
}

static const unsigned known_flags = 0x1 | 0x2 | KERNEL_SA_SIGINFO | KERNEL_SA_EXPOSE_TAGBITS | KERNEL_SA_RESTORER |
                                    KERNEL_SA_ONSTACK | KERNEL_SA_RESTART | KERNEL_SA_NODEFER | KERNEL_SA_RESETHAND;

static int acts(int number) { return is_started && is_ours(number); }

EXPORTED int sigaction(int number, const struct sigaction *restrict new, struct sigaction *restrict old) {
  if (!acts(number)) {
    __typeof__(&sigaction) libcs = next_as(sigaction);
    if (libcs != NULL) return libcs(number, new, old);
    errno = ENOSYS;
    return -1;
  }
  struct kernel_action wanted, before;
  if (new != NULL) {
    wanted.handler = (uintptr_t)new->sa_handler;
    wanted.flags = (unsigned)new->sa_flags & known_flags;
    wanted.restorer = (uintptr_t)new->sa_restorer;
    wanted.mask = *(const uint64_t *)&new->sa_mask & ~((uint64_t)1 << (SIGKILL - 1) | (uint64_t)1 << (SIGSTOP - 1));
#if defined(__x86_64__)
    wanted.flags |= KERNEL_SA_RESTORER;
    wanted.restorer = (uintptr_t)guard_restorer;
#endif
  }
  change(number, new == NULL ? NULL : &wanted, &before);
  if (old != NULL) {
    old->sa_handler = (__sighandler_t)before.handler;
    old->sa_flags = (int)before.flags;
    old->sa_restorer = (void (*)(void))before.restorer;
    *(uint64_t *)&old->sa_mask = before.mask;
  }
  return 0;
}

static __sighandler_t simply(int number, __sighandler_t handler, int flags, int blocks_itself) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags}, before = {.sa_flags = 0};
  if (blocks_itself) *(uint64_t *)&action.sa_mask = (uint64_t)1 << (number - 1);
  return sigaction(number, &action, &before) == 0 ? before.sa_handler : SIG_ERR;
}

static __sighandler_t libcs_signal(enum next_function name, int number, __sighandler_t handler) {
  __typeof__(&signal) libcs = (__typeof__(&signal))next(name);
  if (libcs != NULL) return libcs(number, handler);
  errno = ENOSYS;
  return SIG_ERR;
}

/* As BSD has it: the handler stays, system calls are restarted. glibc blocks the signal by its mask as well. */
EXPORTED __sighandler_t signal(int number, __sighandler_t handler) {
  if (!acts(number) || handler == SIG_ERR) return libcs_signal(next_signal, number, handler);
  return simply(number, handler, SA_RESTART, gnu_get_libc_version != NULL);
}

EXPORTED __sighandler_t bsd_signal(int number, __sighandler_t handler) { return signal(number, handler); }
EXPORTED __sighandler_t ssignal(int number, __sighandler_t handler) { return signal(number, handler); }

/* As System V has it: the handler runs once, and is not blocked meanwhile. 0x20000000 is the kernel's old SA_INTERRUPT,
   which does nothing. */
EXPORTED __sighandler_t __sysv_signal(int number, __sighandler_t handler) {
  if (!acts(number) || handler == SIG_ERR) return libcs_signal(next_sysv_signal, number, handler);
  return simply(number, handler, (int)(SA_RESETHAND | SA_NODEFER), 0);
}

EXPORTED __sighandler_t sysv_signal(int number, __sighandler_t handler) { return __sysv_signal(number, handler); }

void stack_start_actions(void) {
  static const int numbers[] = {SIGSEGV, SIGBUS};
  process = system_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
  for (int index = 0; index < 2; index++) {
    struct kernel_action present;
    if (kernel_sigaction(numbers[index], NULL, &present) != 0) return;
    set_program(numbers[index], &present, leaves_to_itself(present.handler));
  }
  is_started = 1;
  for (int index = 0; index < 2; index++) {
    struct kernel_action present = stack_program_action(numbers[index]);
    struct kernel_action action = ours(&present);
    kernel_sigaction(numbers[index], &action, NULL);
  }
}

static uint64_t mask_before_fork;

void actions_before_fork(void) {
  uint64_t mask = signals_block();
  lock_take(&lock);
  mask_before_fork = mask;
}

void actions_after_fork(void) {
  lock_give(&lock);
  signals_restore(mask_before_fork);
}

void actions_in_child(void) {
  process = system_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
  actions_after_fork();
}
