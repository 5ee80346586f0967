#ifndef INQUEST_SHARING_H
#define INQUEST_SHARING_H

/* What packing a core asks of the host. Every function returns -errno where it fails. */

#include <stdint.h>

/// Tells of each page of memory of this process, from the one with `address` on, whether it was touched: 1 in `touched`
/// where a page table has it, 0 where not. `count` is a number of pages of inquest_page_size() bytes.
/// Returns 0, or -errno where the kernel does not tell (/proc is not mounted). See proc_pid_pagemap(5).
int64_t inquest_touched_pages(const void *address, uint64_t count, uint8_t *touched);

/// The size of a page of this host. The corresponding C function is sysconf, _SC_PAGESIZE.
uint64_t inquest_page_size(void);

/// Makes a file that only this user may read, or empties one that is there. Returns its descriptor, or -errno.
/// The corresponding C function is open with O_CREAT and O_TRUNC.
int64_t inquest_create_file(const char *path);

/// Removes a file's name. Returns 0, or -errno. The corresponding C function is unlink.
int64_t inquest_remove_file(const char *path);

#endif
