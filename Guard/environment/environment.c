#define _GNU_SOURCE
/* getenv and its kin in the place of libc's: the same results and the same errno, but no reader of the environment ever
   finds memory that was given back, moved or shortened, whoever it is. list.h and texts.h say how. */

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "environment.h"
#include "../common/guard.h"
#include "list.h"
#include "../common/log.h"
#include "../common/next.h"
#include "../common/signals.h"
#include "sought.h"
#include "texts.h"
#include "../common/words.h"

extern char **__environ;
extern const char *gnu_get_libc_version(void) __attribute__((weak));

struct guard_lock environment_lock;
struct environment_counts environment_counts;

/* Where glibc and musl differ in what they take for a name, we do as the one that is here. */
static int is_glibc(void) { return gnu_get_libc_version != NULL; }

EXPORTED char *getenv(const char *name) {
  if (part_is_off(part_environment)) return (next_as(getenv))(name);
  size_t length = word_length(name);
  if (length == 0 || (!is_glibc() && name_length(name) >= 0)) return NULL;
  const struct sought sought = seek(name, length);
again:;
  char **entry = __atomic_load_n(&__environ, __ATOMIC_ACQUIRE);
  if (entry == NULL) return NULL;
  for (char *text; (text = __atomic_load_n(entry, __ATOMIC_ACQUIRE)) != NULL; entry++)
    if (is_sought(&sought, text)) {
      if (!text_hand_out(text)) goto again;
      return text + length + 1;
    }
  return NULL;
}

EXPORTED char *secure_getenv(const char *name) { return guard_is_secure() ? NULL : getenv(name); }

static int failed(int error) {
  errno = error;
  return -1;
}

/* The length of a name; 0 where it is none. libc's headers promise the compiler that it is never null, and libc checks all the
   same. */
static size_t valid_length(const char *name) {
  __asm__("" : "+r"(name));
  return name == NULL || name_length(name) >= 0 ? 0 : word_length(name);
}

static void begin_change(unsigned long *counter) {
  lock_take(&environment_lock);
  ++*counter;
}

/* Tells of it after the lock is given back: who tells may have to wait. */
static int end_change(int error, const void *place, const char *function, const char *name, const char *hazard) {
  lock_give(&environment_lock);
  if (hazard != NULL) log_intervention(part_environment, place, function, name, hazard);
  return error == 0 ? 0 : failed(error);
}

static const char *const moved = "readers keep the list that they hold";
static const char *const shortened = "the list keeps its length for those who read it";
static const char *const replaced = "readers keep the value that they hold";

EXPORTED int setenv(const char *name, const char *value, int overwrite) {
  if (part_is_off(part_environment)) return (next_as(setenv))(name, value, overwrite);
  size_t length = valid_length(name);
  if (length == 0) return failed(EINVAL);
  int error = 0;
  const char *hazard = NULL;
  begin_change(&environment_counts.changes);
  if (list_adopt() != 0) {
    error = ENOMEM;
  } else {
    char **entry = list_find(list_first(), name, length);
    if (entry == NULL || (overwrite && !words_equal(*entry + length + 1, value))) {
      char *text = text_of(name, length, value);
      if (text == NULL || (entry == NULL && list_add(text) != 0))
        error = ENOMEM;
      else if (entry != NULL)
        list_replace(entry, text);
      hazard = entry == NULL ? moved : is_glibc() ? NULL : replaced;
    }
  }
  return end_change(error, __builtin_return_address(0), "setenv", name, hazard);
}

static int remove_all(const char *name, size_t length, const void *place, const char *function) {
  int error = 0;
  const char *hazard = NULL;
  begin_change(&environment_counts.removals);
  char **present = __atomic_load_n(&__environ, __ATOMIC_ACQUIRE);
  /* What is not there needs no list of ours. */
  if (present != NULL && list_find(present, name, length) != NULL) {
    if (list_adopt() != 0) {
      error = ENOMEM;
    } else {
      hazard = shortened;
      /* The first entry has come to where one was removed: that was looked at, or is the one behind it. */
      for (char **entry = list_first(); (entry = list_find(entry, name, length)) != NULL;) {
        char **first = list_first();
        list_remove(entry);
        if (entry == first) entry++;
      }
    }
  }
  return end_change(error, place, function, name, hazard);
}

EXPORTED int unsetenv(const char *name) {
  if (part_is_off(part_environment)) return (next_as(unsetenv))(name);
  size_t length = valid_length(name);
  if (length == 0) return failed(EINVAL);
  return remove_all(name, length, __builtin_return_address(0), "unsetenv");
}

EXPORTED int putenv(char *text) {
  if (part_is_off(part_environment)) return (next_as(putenv))(text);
  ptrdiff_t length = name_length(text);
  if (length < 0 || (length == 0 && !is_glibc())) {
    size_t whole = valid_length(text);
    if (whole != 0) return remove_all(text, whole, __builtin_return_address(0), "putenv");
    /* glibc tells nobody but errno. */
    errno = EINVAL;
    return is_glibc() ? 0 : -1;
  }
  int error = 0;
  const char *hazard = NULL;
  begin_change(&environment_counts.changes);
  if (list_adopt() != 0) {
    error = ENOMEM;
  } else {
    /* It may be one of ours, which somebody found in the list. */
    text_keep(text);
    char **entry = list_find(list_first(), text, (size_t)length);
    if (entry != NULL)
      list_replace(entry, text);
    else if (list_add(text) != 0)
      error = ENOMEM;
    if (entry == NULL) hazard = moved;
  }
  return end_change(error, __builtin_return_address(0), "putenv", text, hazard);
}

EXPORTED int clearenv(void) {
  if (part_is_off(part_environment)) return (next_as(clearenv))();
  begin_change(&environment_counts.clearings);
  int error = list_adopt() == 0 ? 0 : ENOMEM;
  if (error == 0) list_clear();
  return end_change(error, __builtin_return_address(0), "clearenv", NULL, error == 0 ? shortened : NULL);
}

static uint64_t mask_before_fork;
static int was_held_before_fork; /* By the thread that forks: in a signal handler over a change, which goes on afterwards. */

void environment_before_fork(void) {
  uint64_t mask = signals_block();
  int is_held = lock_is_own(&environment_lock);
  if (!is_held) lock_take(&environment_lock);
  was_held_before_fork = is_held;
  mask_before_fork = mask;
}

void environment_after_fork(void) {
  uint64_t mask = mask_before_fork;
  if (!was_held_before_fork) lock_give(&environment_lock);
  signals_restore(mask);
}

void environment_in_child(void) {
  environment_counts = (struct environment_counts){0, 0, 0};
  environment_after_fork();
}
