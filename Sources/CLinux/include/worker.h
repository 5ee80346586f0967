#ifndef INQUEST_WORKER_H
#define INQUEST_WORKER_H

/* A thread beside the tracer's, and a bell to wake it. Functions return -errno where they fail. */

#include <stdint.h>

/// Starts a thread that blocks all signals and calls `body` with `context`. Fills `worker`. Returns 0, or -errno.
/// The corresponding C function is pthread_create.
int64_t inquest_worker_start(void (*body)(void *context), void *context, uint64_t *worker);

/// Waits for its end. The corresponding C function is pthread_join.
void inquest_worker_join(uint64_t worker);

/// Makes a bell: a descriptor that is closed by inquest_close. The corresponding C function is eventfd.
int32_t inquest_bell_make(void);

/// Rings it; it stays rung until somebody waits for it. The corresponding C function is write.
void inquest_bell_ring(int32_t bell);

/// Waits until it is rung, for at most so many milliseconds. Returns 1 where it was, otherwise 0.
/// The corresponding C function is poll.
int32_t inquest_bell_wait(int32_t bell, int32_t milliseconds);

#endif
