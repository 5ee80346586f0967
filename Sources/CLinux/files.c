#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int64_t inquest_read_link(const char *path, void *buffer, uint64_t size) {
  ssize_t length = readlink(path, buffer, (size_t)size);
  return length < 0 ? -errno : length;
}

int64_t inquest_open_temporary(const char *folder) {
  int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) return fd;
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) return -errno;
  char path[4096];
  int length = snprintf(path, sizeof path, "%s/inquest-XXXXXX", folder);
  if (length < 0 || (size_t)length >= sizeof path) return -ENAMETOOLONG;
  fd = mkostemp(path, O_CLOEXEC);
  if (fd < 0) return -errno;
  unlink(path);
  return fd;
}

int64_t inquest_write_at(int fd, const void *bytes, uint64_t count, uint64_t offset) {
  const char *next = bytes;
  while (count > 0) {
    ssize_t written = pwrite(fd, next, (size_t)count, (off_t)offset);
    if (written < 0) {
      if (errno == EINTR) continue;
      return -errno;
    }
    next += written;
    count -= (uint64_t)written;
    offset += (uint64_t)written;
  }
  return 0;
}

int64_t inquest_set_size(int fd, uint64_t size) {
  return ftruncate(fd, (off_t)size) == 0 ? 0 : -errno;
}

void inquest_close(int fd) {
  close(fd);
}
