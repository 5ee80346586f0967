/* Threads of libc's that somebody always joins: whoever waits for one, or the next that begins or ends. So those that ended
   keep neither memory nor mappings, however many there are, and may still be joined. */
#define _GNU_SOURCE
#include "threads.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "../../Guard/common/lock.h"

static struct guard_lock lock;
static struct handrail_thread *ended;
static unsigned process;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void release(struct handrail_thread *thread) {
  if (__atomic_sub_fetch(&thread->references, 1, __ATOMIC_ACQ_REL) == 0) free(thread);
}

static void before_fork(void) { lock_take(&lock); }
static void after_fork(void) { lock_give(&lock); }

/* There is but one thread: those that ended need not be joined, others will never end. */
static void in_child(void) {
  process++;
  ended = NULL;
  struct handrail_thread *self = handrail_current;
  if (self != NULL) {
    self->process = process;
    self->id = (int)system_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
    self->waits_for = NULL;
  }
  lock_give(&lock);
}

static void prepare(void) { pthread_atfork(before_fork, after_fork, in_child); }

/* Joins those that ended and have left libc as well. With the lock held; waits for nobody. */
static void reap(void) {
  for (struct handrail_thread **link = &ended; *link != NULL;) {
    struct handrail_thread *thread = *link;
    if (pthread_tryjoin_np(thread->handle, NULL) != 0) {
      link = &thread->next_ended;
      continue;
    }
    *link = thread->next_ended;
    thread->is_listed = 0;
    release(thread);
  }
}

/* Takes one off the list of those that nobody has joined yet. */
static int take(struct handrail_thread *thread) {
  if (!thread->is_listed) return 0;
  struct handrail_thread **link = &ended;
  while (*link != thread) link = &(*link)->next_ended;
  *link = thread->next_ended;
  thread->is_listed = 0;
  return 1;
}

static void end(struct handrail_thread *self) {
  lock_take(&lock);
  self->is_ending = 1;
  reap();
  self->next_ended = ended;
  ended = self;
  self->is_listed = 1;
  lock_give(&lock);
  handrail_current = NULL;
  __atomic_store_n(&self->has_ended, 1, __ATOMIC_RELEASE);
  system_call(SYS_futex, (long)&self->has_ended, 129 /* FUTEX_WAKE_PRIVATE */, 0x7fffffff, 0, 0, 0);
  /* The list has the reference that was this thread's. */
}

static void *run(void *argument) {
  struct handrail_thread *self = argument;
  if (self->has_name) prctl(PR_SET_NAME, (unsigned long)self->name, 0, 0, 0);
  lock_take(&lock);
  self->handle = pthread_self();
  self->id = (int)system_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
  lock_give(&lock);
  handrail_current = self;
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, handrail_cancellation_signal());
  pthread_sigmask(SIG_UNBLOCK, &only, NULL);
  self->body(self->context);
  self->release(self->context);
  end(self);
  return NULL;
}

static int start(struct handrail_thread *thread, size_t stack_size) {
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error != 0) return error;
  if (stack_size != 0) error = pthread_attr_setstacksize(&attributes, stack_size);
  pthread_t handle;
  for (int tries = 0; error == 0 && tries < 2; tries++) {
    error = pthread_create(&handle, &attributes, run, thread);
    if (error != EAGAIN) break;
    lock_take(&lock);
    reap();
    lock_give(&lock);
    if (tries == 0) error = 0;
  }
  pthread_attr_destroy(&attributes);
  return error;
}

int handrail_thread_create(struct handrail_thread **made, size_t stack_size, const char *name, void (*body)(void *),
                           void (*released)(void *), void *context) {
  pthread_once(&once, prepare);
  int error = handrail_prepare_cancellation();
  struct handrail_thread *thread = error == 0 ? calloc(1, sizeof *thread) : NULL;
  if (error == 0 && thread == NULL) error = ENOMEM;
  if (error == 0) {
    *thread = (struct handrail_thread){.references = 2, .body = body, .release = released, .context = context};
    if (name != NULL) {
      strncpy(thread->name, name, sizeof thread->name - 1);
      thread->has_name = 1;
    }
    lock_take(&lock);
    thread->process = process;
    reap();
    lock_give(&lock);
    error = start(thread, stack_size);
  }
  if (error != 0) {
    free(thread);
    released(context);
    return error;
  }
  *made = thread;
  return 0;
}

