// Programs that hang, one a MODE, and near misses that do not hang for the reason that they look like. Each prints a
// line when its threads stand where they are to be, and waits to be dumped; or, with "quit" as second argument, sends
// itself SIGQUIT then. Children of fork are ended by their parents.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../until_asleep.h"

static pthread_mutex_t accounts = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t journal = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t index_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t cache = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static sem_t tickets;
static pthread_barrier_t start;
static int ready;
static int quits;

// What is printed before everybody sleeps would be dumped before.
static void announce(void) {
  until_all_asleep();
  if (quits) kill(getpid(), SIGQUIT);
  puts("ready");
  fflush(stdout);
}

static void *announcer(void *unused) {
  announce();
  for (;;) pause();
  return unused;
}

static pthread_t spawn(void *(*function)(void *), void *argument) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, function, argument) != 0) exit(3);
  return thread;
}

static struct timespec in_an_hour(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  time.tv_sec += 3600;
  return time;
}

static void make(pthread_mutex_t *mutex, int type, int robust, int protocol) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, type);
  if (robust) pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  if (protocol != PTHREAD_PRIO_NONE) pthread_mutexattr_setprotocol(&attributes, protocol);
  pthread_mutex_init(mutex, &attributes);
}

__attribute__((noinline)) static void take(pthread_mutex_t *mutex) {
  pthread_mutex_lock(mutex);
  __asm__ volatile("");
}

// Two and three threads, each with one lock, wanting the next one's.
static void *journal_first(void *unused) {
  pthread_mutex_lock(&journal);
  when_held_by(2);
  pthread_mutex_lock(&accounts);
  return unused;
}

static void *accounts_first(void *unused) {
  pthread_mutex_lock(&accounts);
  when_held_by(2);
  pthread_mutex_lock(&journal);
  return unused;
}

static void *chain(void *which) {
  pthread_mutex_t *locks[] = {&accounts, &journal, &index_lock};
  long first = (long)which;
  take(locks[first]);
  when_held_by(3);
  take(locks[(first + 1) % 3]);
  return NULL;
}

static void *needs_accounts(void *unused) {
  pthread_mutex_lock(&accounts);
  pthread_mutex_unlock(&accounts);
  return unused;
}

static void *table_then_cache(void *unused) {
  pthread_rwlock_wrlock(&table);
  when_held_by(2);
  pthread_rwlock_wrlock(&cache);
  return unused;
}

static void *cache_then_table(void *unused) {
  pthread_rwlock_wrlock(&cache);
  when_held_by(2);
  pthread_rwlock_rdlock(&table);
  return unused;
}

static void *leaves_locked(void *unused) {
  pthread_mutex_lock(&accounts);
  step();
  return unused;
}

static void *consumes(void *unused) {
  pthread_mutex_lock(&journal);
  while (!ready) pthread_cond_wait(&changed, &journal);
  return unused;
}

static void *takes_ticket(void *unused) {
  sem_wait(&tickets);
  return unused;
}

static void *holds_and_reads(void *pipe_end) {
  char byte;
  pthread_mutex_lock(&accounts);
  step();
  return read(*(int *)pipe_end, &byte, 1) < 0 ? NULL : pipe_end;
}

static void *holds_and_runs(void *unused) {
  volatile unsigned long count = 0;
  pthread_mutex_lock(&accounts);
  step();
  for (;;) count++;
  return unused;
}

static void *holds_and_sleeps(void *unused) {
  pthread_mutex_lock(&accounts);
  step();
  sleep(3600);
  return unused;
}

static void *tries(void *unused) {
  struct timespec pause = {0, 1000000};
  pthread_mutex_lock(&journal);
  step();
  while (pthread_mutex_trylock(&accounts) != 0) nanosleep(&pause, NULL);
  return unused;
}

static void *timed_journal_first(void *unused) {
  struct timespec limit = in_an_hour();
  pthread_mutex_lock(&journal);
  when_held_by(2);
  pthread_mutex_timedlock(&accounts, &limit);
  return unused;
}

static void *sleeps(void *unused) {
  sleep(3600);
  return unused;
}

