#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int64_t inquest_map_descriptor(int fd, const void **address, uint64_t *length) {
  *address = NULL;
  *length = 0;
  struct stat status;
  if (fstat(fd, &status) != 0) return -errno;
  if (S_ISDIR(status.st_mode)) return -EISDIR;
  if (!S_ISREG(status.st_mode)) return -EINVAL;
  if (status.st_size == 0) return 0;
  void *mapped = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (mapped == MAP_FAILED) return -errno;
  *address = mapped;
  *length = (uint64_t)status.st_size;
  return 0;
}

int64_t inquest_map_file(const char *path, const void **address, uint64_t *length) {
  *address = NULL;
  *length = 0;
  /* O_NONBLOCK: opening a FIFO that nobody writes to must not hang. */
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return -errno;
  int64_t result = inquest_map_descriptor(fd, address, length);
  close(fd);
  return result;
}

void inquest_unmap(const void *address, uint64_t length) {
  if (length > 0) munmap((void *)address, (size_t)length);
}

void inquest_advise_random(const void *address, uint64_t length) {
  if (length > 0) madvise((void *)address, (size_t)length, MADV_RANDOM);
}

int32_t inquest_open_again(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

int64_t inquest_data_runs(
    int fd, uint64_t from, uint64_t to, int (*visit)(void *context, uint64_t start, uint64_t end), void *context) {
  int64_t result = 0;
  while (from < to) {
    off_t start = lseek(fd, (off_t)from, SEEK_DATA);
    if (start < 0) {
      /* ENXIO: a hole to the end. */
      if (errno == EINVAL) visit(context, from, to);
      else if (errno != ENXIO) result = -errno;
      break;
    }
    off_t end = lseek(fd, start, SEEK_HOLE);
    if (end < 0) {
      result = -errno;
      break;
    }
    if ((uint64_t)start >= to || end <= start) break;
    if (!visit(context, (uint64_t)start, (uint64_t)end < to ? (uint64_t)end : to)) break;
    from = (uint64_t)end;
  }
  return result;
}

int64_t inquest_find(const void *bytes, uint64_t size, const void *pattern, uint64_t length) {
  const void *found = size >= length ? memmem(bytes, (size_t)size, pattern, (size_t)length) : NULL;
  return found ? (const char *)found - (const char *)bytes : -1;
}
