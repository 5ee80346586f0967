/* pthread_create and its kin in the place of libc's: each thread gets an alternate signal stack (stack.h), and the ledger
   hears of it (threads.h). What they return is what libc's return. */

#define _GNU_SOURCE
#include "threads.h"

#include <errno.h>
#include <pthread.h>
#include <threads.h>
#include <time.h>

#include "../common/guard.h"
#include "../common/log.h"
#include "../common/next.h"
#include "../stack/stack.h"
#include "../common/system.h"

/* Before glibc 2.34 these are in libpthread, which a program need not have; the last one is not in every libc. */
extern __typeof__(pthread_attr_init) pthread_attr_init __attribute__((weak));
extern __typeof__(pthread_attr_destroy) pthread_attr_destroy __attribute__((weak));
extern __typeof__(pthread_attr_getstack) pthread_attr_getstack __attribute__((weak));
extern __typeof__(pthread_attr_getstacksize) pthread_attr_getstacksize __attribute__((weak));
extern __typeof__(pthread_attr_setstacksize) pthread_attr_setstacksize __attribute__((weak));
extern __typeof__(pthread_attr_getguardsize) pthread_attr_getguardsize __attribute__((weak));
extern __typeof__(pthread_attr_getdetachstate) pthread_attr_getdetachstate __attribute__((weak));
extern __typeof__(pthread_getattr_default_np) pthread_getattr_default_np __attribute__((weak));

/* They lie with the program's own from the start, so that to read them takes no call. */
#define THREAD_LOCAL static __thread __attribute__((tls_model("initial-exec")))
THREAD_LOCAL struct thread_record *current;
THREAD_LOCAL uintptr_t alternate;

struct thread_record *thread_current(void) { return current; }
uintptr_t thread_alternate(void) { return alternate; }
void thread_set_alternate(uintptr_t start) { alternate = start; }

/* In assembly: calls the routine, and has guard_unwound called if it is left in another way. */
extern void *guard_run(void *routine, void *argument);

/* The thread's routine is over, and the frame in which its alternate stack may lie will be gone. */
static void end_thread(void) {
  struct thread_record *record = current;
  if (record == NULL) return;
  stack_leave_thread(record);
  current = NULL;
  ledger_ended(record);
}

/* The personality routine of guard_run's frame (Itanium C++ ABI: Exception Handling, section 1.6): pthread_exit and
   cancellation unwind a thread of glibc by force. 2 is _UA_CLEANUP_PHASE, 8 _URC_CONTINUE_UNWIND. */
__attribute__((used)) int guard_unwound(int version, int actions, uint64_t class, void *exception, void *context) {
  (void)version, (void)class, (void)exception, (void)context;
  if (actions & 2) end_thread();
  return 8;
}

__attribute__((noinline)) static void *run_on_roomy(struct thread_record *record) {
  /* Not written to: pages of it that no handler needs take no memory. */
  char room[alternate_size] __attribute__((aligned(64)));
  stack_enter_thread(record, (uintptr_t)room, sizeof room);
  void *result = guard_run(record->routine, record->argument);
  /* The room is still there. */
  __asm__ volatile("" : : "r"(room) : "memory");
  end_thread();
  return result;
}

static void *begin(void *argument) {
  struct thread_record *record = argument;
  record->near_top = (uintptr_t)__builtin_frame_address(0);
  record->handle = record->is_listed ? record->handle : (uintptr_t)pthread_self();
  record->tid = (int32_t)system_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
  current = record;
  ledger_begun(record);
  if (record->is_roomy) return run_on_roomy(record);
  stack_enter_thread(record, 0, 0);
  void *result = guard_run(record->routine, record->argument);
  end_thread();
  return result;
}

/* C11's routines return an int, which libc keeps as it keeps a pointer. */
static int begin_c11(void *argument) { return (int)(intptr_t)begin(argument); }

/* A copy of a thread's attributes, with a stack that is larger by an alternate one. Returns 0 where it cannot be: a stack of the
   program's own, or none of these functions. */
static int make_roomy(const pthread_attr_t *attributes, pthread_attr_t *roomy, struct thread_record *record) {
  if (pthread_attr_getstack == NULL || pthread_attr_getstacksize == NULL || pthread_attr_setstacksize == NULL) return 0;
  if (attributes != NULL) {
    void *start;
    size_t size;
    if (pthread_attr_getstack(attributes, &start, &size) == 0 && (uintptr_t)start + size != 0) {
      record->stack_size = size;
      return 0;
    }
    *roomy = *attributes;
  } else if (pthread_getattr_default_np != NULL) {
    if (pthread_getattr_default_np(roomy) != 0) return 0;
  } else if (pthread_attr_init == NULL || pthread_attr_init(roomy) != 0) {
    return 0;
  }
  size_t size = 0;
  if (pthread_attr_getguardsize != NULL) pthread_attr_getguardsize(roomy, &record->guard_size);
  if (pthread_attr_getstacksize(roomy, &size) == 0) record->stack_size = size;
  if (record->stack_size != 0 && stack_wants_room() && size + alternate_size > size &&
      pthread_attr_setstacksize(roomy, size + alternate_size) == 0)
    return 1;
  if (attributes == NULL && pthread_attr_destroy != NULL) pthread_attr_destroy(roomy);
  return 0;
}

