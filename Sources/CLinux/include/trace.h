#ifndef INQUEST_TRACE_H
#define INQUEST_TRACE_H

/* What a tracer asks of the kernel. Every function returns -errno where it fails. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A request of ptrace as the kernel has it, without libc's own treatment of the peeking ones. Returns what the kernel
/// returns, or -errno. The corresponding system call is ptrace.
int64_t inquest_ptrace(int64_t request, int32_t tid, uint64_t address, uint64_t data);

/// Waits for a thread that the calling thread traces, or a child that it made (__WNOTHREAD), of any kind (__WALL); `tid`
/// -1 for any. Returns its id and fills `status`, 0 where
/// `how` is 0 and nothing is to be told, or -errno (-ECHILD: there is nobody left, -EINTR: a signal came).
/// `how`: 0 does not wait, 1 does, 2 does and looks for some microseconds before it sleeps where that has paid lately.
/// The corresponding C function is waitpid.
int32_t inquest_wait(int32_t tid, int32_t *status, int32_t how);

/// Whether `tid` is a thread of `process`: 1 or 0, as the kernel says now, a zombie included.
/// The corresponding system call is tgkill with signal 0.
int32_t inquest_is_thread_of(int32_t tid, int32_t process);

/// The kernel's id of the calling thread. The corresponding C function is gettid.
int32_t inquest_thread_id(void);

/// Reads a register set of a stopped thread: `type` is a note's type, NT_PRSTATUS for the general registers. Returns the
/// number of bytes that the thread has of it, at most `size`, or -errno. The request is PTRACE_GETREGSET.
int64_t inquest_get_registers(int32_t tid, int32_t type, void *buffer, uint64_t size);

/// Writes a register set of a stopped thread. Returns 0, or -errno. The request is PTRACE_SETREGSET.
int64_t inquest_set_registers(int32_t tid, int32_t type, const void *buffer, uint64_t size);

/// Reads eight bytes of the memory of `tid` at an address in it, or writes them. Returns 0, or -errno. The corresponding
/// C functions are process_vm_readv and process_vm_writev.
int64_t inquest_read_word(int32_t tid, uint64_t address, uint64_t *word);
int64_t inquest_write_word(int32_t tid, uint64_t address, uint64_t word);

/// A clock that can interrupt waits of the thread that made it, by a signal of its own (SIGRTMAX - 2).
struct inquest_alarm;

/// Makes one. Returns null where the kernel refuses, and then `error` is an errno. The corresponding C functions are
/// sigaction and timer_create with SIGEV_THREAD_ID.
struct inquest_alarm *inquest_alarm_make(int32_t *error);

/// Unmakes it. Any thread may, where the one that made it waits no more.
void inquest_alarm_end(struct inquest_alarm *alarm);

/// Ends the wait that the alarm's thread is in, or else its next one. Any thread may call it.
void inquest_alarm_ring(struct inquest_alarm *alarm);

/// As inquest_wait of any thread, for at most `milliseconds`: -EINTR where they are over, the alarm was rung, or a signal
/// came. Where `looks` is not 0 it looks before it sleeps, as `how` 2 does.
int32_t inquest_wait_for(struct inquest_alarm *alarm, int32_t *status, int64_t milliseconds, int32_t looks);

/// Makes a thread a tracee of the calling one, with PTRACE_O_ `options`. Returns 0, or -errno; -ETIME where it took
/// longer than `milliseconds`: the kernel waits there while the process executes a program, which in turn may wait for
/// its tracer. The request is PTRACE_SEIZE.
int64_t inquest_seize(int32_t tid, uint64_t options, struct inquest_alarm *alarm, int64_t milliseconds);

/// Sees to it that ended tracees are kept until they are waited for: a parent that ignored SIGCHLD has handed that down.
/// The corresponding C function is sigaction.
void inquest_keep_ended(void);

/// A program that is to be started and traced from its first instruction.
struct inquest_start {
  /// The program: a path, or a name that is looked for in PATH.
  const char *file;
  /// Arguments and environment, each ended by a null pointer.
  const char *const *arguments;
  const char *const *environment;
  /// The folder it starts in; null for ours.
  const char *folder;
  /// PTRACE_O_ options.
  uint64_t options;
  /// A seccomp filter, `struct sock_filter[filter_length]`; null for none. Installed just before the exec; with
  /// PR_SET_NO_NEW_PRIVS only where the kernel refuses it without.
  const uint64_t *filter;
  uint64_t filter_length;
};

/// Forks; the child waits until it is traced (PTRACE_SEIZE with `options`), then executes the program, with the signals
/// ignored and blocked that were so when this process began, whatever it has changed since. Returns the
/// child's id, or -errno where it could not be made or traced. `failure` becomes a descriptor from which, after the
/// child ended without an exec, its errno of execvpe, chdir or seccomp can be read as an int32_t; the caller closes it.
/// The corresponding C functions are fork, execvpe.
int32_t inquest_start_traced(const struct inquest_start *start, int32_t *failure);

/// Reads what `failure` of inquest_start_traced tells: an errno, or 0 where it tells nothing.
int32_t inquest_start_failure(int32_t failure);

/// What this process was given when it began: one bit a signal (bit 0 is signal 1) that was ignored, or blocked.
uint64_t inquest_ignored_at_start(void);
uint64_t inquest_blocked_at_start(void);

/// Gives every signal back the disposition that it had then, and the thread its mask: before another program is executed.
void inquest_restore_signals(void);

/// The processors that a thread may run on, a bit each. Returns how many bytes the kernel has of them, or -errno. The
/// corresponding C function is sched_getaffinity.
int64_t inquest_affinity(int32_t tid, void *mask, uint64_t size);

/// Says which processors a thread may run on. Returns 0 or -errno. The corresponding C function is sched_setaffinity.
int64_t inquest_set_affinity(int32_t tid, const void *mask, uint64_t size);

/// The processor that the calling thread runs on, or -1. The corresponding C function is sched_getcpu.
int32_t inquest_processor(void);

/// Whether a file lies in a procfs (PROC_SUPER_MAGIC, include/uapi/linux/magic.h), or may: only that there is none is certain.
bool inquest_may_be_of_proc(const void *path);

#endif
