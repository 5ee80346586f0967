#ifndef GUARD_THREADS_H
#define GUARD_THREADS_H

/* What is known of the threads that pthread_create and thrd_create made: the ledger. Every function here that takes the
   ledger's lock has all signals blocked meanwhile, so that neither a handler nor a cancellation finds it held by its own
   thread. */

#include <stddef.h>
#include <stdint.h>

/// A thread, from before it begins until it was joined, or was detached and has ended.
struct thread_record {
  struct thread_record *next; /* In its row of the table, or among the free ones. */
  uintptr_t handle;           /* pthread_t */
  const void *place;          /* Where pthread_create returned to. */
  void *routine, *argument;
  uint64_t serial;       /* The how manieth that was made. */
  uintptr_t near_top;    /* An address at the high end of its stack; 0 before it has begun. */
  uintptr_t alternate;   /* Its alternate signal stack, where that is ours; 0 where it is not. */
  size_t alternate_size;
  size_t stack_size; /* What the program asked for, or libc gives by default; 0 where that is not known. */
  size_t guard_size;
  int32_t tid; /* 0 before it has begun. */
  uint16_t site;
  uint8_t is_c11, is_roomy; /* thrd_create; whether its stack was made larger by what an alternate one takes. */
  uint8_t is_listed, is_held, is_detached, has_ended;
};

/// The record of the thread that runs; null for the main thread and for those that were made by other means.
struct thread_record *thread_current(void);

/// The low end of the alternate signal stack that this thread was given by us; 0 where it was not. It is what the thread's
/// record says, and stays true while its last functions run.
uintptr_t thread_alternate(void);
void thread_set_alternate(uintptr_t start);

/// How a thread went that is no more.
struct thread_fate {
  uintptr_t handle;
  const void *place, *end_place; /* Where it was created; where it was joined or detached. */
  int32_t tid, joiner;
  uint8_t was_joined; /* Or detached. */
};

struct thread_counts {
  unsigned long created, joined, detached, failed;
  unsigned long running, unjoined; /* Not joined and not detached: still there, and ended. */
  unsigned long most;              /* At the same time, of those that were not joined, or detached and ended. */
};

/* The ledger. */
struct thread_record *ledger_open(const void *place); /* A record for a thread to be; null where there is no memory. */
void ledger_begun(struct thread_record *record);      /* By the thread itself. */
void ledger_created(struct thread_record *record, uintptr_t handle, int is_detached); /* By its creator. */
void ledger_failed(struct thread_record *record);     /* There is no thread. */
void ledger_ended(struct thread_record *record);      /* By the thread itself. */
void ledger_joined(uintptr_t handle, const void *place);
void ledger_detached(uintptr_t handle, const void *place);
/// What is known of a handle: `is_known` 2 for a thread that is there, 1 for one that was, 0 for none.
int ledger_find(uintptr_t handle, struct thread_record *record, struct thread_fate *fate);
struct thread_counts ledger_counts(void);
/// The places with threads that ended and were never joined, the worst first: fills `places` and `numbers`.
size_t ledger_unjoined(const void **places, unsigned long *numbers, size_t most);

/// Tells why a thread could not be made. `size` is the stack's, in bytes; 0 where that is not known.
void tell_creation_failure(int error, const void *place, size_t size);
/// Tells of a join or a detach that failed, and what became of its thread.
void tell_join_failure(const char *function, int error, const void *place, uintptr_t handle);

#endif
