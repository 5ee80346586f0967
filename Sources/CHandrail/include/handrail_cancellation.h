#ifndef HANDRAIL_CANCELLATION_H
#define HANDRAIL_CANCELLATION_H

/* Blocking system calls that a cancellation ends, if it comes before anything was done, and only then. */

#include <stdbool.h>
#include <stddef.h>

/// What stands for a result where a cancellation acted: no errno is as large.
enum { HANDRAIL_CANCELLED = -10000 };

/// A system call that is a cancellation point of threads made by handrail_thread_create; of others a mere system call.
/// Returns what the kernel does, -errno where it fails; HANDRAIL_CANCELLED where the thread is cancelled: then the call has not been
/// made, or has been interrupted with nothing done.
long handrail_call(long number, long a, long b, long c, long d, long e, long f);

/// A system call that is none.
long handrail_plain_call(long number, long a, long b, long c, long d, long e, long f);

/// A cancellation point that does nothing else: HANDRAIL_CANCELLED, or 0.
long handrail_cancellation_point(void);

/// Whether this thread was cancelled, whatever its state.
bool handrail_is_cancelled(void);

/// Holds cancellations up, or no longer. Returns what was before.
bool handrail_hold_cancellation(bool is_held);

/// Calls a function that may be left at any instruction when the thread is cancelled. Returns HANDRAIL_CANCELLED where it was, and 0.
long handrail_call_asynchronously(void (*function)(void *), void *context);

/// What cancellations are sent by: a signal of the program's choice before the first thread is made, or of ours.
int handrail_cancellation_signal(void);
/// Returns EBUSY where threads were made already or the signal is in use (then it is one of ours), EINVAL where it is none
/// for this purpose.
int handrail_choose_signal(int signal);

/// SO_ERROR of a socket, or the errno of asking for it.
int handrail_socket_error(int socket);

/// CLOCK_MONOTONIC, into two numbers of 64 bits: seconds, nanoseconds.
void handrail_monotonic_time(void *time);

/* The numbers of the system calls, which Swift does not see as constants everywhere. */
extern const long handrail_read, handrail_write, handrail_accept4, handrail_connect, handrail_openat, handrail_ppoll,
    handrail_clock_nanosleep, handrail_wait4, handrail_close;

#endif