EXPORTED int pthread_create(
    pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *), void *argument) {
  __typeof__(&pthread_create) create = next_as(pthread_create);
  if (create == NULL) return EAGAIN;
  if (part_is_off(part_threads) && part_is_off(part_stack)) return create(thread, attributes, routine, argument);
  const void *place = __builtin_return_address(0);
  struct thread_record *record = ledger_open(place);
  if (record == NULL) return create(thread, attributes, routine, argument);
  record->routine = (void *)routine;
  record->argument = argument;
  int is_detached = 0, state = 0;
  if (attributes != NULL && pthread_attr_getdetachstate != NULL && pthread_attr_getdetachstate(attributes, &state) == 0)
    is_detached = state == PTHREAD_CREATE_DETACHED;
  size_t size;
  pthread_attr_t roomy;
  int result = EAGAIN, is_roomy = make_roomy(attributes, &roomy, record);
  size = record->stack_size;
  if (is_roomy) {
    record->is_roomy = 1;
    result = create(thread, &roomy, begin, record);
    if (attributes == NULL && pthread_attr_destroy != NULL) pthread_attr_destroy(&roomy);
  }
  /* What fails with a larger stack may do with the one that was asked for. */
  if (!is_roomy || result == EAGAIN || result == EINVAL || result == ENOMEM) {
    record->is_roomy = 0;
    result = create(thread, attributes, begin, record);
  }
  if (result == 0) {
    ledger_created(record, (uintptr_t)*thread, is_detached);
  } else {
    ledger_failed(record);
    if (!part_is_off(part_threads)) tell_creation_failure(result, place, size);
  }
  return result;
}

EXPORTED int thrd_create(thrd_t *thread, thrd_start_t routine, void *argument) {
  __typeof__(&thrd_create) create = next_as(thrd_create);
  if (create == NULL) return thrd_error;
  if (part_is_off(part_threads) && part_is_off(part_stack)) return create(thread, routine, argument);
  const void *place = __builtin_return_address(0);
  struct thread_record *record = ledger_open(place);
  if (record == NULL) return create(thread, routine, argument);
  record->routine = (void *)routine;
  record->argument = argument;
  record->is_c11 = 1;
  int result = create(thread, begin_c11, record);
  if (result == thrd_success) {
    ledger_created(record, (uintptr_t)*thread, 0);
  } else {
    ledger_failed(record);
    if (!part_is_off(part_threads)) tell_creation_failure(EAGAIN, place, 0);
  }
  return result;
}

static int joined(int result, pthread_t thread, const char *function, const void *place) {
  if (result == 0)
    ledger_joined((uintptr_t)thread, place);
  else if (result != EBUSY && result != ETIMEDOUT && !part_is_off(part_threads))
    tell_join_failure(function, result, place, (uintptr_t)thread);
  return result;
}

EXPORTED int pthread_join(pthread_t thread, void **value) {
  __typeof__(&pthread_join) join = next_as(pthread_join);
  return join == NULL ? ESRCH : joined(join(thread, value), thread, "pthread_join", __builtin_return_address(0));
}

EXPORTED int pthread_tryjoin_np(pthread_t thread, void **value) {
  __typeof__(&pthread_tryjoin_np) join = next_as(pthread_tryjoin_np);
  return join == NULL ? ENOSYS
                      : joined(join(thread, value), thread, "pthread_tryjoin_np", __builtin_return_address(0));
}

EXPORTED int pthread_timedjoin_np(pthread_t thread, void **value, const struct timespec *until) {
  __typeof__(&pthread_timedjoin_np) join = next_as(pthread_timedjoin_np);
  return join == NULL
             ? ENOSYS
             : joined(join(thread, value, until), thread, "pthread_timedjoin_np", __builtin_return_address(0));
}

EXPORTED int pthread_clockjoin_np(pthread_t thread, void **value, clockid_t clock, const struct timespec *until) {
  __typeof__(&pthread_clockjoin_np) join = next_as(pthread_clockjoin_np);
  return join == NULL
             ? ENOSYS
             : joined(join(thread, value, clock, until), thread, "pthread_clockjoin_np", __builtin_return_address(0));
}

static int detached(int result, pthread_t thread, const char *function, const void *place) {
  if (result == 0)
    ledger_detached((uintptr_t)thread, place);
  else if (!part_is_off(part_threads))
    tell_join_failure(function, result, place, (uintptr_t)thread);
  return result;
}

EXPORTED int pthread_detach(pthread_t thread) {
  __typeof__(&pthread_detach) detach = next_as(pthread_detach);
  return detach == NULL ? ESRCH : detached(detach(thread), thread, "pthread_detach", __builtin_return_address(0));
}

/* C11's give one error for all: which one it was nobody knows. */
EXPORTED int thrd_join(thrd_t thread, int *value) {
  __typeof__(&thrd_join) join = next_as(thrd_join);
  if (join == NULL) return thrd_error;
  int result = join(thread, value);
  joined(result == thrd_success ? 0 : EINVAL, (pthread_t)thread, "thrd_join", __builtin_return_address(0));
  return result;
}

EXPORTED int thrd_detach(thrd_t thread) {
  __typeof__(&thrd_detach) detach = next_as(thrd_detach);
  if (detach == NULL) return thrd_error;
  int result = detach(thread);
  detached(result == thrd_success ? 0 : EINVAL, (pthread_t)thread, "thrd_detach", __builtin_return_address(0));
  return result;
}
