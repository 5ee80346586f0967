#ifndef INQUEST_CLINUX_H
#define INQUEST_CLINUX_H

/* The system calls that Swift cannot import (variadic, or macros) or whose errno must be read at once.
   Every function has a fixed arity and returns -errno where it fails. */

#include <stddef.h>
#include <stdint.h>

#include "host.h"

/// Maps a regular file read-only and private. Returns 0 and fills `address` and `length`, or -errno.
/// An empty file gives length 0 and a null address. A file that is no regular file gives -EINVAL.
int64_t inquest_map_file(const char *path, const void **address, uint64_t *length);

/// Unmaps what inquest_map_file mapped.
void inquest_unmap(const void *address, uint64_t length);

/// Asks the kernel not to read ahead around the pages of a mapping that is looked at here and there.
void inquest_advise_random(const void *address, uint64_t length);

/// Reads where a symbolic link points to, without a zero byte, cut to `size`. Returns the length, or -errno.
/// The corresponding C function is readlink.
int64_t inquest_read_link(const char *path, void *buffer, uint64_t size);

#endif
