#ifndef INQUEST_HOST_H
#define INQUEST_HOST_H

/* What the command line asks of the host. Every function returns -errno where it fails. */

#include <stddef.h>
#include <stdint.h>

/// The words that this process was executed with, ended by a null pointer; as the kernel gave them, without /proc.
const char *const *inquest_argument_pointers(void);

/// Reads at most `size` bytes from the start of a file, also of one in /proc. Returns their number, or -errno.
/// The corresponding C functions are open and read.
int64_t inquest_read_start(const char *path, void *buffer, uint64_t size);

/// What stat tells of a file.
struct inquest_file_status {
  uint64_t size;
  int64_t modified_seconds;
  int64_t modified_nanoseconds;
  /// S_IFMT of st_mode: 0100000 for a regular file, 0040000 for a folder.
  uint32_t kind;
  /// Which file it is, by whatever name: st_dev and st_ino.
  uint64_t device;
  uint64_t inode;
};

/// Fills `status`; links are followed. Returns 0, or -errno. The corresponding C function is stat.
int64_t inquest_status(const char *path, struct inquest_file_status *status);

/// Calls `visit` with the name of each entry of a folder, "." and ".." left out, until it returns 0.
/// Returns 0, or -errno. The corresponding C functions are opendir and readdir.
int64_t inquest_list(const char *path, int (*visit)(void *context, const char *name), void *context);

/// Whether this process may do `mode` (R_OK 4, W_OK 2, X_OK 1) with a file. Returns 0, or -errno.
/// The corresponding C function is faccessat with AT_EACCESS.
int64_t inquest_access(const char *path, int32_t mode);

/// Writes all bytes, however often it must be asked. Returns 0, or -errno (-EPIPE where nobody reads any more:
/// SIGPIPE is ignored from the first call on). The corresponding C function is write.
int64_t inquest_write(int32_t descriptor, const void *bytes, uint64_t count);

/// Whether a file descriptor is a terminal: 1 or 0. The corresponding C function is isatty.
int32_t inquest_is_terminal(int32_t descriptor);

/// The columns of the terminal behind a file descriptor, or 0. The corresponding C function is ioctl, TIOCGWINSZ.
int32_t inquest_terminal_columns(int32_t descriptor);

/// The soft and hard limit of core files, in bytes, UINT64_MAX for no limit. Returns 0, or -errno.
/// The corresponding C function is getrlimit, RLIMIT_CORE.
int64_t inquest_core_limit(uint64_t *soft, uint64_t *hard);

/// The value of an environment variable, or a null pointer. The corresponding C function is getenv.
const char *inquest_environment(const char *name);

/// Ends the process at once with a status. The corresponding C function is _exit.
_Noreturn void inquest_exit(int32_t status);

/// Milliseconds of a clock that never goes back. The corresponding C function is clock_gettime, CLOCK_MONOTONIC.
int64_t inquest_milliseconds(void);

#endif