static void *meets(void *unused) {
  pthread_barrier_wait(&start);
  return unused;
}

// Ends behind the back of libc: nobody is woken, and the thread's record stays as it is.
static void *vanishes(void *unused) {
  syscall(SYS_set_tid_address, NULL);
  syscall(SYS_exit, 0);
  return unused;
}

static void *joins(void *thread) {
  pthread_join(*(pthread_t *)thread, NULL);
  return NULL;
}

// Gives back what another thread took: a mutex that is used for a signal.
static void *opens_later(void *unused) {
  sleep(3600);
  pthread_mutex_unlock(&accounts);
  return unused;
}

static void *gives_back_later(void *mutex) {
  sleep(3600);
  pthread_mutex_unlock(mutex);
  return NULL;
}

static void *reads_table_then_accounts(void *unused) {
  pthread_rwlock_rdlock(&table);
  when_held_by(2);
  pthread_mutex_lock(&accounts);
  return unused;
}

static void *accounts_then_writes_table(void *unused) {
  pthread_mutex_lock(&accounts);
  when_held_by(2);
  pthread_rwlock_wrlock(&table);
  return unused;
}

static volatile int writer;
static void *reads_table_twice(void *unused) {
  pthread_rwlock_rdlock(&table);
  step();
  until_steps(2);
  until_asleep(getpid(), writer);
  pthread_rwlock_rdlock(&table);
  return unused;
}

static void *writes_table(void *unused) {
  writer = (int)syscall(SYS_gettid);
  until_steps(1);
  step();
  pthread_rwlock_wrlock(&table);
  return unused;
}

static void *reads_table_and_sleeps(void *unused) {
  pthread_rwlock_rdlock(&table);
  step();
  sleep(3600);
  return unused;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void initialise(void) {
  when_held_by(2);
  pthread_mutex_lock(&accounts);
}

static void *initialises(void *unused) {
  pthread_once(&once, initialise);
  return unused;
}

static void *accounts_then_initialises(void *unused) {
  pthread_mutex_lock(&accounts);
  when_held_by(2);
  pthread_once(&once, initialise);
  return unused;
}

static void *keeps_stream(void *unused) {
  flockfile(stderr);
  return unused;
}

// A mutex in memory that a child has too: the child takes it, and lives on.
static pthread_mutex_t *taken_by_child(int shared) {
  pthread_mutex_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, shared);
  pthread_mutex_init(mutex, &attributes);
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pthread_mutex_lock(mutex);
    sleep(3600);
    _exit(0);
  }
  until_asleep(child, child);
  return mutex;
}

static void *prints(void *unused) {
  flockfile(stdout);
  step();
  sleep(3600);
  return unused;
}

static pthread_t other;
static void hang_child(void) { pthread_mutex_lock(&accounts); }
static void print_child(void) { puts("a line"); }
static void join_child(void) { pthread_join(other, NULL); }

