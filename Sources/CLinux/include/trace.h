#ifndef INQUEST_TRACE_H
#define INQUEST_TRACE_H

/* What a tracer asks of the kernel. Every function returns -errno where it fails. */

#include <stddef.h>
#include <stdint.h>

/// A request of ptrace as the kernel has it, without libc's own treatment of the peeking ones. Returns what the kernel
/// returns, or -errno. The corresponding system call is ptrace.
int64_t inquest_ptrace(int64_t request, int32_t tid, uint64_t address, uint64_t data);

/// Waits for a thread that the calling thread traces, or a child that it made (__WNOTHREAD), of any kind (__WALL); `tid`
/// -1 for any. Returns its id and fills `status`, 0 where
/// `blocks` is 0 and nothing is to be told, or -errno (-ECHILD: there is nobody left, -EINTR: a signal came).
/// The corresponding C function is waitpid.
int32_t inquest_wait(int32_t tid, int32_t *status, int32_t blocks);

/// Whether `tid` is a thread of `process`: 1 or 0, as the kernel says now, a zombie included.
/// The corresponding system call is tgkill with signal 0.
int32_t inquest_is_thread_of(int32_t tid, int32_t process);

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
};

/// Forks; the child waits until it is traced (PTRACE_SEIZE with `options`), then executes the program. Returns the
/// child's id, or -errno where it could not be made or traced. `failure` becomes a descriptor from which, after the
/// child ended without an exec, its errno of execvpe or chdir can be read as an int32_t; the caller closes it.
/// The corresponding C functions are fork, execvpe.
int32_t inquest_start_traced(const struct inquest_start *start, int32_t *failure);

/// Reads what `failure` of inquest_start_traced tells: an errno, or 0 where it tells nothing.
int32_t inquest_start_failure(int32_t failure);

#endif