struct handrail_thread *handrail_thread_current(void) { return handrail_current; }

/* Whether it can be joined; with the lock held. */
static int check(const struct handrail_thread *thread) {
  if (thread->process != process) return ESRCH;
  if (thread->joining == joining_given_up) return ENOTSUP;
  return thread->joining == joining_possible ? 0 : EINVAL;
}

static int begin_join(struct handrail_thread *thread, struct handrail_thread *self) {
  for (struct handrail_thread *next = thread; self != NULL && next != NULL; next = next->waits_for)
    if (next == self) return EDEADLK;
  int error = check(thread);
  if (error != 0) return error;
  thread->joining = joining_now;
  if (self != NULL) self->waits_for = thread;
  return 0;
}

static int wait_for_end(struct handrail_thread *thread) {
  if (handrail_cancellation_point() == HANDRAIL_CANCELLED) return HANDRAIL_CANCELLED;
  while (!__atomic_load_n(&thread->has_ended, __ATOMIC_ACQUIRE))
    if (handrail_call(SYS_futex, (long)&thread->has_ended, 128 /* FUTEX_WAIT_PRIVATE */, 0, 0, 0, 0) == HANDRAIL_CANCELLED)
      return HANDRAIL_CANCELLED;
  return 0;
}

int handrail_thread_join(struct handrail_thread *thread) {
  struct handrail_thread *self = handrail_current;
  lock_take(&lock);
  int error = begin_join(thread, self);
  lock_give(&lock);
  if (error != 0) return error;
  error = wait_for_end(thread);
  lock_take(&lock);
  if (self != NULL) self->waits_for = NULL;
  thread->joining = error == 0 ? joining_done : joining_possible;
  int is_ours = error == 0 && take(thread);
  lock_give(&lock);
  if (is_ours) {
    pthread_join(thread->handle, NULL);
    release(thread);
  }
  return error;
}

int handrail_thread_detach(struct handrail_thread *thread) {
  lock_take(&lock);
  int error = check(thread);
  if (error == 0) thread->joining = joining_given_up;
  lock_give(&lock);
  return error;
}

/* How often the signal is tried, a millisecond apart. */
enum { most_tries = 1000 };

static void wait_a_moment(void) {
  struct timespec moment = {0, 1000000};
  system_call(SYS_nanosleep, (long)&moment, 0, 0, 0, 0, 0);
}

bool handrail_thread_cancel(struct handrail_thread *thread) {
  bool lives = true;
  for (int tries = 0; tries < most_tries; tries++) {
    long result = 0;
    lock_take(&lock);
    bool may_be_told = !thread->is_ending && thread->process == process;
    bool is_first = may_be_told && !__atomic_exchange_n(&thread->is_cancelled, 1, __ATOMIC_SEQ_CST);
    /* Before it runs it has no number, and will see the word. The lock keeps it from ending, and its number its own. */
    if (may_be_told && (is_first || tries > 0) && thread->id != 0)
      result = system_call(SYS_tgkill, system_call(SYS_getpid, 0, 0, 0, 0, 0, 0), thread->id, handrail_cancellation_signal(),
                           0, 0, 0);
    lock_give(&lock);
    if (tries == 0) lives = may_be_told;
    /* All signals that this user may have waiting are (RLIMIT_SIGPENDING): somebody's may be taken soon. */
    if (result != -EAGAIN || __atomic_load_n(&thread->has_acted, __ATOMIC_RELAXED)) break;
    wait_a_moment();
  }
  return lives;
}

bool handrail_thread_has_ended(struct handrail_thread *thread) {
  return __atomic_load_n(&thread->has_ended, __ATOMIC_ACQUIRE) != 0;
}

bool handrail_thread_was_cancelled(struct handrail_thread *thread) {
  return __atomic_load_n(&thread->has_acted, __ATOMIC_RELAXED) != 0;
}

int handrail_thread_id(struct handrail_thread *thread) {
  lock_take(&lock);
  int id = thread->id;
  lock_give(&lock);
  return id;
}

void handrail_thread_release(struct handrail_thread *thread) {
  lock_take(&lock);
  if (thread->joining == joining_possible) thread->joining = joining_given_up;
  lock_give(&lock);
  release(thread);
}
