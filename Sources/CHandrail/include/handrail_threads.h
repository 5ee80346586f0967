#ifndef HANDRAIL_THREADS_H
#define HANDRAIL_THREADS_H

/* Threads that can be cancelled, and joined whenever they ended. */

#include <stdbool.h>
#include <stddef.h>

struct handrail_thread;

/// Makes a thread. stack_size: in bytes, or 0 for libc's usual one. name: cut after fifteen bytes, or null.
/// `body` is called on it, and then `release`, also where no thread could be made. Returns 0 or an errno.
int handrail_thread_create(struct handrail_thread **thread, size_t stack_size, const char *name, void (*body)(void *),
                           void (*release)(void *), void *context);

/// The thread that calls; null where it was made otherwise.
struct handrail_thread *handrail_thread_current(void);

/// Waits until a thread has ended and nothing of it is left. A cancellation point. Returns 0, EINVAL where it was joined or
/// is being joined, ENOTSUP where it was detached, EDEADLK where it waits for the caller, ESRCH where it is another
/// process's (that this one was forked from), HANDRAIL_CANCELLED.
int handrail_thread_join(struct handrail_thread *thread);

/// Says that nobody will join it. Returns 0, EINVAL, ENOTSUP.
int handrail_thread_detach(struct handrail_thread *thread);

/// Cancels a thread. Returns whether it had not ended.
bool handrail_thread_cancel(struct handrail_thread *thread);

bool handrail_thread_has_ended(struct handrail_thread *thread);

/// Whether a cancellation has acted on it.
bool handrail_thread_was_cancelled(struct handrail_thread *thread);

/// The kernel's number of it; 0 before it runs.
int handrail_thread_id(struct handrail_thread *thread);

/// Gives up a reference. A thread that nobody can join any more is detached.
void handrail_thread_release(struct handrail_thread *thread);

#endif
