#ifndef INQUEST_PROCESS_H
#define INQUEST_PROCESS_H

/* What looking at another process asks of the kernel. Every function returns -errno where it fails. */

#include <stddef.h>
#include <stdint.h>

/// A run of another process's addresses.
struct inquest_range {
  uint64_t start;
  uint64_t size;
};

/// Copies ranges of a process's memory one behind the other to `to`, up to the first byte that cannot be read. Returns
/// how many bytes were copied (0 where the first cannot be read), or -errno where the process may not be read at all.
/// The corresponding system call is process_vm_readv; where that is forbidden, /proc/PID/mem is read.
int64_t inquest_copy_memory(int32_t process, void *to, const struct inquest_range *ranges, uint64_t count);

/// Reserves `size` bytes of zeros, which take memory only where they are written to; given back by inquest_unmap.
/// Returns 0, or -errno. The corresponding C function is mmap with MAP_ANONYMOUS and MAP_NORESERVE.
int64_t inquest_reserve(uint64_t size, void **address);

/// Opens a file for reading, or for reading and writing. Returns its descriptor, or -errno.
/// The corresponding C function is open.
int64_t inquest_open(const char *path, int32_t writes);

/// Reads at most `size` bytes. Returns their number, 0 at the end, or -errno. The corresponding C function is read.
int64_t inquest_read(int32_t descriptor, void *buffer, uint64_t size);

/// Reads at most `size` bytes from an offset on. Returns their number, less than `size` only at the end, or -errno.
/// The corresponding C function is pread.
int64_t inquest_read_at(int32_t descriptor, void *buffer, uint64_t size, uint64_t offset);

/// Nanoseconds of a clock that never goes back. The corresponding C function is clock_gettime, CLOCK_MONOTONIC.
uint64_t inquest_nanoseconds(void);

/// Waits for so many microseconds. The corresponding C function is nanosleep.
void inquest_pause(uint64_t microseconds);

/// This process's id. The corresponding C function is getpid.
int32_t inquest_process(void);

/// The user that this process acts as. The corresponding C function is geteuid.
uint32_t inquest_user(void);

/// Calls `body` on a thread of its own, and returns when that has ended: whatever it traces then is let go by the kernel.
/// Where that takes longer than a second, ends of threads that it traces are collected meanwhile, for which an execve
/// may wait. Returns 0, or -errno. The corresponding C function is pthread_create.
int64_t inquest_run_on_thread(void (*body)(void *context), void *context);

#endif
