#ifndef HANDRAIL_THREADS_INTERNAL_H
#define HANDRAIL_THREADS_INTERNAL_H

#include <pthread.h>
#include <stdint.h>

#include "include/handrail_cancellation.h"
#include "include/handrail_threads.h"
#include "system.h"

enum handrail_joining { joining_possible, joining_now, joining_done, joining_given_up };

struct handrail_thread {
  /* What the thread itself reads at every cancellation point. */
  int is_cancelled; /* Set once, and for ever. */
  int is_held;      /* Changed by the thread alone. */
  int has_acted;    /* Likewise. A cancellation acts once: what is called afterwards is cleaning up. */
  void *resume;     /* Where a function may be left at any instruction: what its caller needs. */

  /* With the lock held. */
  int id;
  int is_ending; /* No signal is sent to it any more: its number may soon be another's. */
  enum handrail_joining joining;
  struct handrail_thread *waits_for;
  struct handrail_thread *next_ended;
  int is_listed;
  unsigned process; /* Which of the processes that forked from one another it lives in. */

  uint32_t has_ended; /* A futex. */
  int references;
  pthread_t handle;
  void (*body)(void *), (*release)(void *);
  void *context;
  char name[16];
  char has_name;
};

extern _Thread_local struct handrail_thread *handrail_current HIDDEN __attribute__((tls_model("initial-exec")));

/// Takes a signal for cancellations, once a process. Returns 0 or an errno.
HIDDEN int handrail_prepare_cancellation(void);

HIDDEN long handrail_cancellable_call(const int *is_cancelled, long number, long a, long b, long c, long d, long e, long f);
extern HIDDEN const char handrail_call_begin[], handrail_call_end[], handrail_call_cancelled[];

HIDDEN long handrail_asynchronous_call(void **resume, const int *is_cancelled, void (*function)(void *), void *context);
extern HIDDEN const char handrail_asynchronous_end[];

#endif
