#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef __WALL
#define __WALL 0x40000000
#endif

enum { batch = 512 };

/* As inquest_copy_memory, through /proc/PID/mem: where a seccomp filter forbids process_vm_readv, as some containers' do. */
static int64_t copy_by_file(int32_t process, void *to, const struct inquest_range *ranges, uint64_t count) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/mem", process);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  char *next = to;
  int64_t result = 0;
  for (uint64_t index = 0; index < count; index++) {
    uint64_t done = 0;
    while (done < ranges[index].size) {
      ssize_t got = pread(fd, next, (size_t)(ranges[index].size - done), (off_t)(ranges[index].start + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      done += (uint64_t)got;
      next += got;
    }
    result += (int64_t)done;
    if (done < ranges[index].size) break;
  }
  close(fd);
  return result;
}

int64_t inquest_copy_memory(int32_t process, void *to, const struct inquest_range *ranges, uint64_t count) {
  char *next = to;
  uint64_t done = 0, index = 0;
  while (index < count) {
    struct iovec remote[batch];
    size_t used = 0, wanted = 0;
    while (used < batch && index + used < count) {
      const struct inquest_range *range = &ranges[index + used];
      /* The kernel copies at most 2 GiB - 4 KiB at once. */
      if (range->size > ((size_t)1 << 30)) return -EINVAL;
      if (wanted + range->size > ((size_t)1 << 30)) break;
      remote[used].iov_base = (void *)(uintptr_t)range->start;
      remote[used].iov_len = (size_t)range->size;
      wanted += (size_t)range->size;
      used++;
    }
    struct iovec local = {next, wanted};
    ssize_t got = process_vm_readv(process, &local, 1, remote, used, 0);
    if (got < 0 && done == 0 && (errno == EPERM || errno == ENOSYS)) return copy_by_file(process, to, ranges, count);
    if (got < 0) return errno == EFAULT || done > 0 ? (int64_t)done : -errno;
    done += (uint64_t)got;
    next += got;
    index += used;
    if ((size_t)got < wanted) break;
  }
  return (int64_t)done;
}

int64_t inquest_reserve(uint64_t size, void **address) {
  void *mapped = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  *address = mapped == MAP_FAILED ? NULL : mapped;
  return mapped == MAP_FAILED ? -errno : 0;
}

int64_t inquest_open(const char *path, int32_t writes) {
  int fd = open(path, (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

int64_t inquest_read(int32_t descriptor, void *buffer, uint64_t size) {
  for (;;) {
    ssize_t got = read(descriptor, buffer, (size_t)size);
    if (got >= 0) return got;
    if (errno != EINTR) return -errno;
  }
}

int64_t inquest_read_at(int32_t descriptor, void *buffer, uint64_t size, uint64_t offset) {
  uint64_t done = 0;
  while (done < size) {
    ssize_t got = pread(descriptor, (char *)buffer + done, (size_t)(size - done), (off_t)(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -errno;
    if (got == 0) break;
    done += (uint64_t)got;
  }
  return (int64_t)done;
}

uint64_t inquest_nanoseconds(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return 0;
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void inquest_pause(uint64_t microseconds) {
  struct timespec time = {(time_t)(microseconds / 1000000), (long)(microseconds % 1000000) * 1000};
  nanosleep(&time, NULL);
}

int32_t inquest_process(void) { return getpid(); }

uint32_t inquest_user(void) { return geteuid(); }

struct call {
  void (*body)(void *context);
  void *context;
};

static void *run(void *argument) {
  struct call *call = argument;
  call->body(call->context);
  return NULL;
}

int64_t inquest_run_on_thread(void (*body)(void *context), void *context) {
  struct call call = {body, context};
  pthread_t thread;
  int error = pthread_create(&thread, NULL, run, &call);
  if (error != 0) return -error;
  struct timespec limit;
  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += 1;
  while (pthread_timedjoin_np(thread, NULL, &limit) == ETIMEDOUT) {
    siginfo_t information;
    /* A dead thread that we trace keeps an execve waiting, and that keeps PTRACE_SEIZE waiting. */
    for (int ends = 0; ends < 1000; ends++) {
      information.si_pid = 0;
      if (waitid(P_ALL, 0, &information, WEXITED | WNOHANG | __WALL) != 0 || information.si_pid == 0) break;
    }
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_nsec += 100000000;
    if (limit.tv_nsec >= 1000000000) {
      limit.tv_nsec -= 1000000000;
      limit.tv_sec++;
    }
  }
  return 0;
}
