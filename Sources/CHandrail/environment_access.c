/* What Handrail itself asks of the environment, beside what libc's functions give. */
#include "guard_names.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include "../../Guard/environment/environment.h"
#include "../../Guard/common/guard.h"
#include "../../Guard/environment/list.h"
#include "../../Guard/common/words.h"
#include "include/handrail_environment.h"

extern char **__environ;

int guard_is_secure(void) { return getauxval(AT_SECURE) != 0; }

__attribute__((constructor)) static void prepare(void) {
  pthread_atfork(environment_before_fork, environment_after_fork, environment_in_child);
}

/* Copies a text with its zero byte as far as there is room, each byte read once: one that the program has put there itself may
   change meanwhile. */
static size_t copy(const char *text, char *bytes, size_t capacity) {
  size_t length = 0;
  char byte;
  do {
    byte = __atomic_load_n(&text[length], __ATOMIC_RELAXED);
    if (length < capacity) bytes[length] = byte;
    length++;
  } while (byte != 0);
  return length;
}

size_t handrail_environment_copy(char *bytes, size_t capacity) {
  size_t needed = 0;
  lock_take(&environment_lock);
  char **entry = __atomic_load_n(&__environ, __ATOMIC_ACQUIRE);
  for (char *text; entry != NULL && (text = __atomic_load_n(entry, __ATOMIC_ACQUIRE)) != NULL; entry++) {
    size_t left = needed < capacity ? capacity - needed : 0;
    needed += copy(text, bytes + (capacity - left), left);
  }
  lock_give(&environment_lock);
  return needed;
}

size_t handrail_environment_value(const char *name, char *bytes, size_t capacity) {
  size_t length = word_length(name), needed = 0;
  if (length == 0 || name_length(name) >= 0) return 0;
  lock_take(&environment_lock);
  char **first = __atomic_load_n(&__environ, __ATOMIC_ACQUIRE);
  char **entry = first == NULL ? NULL : list_find(first, name, length);
  if (entry != NULL) needed = copy(*entry + length + 1, bytes, capacity);
  lock_give(&environment_lock);
  return needed;
}

int handrail_environment_set(const char *name, const char *value, int overwrite) {
  return setenv(name, value, overwrite) == 0 ? 0 : errno;
}

int handrail_environment_unset(const char *name) { return unsetenv(name) == 0 ? 0 : errno; }
