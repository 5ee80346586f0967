#ifndef INQUEST_CLINUX_H
#define INQUEST_CLINUX_H

/* The system calls that Swift cannot import (variadic, or macros) or whose errno must be read at once.
   Every function has a fixed arity and returns -errno where it fails. */

#include <stddef.h>
#include <stdint.h>

#include "breakpoints.h"
#include "descriptors.h"
#include "guard.h"
#include "host.h"
#include "ipc.h"
#include "pattern.h"
#include "privileges.h"
#include "process.h"
#include "replace.h"
#include "sharing.h"
#include "supervise.h"
#include "terminal.h"
#include "trace.h"
#include "worker.h"

/// Maps a regular file read-only and private. Returns 0 and fills `address` and `length`, or -errno.
/// An empty file gives length 0 and a null address. A file that is no regular file gives -EINVAL.
int64_t inquest_map_file(const char *path, const void **address, uint64_t *length);

/// As inquest_map_file, of a file that is open already. The descriptor may be closed afterwards.
int64_t inquest_map_descriptor(int fd, const void **address, uint64_t *length);

/// Opens a file to read. Returns a descriptor, or -errno. The corresponding C function is open.
int32_t inquest_open_again(const char *path);

/// Calls `visit` with the first offset and the one after the last of each run of a file, between two offsets, that is
/// no hole, until it returns 0. Where the file system does not tell, the whole is one run. Returns 0, or -errno. The
/// corresponding C function is lseek with SEEK_DATA and SEEK_HOLE.
int64_t inquest_data_runs(
    int fd, uint64_t from, uint64_t to, int (*visit)(void *context, uint64_t start, uint64_t end), void *context);

/// The offset of the first place in `size` bytes where `length` bytes of `pattern` stand; -1 where there is none. The
/// corresponding C function is memmem.
int64_t inquest_find(const void *bytes, uint64_t size, const void *pattern, uint64_t length);

/// Unmaps what inquest_map_file mapped.
void inquest_unmap(const void *address, uint64_t length);

/// Asks the kernel not to read ahead around the pages of a mapping that is looked at here and there.
void inquest_advise_random(const void *address, uint64_t length);

/// Reads where a symbolic link points to, without a zero byte, cut to `size`. Returns the length, or -errno.
/// The corresponding C function is readlink.
int64_t inquest_read_link(const char *path, void *buffer, uint64_t size);

/// Opens a new, nameless file in `folder` for reading and writing; it is gone when it is closed and unmapped.
/// Returns the descriptor, or -errno. The corresponding C function is open with O_TMPFILE, or mkstemp and unlink
/// where the file system lacks it.
int64_t inquest_open_temporary(const char *folder);

/// Writes all bytes at an offset of a file. Returns 0, or -errno. The corresponding C function is pwrite.
int64_t inquest_write_at(int fd, const void *bytes, uint64_t count, uint64_t offset);

/// Sets a file's size; what it grows by reads as zeros. Returns 0, or -errno. The corresponding C function is
/// ftruncate.
int64_t inquest_set_size(int fd, uint64_t size);

/// Closes a descriptor.
void inquest_close(int fd);

#endif
