/* What happens when the guard is loaded, at a fork, and when a program ends. All parts work before this is called. */

#include <errno.h>
#include <stddef.h>
#include <sys/auxv.h>

#include "guard.h"
#include "log.h"
#include "next.h"
#include "../stack/stack.h"
#include "system.h"
#include "words.h"

extern char **__environ;

static long process; /* Whom the counters are about. */

int guard_is_secure(void) { return getauxval(AT_SECURE) != 0; }

uint8_t parts_off[part_count];

static void before_fork(void) {
  environment_before_fork();
  threads_before_fork();
  stack_before_fork();
}

static void after_fork(void) {
  stack_after_fork();
  threads_after_fork();
  environment_after_fork();
}

static void in_child(void) {
  log_in_child();
  stack_in_child();
  cancellation_in_child();
  threads_in_child();
  environment_in_child();
  process = system_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

/* glibc's pthread_atfork is a part of each module, and calls this. */
int __register_atfork(void (*)(void), void (*)(void), void (*)(void), void *);
int pthread_atfork(void (*)(void), void (*)(void), void (*)(void));

/* Before all others: what is registered first is called last before a fork, and first after it. So no handler of others runs
   while we hold a lock; it may wait for one of its own, whose owner calls setenv or makes a thread. Constructors of libraries
   register before ours runs. */
static void register_with_fork(void) {
  static int is_registered;
  __typeof__(&__register_atfork) glibcs = next_as(__register_atfork);
  __typeof__(&pthread_atfork) musls = next_as(pthread_atfork);
  if ((glibcs == NULL && musls == NULL) || __atomic_exchange_n(&is_registered, 1, __ATOMIC_RELAXED)) return;
  if (glibcs != NULL)
    glibcs(before_fork, after_fork, in_child, NULL);
  else
    musls(before_fork, after_fork, in_child);
}

EXPORTED int __register_atfork(void (*before)(void), void (*after)(void), void (*child)(void), void *module) {
  __typeof__(&__register_atfork) glibcs = next_as(__register_atfork);
  if (glibcs == NULL) return pthread_atfork(before, after, child);
  register_with_fork();
  return glibcs(before, after, child, module);
}

EXPORTED int pthread_atfork(void (*before)(void), void (*after)(void), void (*child)(void)) {
  __typeof__(&__register_atfork) glibcs = next_as(__register_atfork);
  __typeof__(&pthread_atfork) musls = next_as(pthread_atfork);
  if (glibcs == NULL && musls == NULL) return ENOSYS;
  register_with_fork();
  return glibcs != NULL ? glibcs(before, after, child, NULL) : musls(before, after, child);
}

/* What is said to us stands in the environment, where children find it too; as it was at the start it stays where it is. */
static const char *said(const char *name) {
  size_t length = word_length(name);
  for (char **entry = __environ; entry != NULL && *entry != NULL; entry++)
    if (is_named(*entry, name, length)) return *entry + length + 1;
  return NULL;
}

/* Takes an entry out of the list that the kernel made; before main, where nobody can hold it yet. */
static void withdraw(const char *name) {
  size_t length = word_length(name);
  char **kept = __environ;
  if (kept == NULL) return;
  for (char **entry = kept; *entry != NULL; entry++)
    if (!is_named(*entry, name, length)) *kept++ = *entry;
  *kept = NULL;
}

/* Whether a word stands among others, with commas between them; it is given in two halves. */
static int has_word(const char *words, const char *begin, const char *end) {
  size_t first = word_length(begin), length = first + word_length(end);
  while (words != NULL && *words) {
    size_t index = 0;
    while (index < length && words[index] == (index < first ? begin[index] : end[index - first])) index++;
    if (index == length && (words[index] == ',' || words[index] == 0)) return 1;
    while (*words && *words != ',') words++;
    if (*words) words++;
  }
  return 0;
}

/* The option that `inquest guard` has put behind those of AddressSanitizer's. */
static void withdraw_sanitizer_option(void) {
  static const char option[] = "verify_asan_link_order=0";
  char *options = (char *)said("ASAN_OPTIONS");
  size_t length = options == NULL ? 0 : word_length(options);
  if (length < sizeof option - 1 || !words_equal(options + length - (sizeof option - 1), option)) return;
  length -= sizeof option - 1;
  if (length == 0)
    withdraw("ASAN_OPTIONS");
  else
    options[length - 1] = 0; /* The colon. */
}

/* `--no-children`: what this process starts finds nothing of us. What the user had preloaded stays: it stands behind our
   name, from which a colon separates it. */
static void withdraw_all(void) {
  if (has_word(said("INQUEST_GUARD"), "asan", "")) withdraw_sanitizer_option();
  withdraw("INQUEST_GUARD");
  withdraw("INQUEST_GUARD_LOG");
  char *preloaded = (char *)said("LD_PRELOAD");
  if (preloaded == NULL) return;
  const char *others = preloaded;
  while (*others && *others != ':' && *others != ' ') others++;
  if (*others == 0) {
    withdraw("LD_PRELOAD");
    return;
  }
  others++;
  copy_bytes(preloaded, others, word_length(others) + 1);
}

__attribute__((constructor)) static void start(void) {
  register_with_fork();
  process = system_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
  const char *flags = said("INQUEST_GUARD");
  log_configure(flags, said("INQUEST_GUARD_LOG"));
  for (int part = 0; part < part_count; part++) parts_off[part] = (uint8_t)has_word(flags, "without-", part_names[part]);
  if (has_word(flags, "no-children", "")) withdraw_all();
  if (!part_is_off(part_cancellation)) cancellation_start();
  stack_start();
}

__attribute__((destructor)) static void end(void) {
  /* A child made by clone alone has its parent's counters. Whoever is not asked makes no system call: it may be forbidden. */
  if (log_has_summary() && process == system_call(SYS_getpid, 0, 0, 0, 0, 0, 0)) {
    if (!part_is_off(part_environment)) environment_summary();
    cancellation_summary();
    threads_summary();
    stack_summary();
  }
}