// Forks, lets the child hang, and ends it: its core is the one that is meant.
static void end_child(void (*hang)(void)) {
  struct rlimit none = {0, 0};
  // Not libc's own fork, which would mend its own locks.
  pid_t child = hang == print_child ? (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : fork();
  if (child == 0) {
    hang();
    _exit(0);
  }
  until_asleep(child, child);
  kill(child, SIGABRT);
  waitpid(child, NULL, 0);
  setrlimit(RLIMIT_CORE, &none);
  raise(SIGKILL);
}

static int is(const char *mode, const char *name) { return strcmp(mode, name) == 0; }

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "inversion";
  int ends[2];
  if (pipe(ends) != 0) return 3;
  sem_init(&tickets, 0, 0);
  pthread_barrier_init(&start, NULL, 3);
  quits = argc > 2;
  int is_forked = strncmp(mode, "fork", 4) == 0;
  if (!is_forked && !is(mode, "lost-wakeup")) spawn(announcer, NULL);

  if (is(mode, "inversion")) {
    spawn(journal_first, NULL);
    accounts_first(NULL);
  } else if (is(mode, "chain")) {
    make(&journal, PTHREAD_MUTEX_RECURSIVE, 0, PTHREAD_PRIO_NONE);
    make(&index_lock, PTHREAD_MUTEX_ERRORCHECK, 0, PTHREAD_PRIO_NONE);
    make(&accounts, PTHREAD_MUTEX_ERRORCHECK, 0, PTHREAD_PRIO_NONE);
    for (long i = 0; i < 3; i++) spawn(chain, (void *)i);
    for (;;) pause();
  } else if (is(mode, "robust")) {
    make(&journal, PTHREAD_MUTEX_NORMAL, 1, PTHREAD_PRIO_NONE);
    make(&accounts, PTHREAD_MUTEX_NORMAL, 1, PTHREAD_PRIO_NONE);
    spawn(journal_first, NULL);
    accounts_first(NULL);
  } else if (is(mode, "inheriting")) {
    // The kernel itself refuses a circle of such locks: this one holds a plain lock as well.
    make(&journal, PTHREAD_MUTEX_NORMAL, 0, PTHREAD_PRIO_INHERIT);
    spawn(journal_first, NULL);
    accounts_first(NULL);
  } else if (is(mode, "rwlock")) {
    spawn(table_then_cache, NULL);
    cache_then_table(NULL);
  } else if (is(mode, "join-with-lock")) {
    pthread_t worker = spawn(needs_accounts, NULL);
    (void)worker;
    pthread_mutex_lock(&accounts);
    pthread_t second = spawn(needs_accounts, NULL);
    pthread_join(second, NULL);
  } else if (is(mode, "self")) {
    pthread_mutex_lock(&accounts);
    pthread_mutex_lock(&accounts);
  } else if (is(mode, "gate")) {
    spawn(opens_later, NULL);
    pthread_mutex_lock(&accounts);
    pthread_mutex_lock(&accounts);
  } else if (is(mode, "gate-heap")) {
    pthread_mutex_t *mutex = calloc(1, sizeof *mutex);
    spawn(gives_back_later, mutex);
    pthread_mutex_lock(mutex);
    pthread_mutex_lock(mutex);
  } else if (is(mode, "shared-unfit")) {
    pthread_mutex_lock(taken_by_child(PTHREAD_PROCESS_PRIVATE));
  } else if (is(mode, "shared")) {
    pthread_mutex_lock(taken_by_child(PTHREAD_PROCESS_SHARED));
  } else if (is(mode, "reader")) {
    spawn(reads_table_then_accounts, NULL);
    accounts_then_writes_table(NULL);
  } else if (is(mode, "upgrade")) {
    pthread_rwlock_rdlock(&table);
    pthread_rwlock_wrlock(&table);
  } else if (is(mode, "reader-twice")) {
#ifdef __GLIBC__
    // A reader gives way to the writer that waits, which waits for that reader.
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&table, &attributes);
#endif
    pthread_t reader = spawn(reads_table_twice, NULL);
    spawn(writes_table, NULL);
    pthread_join(reader, NULL);
  } else if (is(mode, "inheriting-circle")) {
    // One of them is refused by the kernel, and waits for ever for nothing.
    make(&journal, PTHREAD_MUTEX_NORMAL, 0, PTHREAD_PRIO_INHERIT);
    make(&accounts, PTHREAD_MUTEX_NORMAL, 0, PTHREAD_PRIO_INHERIT);
    spawn(journal_first, NULL);
    accounts_first(NULL);
  } else if (is(mode, "inheriting-gone")) {
    make(&accounts, PTHREAD_MUTEX_NORMAL, 0, PTHREAD_PRIO_INHERIT);
    pthread_join(spawn(leaves_locked, NULL), NULL);
    pthread_mutex_lock(&accounts);
  } else if (is(mode, "robust-mended")) {
    // Its owner has died, and the next one has it now.
    make(&accounts, PTHREAD_MUTEX_NORMAL, 1, PTHREAD_PRIO_NONE);
    pthread_join(spawn(leaves_locked, NULL), NULL);
    if (pthread_mutex_lock(&accounts) != EOWNERDEAD) return 4;
    pthread_join(spawn(needs_accounts, NULL), NULL);
  } else if (is(mode, "reader-sleeps")) {
    spawn(reads_table_and_sleeps, NULL);
    until_steps(1);
    pthread_rwlock_wrlock(&table);
  } else if (is(mode, "once")) {
    spawn(accounts_then_initialises, NULL);
    initialises(NULL);
  } else if (is(mode, "gone-stream")) {
    pthread_join(spawn(keeps_stream, NULL), NULL);
    fputs("a line\n", stderr);
  } else if (is(mode, "gone-owner")) {
    pthread_join(spawn(leaves_locked, NULL), NULL);
    pthread_mutex_lock(&accounts);
  } else if (is(mode, "gone-owner-recursive")) {
    make(&accounts, PTHREAD_MUTEX_RECURSIVE, 0, PTHREAD_PRIO_NONE);
    pthread_join(spawn(leaves_locked, NULL), NULL);
    pthread_mutex_lock(&accounts);
  } else if (is(mode, "gone-join")) {
    pthread_join(spawn(vanishes, NULL), NULL);
  } else if (is(mode, "fork-locked") || is(mode, "fork-locked-by-other")) {
    if (is(mode, "fork-locked")) {
      make(&accounts, PTHREAD_MUTEX_ERRORCHECK, 0, PTHREAD_PRIO_NONE);
      pthread_mutex_lock(&accounts);
    } else {
      make(&accounts, PTHREAD_MUTEX_RECURSIVE, 0, PTHREAD_PRIO_NONE);
      spawn(leaves_locked, NULL);
      until_steps(1);
    }
    end_child(hang_child);
  } else if (is(mode, "fork-stream")) {
    spawn(prints, NULL);
    until_steps(1);
    end_child(print_child);
  } else if (is(mode, "fork-join")) {
    other = spawn(sleeps, NULL);
    end_child(join_child);
  } else if (is(mode, "lost-wakeup")) {
    pthread_t consumer = spawn(consumes, NULL);
    spawn(takes_ticket, NULL);
    announce();
    pthread_join(consumer, NULL);
  } else if (is(mode, "barrier")) {
    spawn(meets, NULL);
    meets(NULL);
  } else if (is(mode, "held-by-reader")) {
    spawn(holds_and_reads, &ends[0]);
    until_steps(1);
    pthread_mutex_lock(&accounts);
  } else if (is(mode, "held-by-running")) {
    spawn(holds_and_runs, NULL);
    until_steps(1);
    pthread_mutex_lock(&accounts);
  } else if (is(mode, "held-by-sleeper")) {
    spawn(holds_and_sleeps, NULL);
    until_steps(1);
    pthread_mutex_lock(&accounts);
  } else if (is(mode, "timed")) {
    spawn(timed_journal_first, NULL);
    accounts_first(NULL);
  } else if (is(mode, "trylock")) {
    pthread_mutex_lock(&accounts);
    spawn(tries, NULL);
    until_steps(1);
    pthread_mutex_lock(&journal);
  } else if (is(mode, "living-join")) {
    pthread_t sleeper = spawn(sleeps, NULL);
    spawn(joins, &sleeper);
    for (;;) pause();
  } else if (is(mode, "recursive-twice")) {
    make(&accounts, PTHREAD_MUTEX_RECURSIVE, 0, PTHREAD_PRIO_NONE);
    pthread_mutex_lock(&accounts);
    pthread_mutex_lock(&accounts);
    pthread_join(spawn(sleeps, NULL), NULL);
  } else if (is(mode, "no-inversion")) {
    pthread_mutex_lock(&accounts);
    pthread_mutex_lock(&journal);
    spawn(needs_accounts, NULL);
    pthread_join(spawn(sleeps, NULL), NULL);
  } else if (is(mode, "producer")) {
    spawn(consumes, NULL);
    spawn(takes_ticket, NULL);
    for (;;) sleep(3600);
  } else if (is(mode, "timed-condition")) {
    struct timespec limit = in_an_hour();
    pthread_mutex_lock(&journal);
    pthread_cond_timedwait(&changed, &journal, &limit);
  } else {
    return 2;
  }
  return 0;
}
